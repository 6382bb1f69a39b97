import type { RunReport } from '../../core/model/terms.ts';
import { unknownRunError } from '../../core/ports/records.ts';
import type { Records } from '../../core/ports/records.ts';
import { sleep } from '../../lib/async/sleep.ts';
import { runSteps } from './run-steps.ts';
import type { RunStep } from './run-steps.ts';

/** How often the state is read for a run of another process: it shows by nothing else. */
export const followIntervalMs = 500;

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Called with each reading while the run goes on. */
  onSteps(report: RunReport, steps: readonly RunStep[]): void;
}

/** `abandoned`: its process is gone, and the next run closes it; `left`: the signal aborted, and the run goes on. */
export interface FollowedRun {
  readonly end: 'ended' | 'abandoned' | 'left';
  readonly report: RunReport;
}

/** Waits until a run has ended, whichever process it belongs to. */
export async function followRun(
  records: Records,
  { sync, runId }: Pick<RunReport, 'sync' | 'runId'>,
  { signal, onSteps }: FollowOptions,
): Promise<FollowedRun> {
  for (;;) {
    // Asked before the run itself: the end of a run is recorded before its process lets go of the sync.
    const isLeased = await records.isLeased(sync);
    const report = await records.run(runId);
    if (report === null) throw unknownRunError(runId);
    if (report.status !== 'running') return { end: 'ended', report };
    if (!isLeased) return { end: 'abandoned', report };
    const times = await records.runTimes(runId);
    if (times !== null) onSteps(report, runSteps(report, times));
    if (signal.aborted) return { end: 'left', report };
    await sleep(followIntervalMs, signal);
  }
}
