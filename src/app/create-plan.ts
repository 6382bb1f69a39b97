import type { App } from '../app.ts';
import type { ShutdownSignals } from '../core/ports/shutdown-signals.ts';
import { savePlan } from '../sync/approve/save-plan.ts';
import { planSync } from '../sync/plan/plan-sync.ts';
import type { PlanRequest, SyncPlan } from '../sync/plan/plan-sync.ts';

export interface CreatePlanRequest extends Pick<PlanRequest, 'full' | 'limit' | 'onProgress'> {
  readonly sync: string;
  readonly shutdown: ShutdownSignals;
  /** Where the plan is saved; `null`: nowhere. */
  readonly file: string | null;
}

/** Plans one sync. The plan is put on record, so the state database gets its tables first. */
export async function createPlan(app: App, options: CreatePlanRequest): Promise<SyncPlan> {
  const sync = app.sync(options.sync);
  await app.migratedState();
  const { file, shutdown } = options;
  const request = { ...options, sync, signal: shutdown.drain };
  return app.withDeps(sync, (deps) => (file === null ? planSync(request, deps) : savePlan({ ...request, file }, deps)));
}
