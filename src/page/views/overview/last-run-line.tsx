import { formatNumber } from '../../../lib/format.ts';
import type { RowCounts } from '../../../core/model/terms.ts';
import type { SyncDocument } from '../../api/documents.ts';
import { outcomes } from '../../parts/outcomes/outcomes.ts';
import { formatElapsed } from '../../parts/relative-time.ts';
import { RowBar } from '../../parts/outcomes/row-bar.tsx';
import { When } from '../../parts/when.tsx';
import { runAddress } from '../../shell/addresses.ts';

/** The last run in one line; as high as the progress that takes its place while a run is under way. */
export function LastRunLine({ sync: { lastRun } }: { readonly sync: SyncDocument }) {
  if (lastRun === null) return <p class="line-note">This sync has not run yet.</p>;
  const { runId, rows, error, startedAt, finishedAt } = lastRun;
  const elapsed = finishedAt === null ? null : formatElapsed(Date.parse(finishedAt) - Date.parse(startedAt));
  return (
    <>
      <RowBar rows={rows} height={6} />
      <p class="line-note">
        <a href={runAddress(runId)}>Run {runId}</a>
        <span>
          <When at={finishedAt ?? startedAt} />
          {elapsed === null ? null : `, took ${elapsed}`}
        </span>
        <span class="line-main">{error === null ? describeRows(rows) : error.message}</span>
      </p>
    </>
  );
}

function describeRows(rows: RowCounts): string {
  const present = outcomes.filter(({ name }) => rows[name] > 0);
  if (present.length === 0) return 'no rows read';
  return present.map(({ name, words }) => `${formatNumber(rows[name])} ${words}`).join(', ');
}
