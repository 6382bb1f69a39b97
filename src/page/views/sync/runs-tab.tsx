import { formatNumber } from '../../../lib/format.ts';
import type { RowCounts, RunReport } from '../../../core/model/terms.ts';
import { getLinkedPage } from '../../api/client.ts';
import { setQuery, useLocation } from '../../hooks/router.ts';
import { usePages } from '../../hooks/use-pages.ts';
import type { Pages } from '../../hooks/use-pages.ts';
import { RunBadge } from '../../parts/badge.tsx';
import { Empty, ErrorNotice, Skeleton } from '../../parts/notices.tsx';
import { describeTrigger } from '../../parts/reason-words.ts';
import { formatElapsed } from '../../parts/relative-time.ts';
import { Choice } from '../../parts/choice.tsx';
import { Pager, Table } from '../../parts/table.tsx';
import type { Column } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { runAddress } from '../../shell/addresses.ts';

const statuses = [
  ['', 'Any status'],
  ['succeeded', 'Succeeded'],
  ['partial', 'Rows refused'],
  ['failed', 'Failed'],
  ['stopped', 'Stopped by a guard'],
  ['canceled', 'Canceled'],
  ['running', 'Running'],
] as const;

const triggers = [
  ['', 'Any start'],
  ['schedule', 'By schedule'],
  ['manual', 'By hand'],
  ['api', 'By HTTP'],
  ['plan', 'Plans'],
] as const;

/** The runs of a sync, newest first. */
export function RunsTab({ name, version }: { readonly name: string; readonly version: string }) {
  const { query } = useLocation();
  const [status, trigger] = [query.get('status'), query.get('trigger')];
  const parameters = { sync: name, status, trigger };
  const pages = usePages<RunReport>({ path: '/api/runs', parameters, version, read: getLinkedPage });
  return (
    <>
      <div class="toolbar">
        <Choice label="Status" options={statuses} value={status} onChange={(value) => setQuery({ status: value })} />
        <Choice label="Start" options={triggers} value={trigger} onChange={(value) => setQuery({ trigger: value })} />
      </div>
      <RunList name={name} pages={pages} isFiltered={status !== null || trigger !== null} />
    </>
  );
}

interface RunListProps {
  readonly name: string;
  readonly pages: Pages<RunReport>;
  readonly isFiltered: boolean;
}

function RunList({ name, pages, isFiltered }: RunListProps) {
  const { data, error, loading, previous } = pages;
  if (error !== null && data === null) return <ErrorNotice error={error} />;
  if (data === null) return <Skeleton lines={8} label="Reading the runs" />;
  if (data.items.length === 0 && previous === null) {
    return (
      <Empty title="No runs to show.">{isFiltered ? 'None matches the filter.' : 'This sync has not run yet.'}</Empty>
    );
  }
  return (
    <>
      <Table
        caption={`Runs of ${name}`}
        columns={columns}
        items={data.items}
        keyOf={({ runId }) => runId}
        busy={loading}
      />
      <Pager pages={pages} />
    </>
  );
}

const columns: readonly Column<RunReport>[] = [
  { title: 'Run', cell: ({ runId }) => <a href={runAddress(runId)}>{runId}</a> },
  { title: 'Status', cell: ({ status }) => <RunBadge status={status} /> },
  { title: 'Started', cell: ({ startedAt }) => <When at={startedAt} /> },
  { title: 'By', isMinor: true, cell: ({ trigger }) => describeTrigger(trigger) },
  { title: 'Took', isNumber: true, cell: ({ startedAt, finishedAt }) => elapsed(startedAt, finishedAt) },
  count('Read', 'read'),
  count('Inserted', 'inserted'),
  count('Updated', 'updated'),
  count('Invalid', 'invalid'),
  count('Rejected', 'rejected'),
  count('Unsent', 'unsent'),
];

function count(title: string, name: keyof RowCounts): Column<RunReport> {
  return {
    title,
    isNumber: true,
    cell: ({ rows }) => (rows[name] === 0 ? <span class="zero">0</span> : formatNumber(rows[name])),
  };
}

function elapsed(startedAt: string, finishedAt: string | null): string {
  return finishedAt === null ? '' : formatElapsed(Date.parse(finishedAt) - Date.parse(startedAt));
}
