import type { App } from '../app.ts';
import { PanelsyncError } from '../core/errors.ts';
import type { RunReport } from '../core/model/terms.ts';
import type { SyncSettings } from '../core/settings.ts';
import { runSync } from '../sync/run-sync.ts';
import type { RunRequest } from '../sync/run-sync.ts';
import { wireProfileNotes } from './wire-profile-status.ts';

export interface RunSyncsRequest extends Pick<RunRequest, 'full' | 'force' | 'limit' | 'shutdown' | 'onProgress'> {
  /** Called for a sync that another process runs; without it such a sync ends them all. */
  onBusy?(error: PanelsyncError): void;
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
    const delivery = app.config.destination;
    try {
      const runRequest: RunRequest = { ...request, sync, trigger: 'manual', delivery, notes };
      reports.push(await app.withDeps(sync, (deps) => runSync(runRequest, deps)));
    } catch (error) {
      if (request.onBusy === undefined || !(error instanceof PanelsyncError) || error.recovery !== 'busy') throw error;
      request.onBusy(error);
    }
  }
  return reports;
}
