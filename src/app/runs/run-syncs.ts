import type { App } from '../../app.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { RunProgress } from '../../core/ports/observer.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { runSync } from '../../sync/run-sync.ts';
import type { RunRequest } from '../../sync/run-sync.ts';
import { wireProfileNotes } from '../wire-profile-status.ts';

export interface RunSyncsRequest extends Pick<RunRequest, 'full' | 'force' | 'limit' | 'shutdown'> {
  onProgress(progress: RunProgress): void;
  /**
   * Called for a sync that another process runs; returns the report that stands for it, `null` for none, or `retry`.
   * Without it such a sync ends them all.
   */
  onBusy?(sync: SyncSettings, error: PanelsyncError): Promise<RunReport | 'retry' | null>;
}

/** Runs syncs one after the other; what stops one (a guard, a failure) does not keep the next from running. */
export async function runSyncs(
  app: App,
  syncs: readonly SyncSettings[],
  request: RunSyncsRequest,
): Promise<readonly RunReport[]> {
  await app.migratedState();
  const notes = await wireProfileNotes(app);
  const reports: RunReport[] = [];
  for (const sync of syncs) {
    if (request.shutdown.drain.aborted) break;
    const report = await runUnlessBusy(app, sync, { ...request, notes });
    if (report !== null) reports.push(report);
  }
  return reports;
}

async function runUnlessBusy(
  app: App,
  sync: SyncSettings,
  request: RunSyncsRequest & Pick<RunRequest, 'notes'>,
): Promise<RunReport | null> {
  for (;;) {
    try {
      return await runOne(app, sync, request);
    } catch (error) {
      if (request.onBusy === undefined || !(error instanceof PanelsyncError) || error.recovery !== 'busy') throw error;
      const end = await request.onBusy(sync, error);
      if (end !== 'retry') return end;
    }
  }
}

function runOne(
  app: App,
  sync: SyncSettings,
  request: RunSyncsRequest & Pick<RunRequest, 'notes'>,
): Promise<RunReport> {
  let runId = '';
  const runRequest: RunRequest = {
    ...request,
    sync,
    trigger: 'manual',
    delivery: app.config.destination,
    onStarted: (startedRunId) => (runId = startedRunId),
    onProgress: (progress) => request.onProgress({ sync: sync.name, runId, ...progress }),
  };
  return app.withDeps(sync, (deps) => runSync(runRequest, deps));
}
