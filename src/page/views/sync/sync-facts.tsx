import type { ComponentChildren } from 'preact';
import { formatNumber, formatPeople, pluralize } from '../../../lib/format.ts';
import type { SyncDocument } from '../../api/documents.ts';
import { DataAge } from '../../parts/data-age.tsx';
import { Facts } from '../../parts/facts.tsx';
import { ReasonLines } from '../../parts/reason-lines.tsx';
import { When } from '../../parts/when.tsx';
import { runAddress, syncAddress } from '../../shell/addresses.ts';

/** What is known of a sync in a few figures, and what somebody should look at. */
export function SyncFacts({ sync }: { readonly sync: SyncDocument }) {
  const { mode, schedule, nextRunAt, lastSuccessAt, snapshot, rejections, freshness } = sync;
  return (
    <>
      <Facts
        facts={[
          ['People in the snapshot', formatNumber(snapshot)],
          ['Open rejections', formatNumber(rejections)],
          ...leftFacts(sync),
          ['Last success', lastSuccessAt === null ? 'none yet' : <When at={lastSuccessAt} />],
          ...(freshness === null ? [] : [['Age of the data', <DataAge freshness={freshness} />] as const]),
          ['Next run', nextRunAt === null ? 'none' : <When at={nextRunAt} />],
          ['Schedule', schedule === null ? 'only by hand' : <code>{schedule}</code>],
          ['Mode', mode],
        ]}
      />
      <PauseNote sync={sync} />
      <UnknownOutcomes sync={sync} />
      {sync.reasons.length === 0 ? null : (
        <div class="card top-reasons">
          <h2>Why rows are refused</h2>
          <ReasonLines reasons={sync.reasons} address={syncAddress(sync.sync, 'rejections')} />
        </div>
      )}
    </>
  );
}

/** Who left the model, with the list of the last run. */
function leftFacts({
  removed: { people, marked },
  lastRun,
}: SyncDocument): readonly (readonly [string, ComponentChildren])[] {
  if (people === 0 || lastRun === null) return [];
  const text = marked === 0 ? formatNumber(people) : `${formatNumber(people)}, ${formatNumber(marked)} marked`;
  const link = (
    <a key="left" href={runAddress(lastRun.runId, 'removed')}>
      {text}
    </a>
  );
  return [['Left the model', link]];
}

function PauseNote({ sync: { paused, pausedAt, pausedBy, pauseReason } }: { readonly sync: SyncDocument }) {
  if (!paused) return null;
  return (
    <p class="notice tone-quiet">
      <span>
        Paused by {pausedBy ?? 'somebody'} {pausedAt === null ? null : <When at={pausedAt} />}
        {pauseReason === null ? '' : `: ${pauseReason}`}
      </span>
    </p>
  );
}

function UnknownOutcomes({ sync: { held } }: { readonly sync: SyncDocument }) {
  if (held.batches === 0) return null;
  return (
    <div class="notice tone-warn">
      <p>
        The outcome of {pluralize(held.batches, 'batch', 'batches')} is unknown, so {formatPeople(held.people)} are not
        sent. Settle them with <code>panelsync resolve</code>:{' '}
        {held.runs.map((runId) => (
          <a key={runId} href={runAddress(runId, 'batches')}>
            run {runId}{' '}
          </a>
        ))}
      </p>
    </div>
  );
}
