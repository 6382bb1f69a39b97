/** The overview: every sync with its state, and what runs right now. */

import { pluralize } from '../../../lib/format.ts';
import type { SyncDocument, SyncState } from '../../api/documents.ts';
import { useLive } from '../../hooks/live.tsx';
import { syncStateWords } from '../../parts/badge.tsx';
import { Empty, ErrorNotice, Skeleton } from '../../parts/notices.tsx';
import { PageTitle } from '../../shell/page-title.tsx';
import { SyncCard } from './sync-card.tsx';

export function Overview() {
  const { syncs, error, progress } = useLive();
  return (
    <>
      <PageTitle title="Syncs">
        {syncs === null || syncs.length === 0 ? null : <p class="page-note">{summarize(syncs)}</p>}
      </PageTitle>
      {error === null || syncs !== null ? null : <ErrorNotice error={error} />}
      {syncs === null && error === null ? <LoadingCards /> : null}
      {syncs?.length === 0 ? <NoSyncs /> : null}
      <ul class="cards">
        {syncs?.map((sync) => (
          <SyncCard key={sync.sync} sync={sync} progress={progress.get(sync.sync) ?? null} />
        ))}
      </ul>
    </>
  );
}

function NoSyncs() {
  return (
    <Empty title="The configuration has no syncs yet.">
      Add one under <code>syncs</code> in panelsync.yaml; <code>panelsync init</code> writes an example. The daemon
      reads the file again on SIGHUP.
    </Empty>
  );
}

function LoadingCards() {
  return (
    <div class="cards">
      {[0, 1, 2].map((at) => (
        <div key={at} class="card">
          <Skeleton lines={4} label="Reading the syncs" />
        </div>
      ))}
    </div>
  );
}

/** What needs somebody comes first. */
const order: readonly SyncState[] = [
  'failing',
  'stopped',
  'overdue',
  'stale',
  'refused',
  'running',
  'paused',
  'new',
  'healthy',
];

/** `3 syncs: 1 failing, 2 healthy`. */
function summarize(syncs: readonly SyncDocument[]): string {
  const counts = order.flatMap((state) => {
    const count = syncs.filter((sync) => sync.state === state).length;
    return count === 0 ? [] : [`${count} ${syncStateWords(state).toLowerCase()}`];
  });
  return `${pluralize(syncs.length, 'sync')}: ${counts.join(', ')}`;
}
