import type { App } from '../../app.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { sleep } from '../../lib/async/sleep.ts';
import type { ShutdownSignals } from '../../core/ports/shutdown-signals.ts';
import { followIntervalMs, followRun } from './follow-run.ts';
import type { FollowOptions } from './follow-run.ts';

export interface JoinOptions extends Pick<FollowOptions, 'onSteps'> {
  readonly shutdown: ShutdownSignals;
  /** Aborts when the wait has taken as long as it may. */
  readonly timeout: AbortSignal;
  onJoined(report: RunReport): void;
}

/**
 * Waits for the process that has a sync, and returns the report of its run. `retry`: the sync is free and no run has
 * ended, because the process is gone or did something else; a run of our own then closes what it left behind. `null`:
 * somebody stopped the wait.
 */
export async function joinRun(app: App, sync: SyncSettings, options: JoinOptions): Promise<RunReport | 'retry' | null> {
  const { shutdown, timeout, onJoined, onSteps } = options;
  const signal = AbortSignal.any([shutdown.drain, timeout]);
  const records = await app.records();
  while (!signal.aborted) {
    const [newest] = await records.runs(sync.name, 1, { plans: false });
    if (newest?.status === 'running') {
      onJoined(newest);
      const { end, report } = await followRun(records, newest, { signal, onSteps });
      if (end === 'ended') return report;
      if (end === 'abandoned') return 'retry';
    } else if (await records.isLeased(sync.name)) await sleep(followIntervalMs, signal);
    else return 'retry';
  }
  if (shutdown.drain.aborted) return null;
  throw timeoutError(sync);
}

function timeoutError({ name }: SyncSettings): PanelsyncError {
  return new PanelsyncError({
    code: 'already_running',
    recovery: 'busy',
    message: `Another process still runs the sync "${name}"; the time of --timeout is over.`,
    hint: 'Its run goes on: panelsync show latest --follow waits for its end.',
  });
}
