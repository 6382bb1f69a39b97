import { formatNumber } from '../../lib/format.ts';
import type { AuditRecord } from '../../core/ports/audit-log.ts';
import { useLive } from '../hooks/live.tsx';
import { setQuery, useLocation } from '../hooks/router.ts';
import { usePages } from '../hooks/use-pages.ts';
import { Choice } from '../parts/choice.tsx';
import { Empty, ErrorNotice, Skeleton } from '../parts/notices.tsx';
import { describeReasonCode } from '../parts/reason-words.ts';
import { Pager, Table } from '../parts/table.tsx';
import type { Column } from '../parts/table.tsx';
import { ExactTime } from '../parts/when.tsx';
import { runAddress, syncAddress } from '../shell/addresses.ts';
import { PageTitle } from '../shell/page-title.tsx';

/** Who did what by hand, newest first. */
export function Audit() {
  const { syncs } = useLive();
  const sync = useLocation().query.get('sync');
  const pages = usePages<AuditRecord>({ path: '/api/audit', parameters: { sync } });
  const { data, error, loading } = pages;
  const names = (syncs ?? []).map((one) => [one.sync, one.sync] as const);
  return (
    <>
      <PageTitle title="Audit">
        <p class="page-note">What people did by hand: when, who and why. No person of the panel is named.</p>
      </PageTitle>
      <div class="toolbar">
        <Choice
          label="Sync"
          options={[['', 'All syncs'], ...names]}
          value={sync}
          onChange={(value) => setQuery({ sync: value })}
        />
      </div>
      {error === null ? null : <ErrorNotice error={error} />}
      {data === null && error === null ? <Skeleton lines={8} label="Reading the audit log" /> : null}
      {data?.items.length === 0 && pages.previous === null ? (
        <Empty title="Nobody has done anything by hand yet.">
          Pausing, approving, retrying and the like show here.
        </Empty>
      ) : null}
      {data === null || data.items.length === 0 ? null : (
        <Table caption="Actions" columns={columns} items={data.items} keyOf={({ id }) => id} busy={loading} />
      )}
      <Pager pages={pages} />
    </>
  );
}

const columns: readonly Column<AuditRecord>[] = [
  { title: 'Time', cell: ({ at }) => <ExactTime at={at} /> },
  { title: 'Action', cell: ({ action }) => <b>{describeReasonCode(action)}</b> },
  { title: 'Sync', cell: ({ sync }) => (sync === null ? 'all' : <a href={syncAddress(sync)}>{sync}</a>) },
  { title: 'Run', cell: ({ runId }) => (runId === null ? '' : <a href={runAddress(runId)}>{runId}</a>) },
  { title: 'Caller', cell: ({ caller }) => caller },
  { title: 'Reason', cell: ({ reason }) => reason },
  { title: 'Extent', cell: ({ counts }) => describeCounts(counts) },
];

function describeCounts(counts: AuditRecord['counts']): string {
  return Object.entries(counts)
    .map(([name, count]) => `${formatNumber(count)} ${name}`)
    .join(', ');
}
