import { formatDuration, formatNumber, pluralize } from '../../lib/format.ts';
import type { Progress } from '../api/documents.ts';
import { runAddress } from '../shell/addresses.ts';

/** A run under way. Screen readers hear its step when it changes, not each figure. */
export function ProgressLine({ progress }: { readonly progress: Progress }) {
  const { runId, rowsToSend, rowsSent } = progress;
  return (
    <>
      <progress
        class="progress"
        aria-label={`Progress of run ${runId}`}
        {...(rowsToSend === null || rowsToSend === 0 ? {} : { value: rowsSent, max: rowsToSend })}
      />
      <p class="line-note">
        <a href={runAddress(runId)}>Run {runId}</a>
        <span class="line-main number">{describeProgress(progress)}</span>
        <span class="number">{describeRate(progress)}</span>
      </p>
    </>
  );
}

export function describeProgress({ rowsRead, rowsToSend, rowsSent, batchesSent }: Progress): string {
  const read = rowsRead === null ? [] : [`${pluralize(rowsRead, 'row')} read`];
  if (rowsToSend === null && batchesSent === 0) return read.join('') || 'reading the model';
  const sent =
    rowsToSend === null ? pluralize(rowsSent, 'row') : `${formatNumber(rowsSent)} of ${pluralize(rowsToSend, 'row')}`;
  return [...read, `${sent} sent in ${pluralize(batchesSent, 'batch', 'batches')}`].join(', ');
}

export function describeRate({ rowsPerSecond, secondsLeft }: Progress): string {
  const rate = rowsPerSecond === null ? '' : `${formatNumber(Math.round(rowsPerSecond))} rows/s`;
  const left = secondsLeft === null ? '' : `${formatDuration(secondsLeft)} left`;
  return [rate, left].filter((text) => text !== '').join(', ');
}
