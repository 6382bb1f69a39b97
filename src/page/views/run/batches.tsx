import { formatNumber } from '../../../lib/format.ts';
import type { BatchDocument } from '../../api/documents.ts';
import { usePages } from '../../hooks/use-pages.ts';
import { Badge } from '../../parts/badge.tsx';
import type { Tone } from '../../parts/badge.tsx';
import { Empty, ErrorNotice, Skeleton } from '../../parts/notices.tsx';
import { formatElapsed } from '../../parts/relative-time.ts';
import { Pager, Table } from '../../parts/table.tsx';
import type { Column } from '../../parts/table.tsx';
import { batchTree } from './batch-tree.ts';
import type { TreeBatch } from './batch-tree.ts';

/** The batches of a run as a tree: a refused batch is followed by the halves that it was split into. */
export function Batches({ path, version }: { readonly path: string; readonly version: string }) {
  const pages = usePages<BatchDocument>({ path: `${path}/batches`, parameters: {}, version });
  const { data, error, loading } = pages;
  if (error !== null && data === null) return <ErrorNotice error={error} />;
  if (data === null) return <Skeleton lines={8} label="Reading the batches" />;
  if (data.items.length === 0) return <Empty title="No batches: nothing was sent." />;
  return (
    <>
      <Table
        caption="Batches"
        columns={columns}
        items={batchTree(data.items)}
        keyOf={({ batch }) => String(batch.number)}
        busy={loading}
      />
      <Pager pages={pages} />
    </>
  );
}

const states: Readonly<Record<string, readonly [Tone, string]>> = {
  in_flight: ['active', 'in flight'],
  accepted: ['good', 'accepted'],
  refused: ['warn', 'refused'],
  not_sent: ['quiet', 'not sent'],
  unknown: ['bad', 'unknown outcome'],
  resent: ['quiet', 'resent'],
  found: ['quiet', 'found in the Hub'],
};

function BatchName({ tree: { batch, depth } }: { readonly tree: TreeBatch }) {
  return (
    <span class={`branch branch-${Math.min(depth, 7)}`}>
      {batch.number}
      {batch.parent === null ? null : <span class="branch-note">part of {batch.parent}</span>}
    </span>
  );
}

function BatchState({ batch: { state } }: { readonly batch: BatchDocument }) {
  const [tone, words] = states[state] ?? ['quiet' as const, state];
  return <Badge tone={tone}>{words}</Badge>;
}

const columns: readonly Column<TreeBatch>[] = [
  { title: 'Batch', cell: (tree) => <BatchName tree={tree} /> },
  { title: 'State', cell: ({ batch }) => <BatchState batch={batch} /> },
  { title: 'Rows', isNumber: true, cell: ({ batch }) => formatNumber(batch.rows) },
  { title: 'Rejected', isNumber: true, isMinor: true, cell: ({ batch }) => formatNumber(batch.rejected) },
  { title: 'HTTP', isNumber: true, cell: ({ batch }) => batch.status },
  {
    title: 'Took',
    isNumber: true,
    cell: ({ batch }) => (batch.durationMs === null ? '' : formatElapsed(batch.durationMs)),
  },
  { title: 'Retries', isNumber: true, isMinor: true, cell: ({ batch }) => formatNumber(batch.requests.retried) },
  {
    title: 'Request',
    isMinor: true,
    cell: ({ batch }) => (batch.requestId === null ? '' : <code>{batch.requestId}</code>),
  },
  { title: 'The Hub answered', cell: ({ batch }) => batch.message },
];
