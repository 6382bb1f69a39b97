/** The story of a run: plan, guards, delivery, unknown outcomes, report. Its steps are in the folders. */

import type { PanelsyncError } from '../core/errors.ts';
import { textHash } from '../core/model/hash.ts';
import type { RunReport } from '../core/model/terms.ts';
import { plannedChanges } from '../core/ports/run/plan-store.ts';
import type { StoppedPlan } from '../core/ports/run/saved-plans.ts';
import { checkCharacteristics } from './deliver/characteristics-check.ts';
import { deliver } from './deliver/deliver.ts';
import { fullWithLimitNotes } from './notes.ts';
import { violatedGuard } from './plan/guards.ts';
import { buildPlan } from './plan/plan.ts';
import type { Plan } from './plan/plan.ts';
import { recordRun } from './record-run.ts';
import type { RunEnd, RunStart } from './record-run.ts';
import { resolveEarlierBatches, resolveOwnBatches } from './recover/recover.ts';
import type { EarlierBatches } from './recover/recover.ts';
import type { RunContext, RunDeps } from './run-context.ts';

export interface RunRequest extends RunStart {
  /** Plans as if the snapshot were empty, and so do later runs until everybody was sent once. */
  readonly full: boolean;
  /** Passes the guards. */
  readonly force: boolean;
  /** Most changes to send; `null`: all. */
  readonly limit: number | null;
}

/** One run of one sync, from the model to the report. */
export function runSync(request: RunRequest, deps: RunDeps): Promise<RunReport> {
  const { sync, full, force, limit } = request;
  return recordRun(request, deps, async (run) => {
    const earlier = await resolveEarlierBatches(run);
    const plan = await buildPlan(run, { full });
    const guard = force ? null : violatedGuard(sync.guards, plan, run.runId);
    if (guard !== null) return stopRun(run, guard, { plan, earlier, full, limit });
    const end = await sendPlan(run, plan, { limit, earlier });
    const changes = plannedChanges(plan.counts);
    return { ...end, notes: [...end.notes, ...(full ? fullWithLimitNotes(changes, limit) : [])] };
  });
}

/** Ends a run before anything of its plan is sent; the plan is saved, and may be approved. */
export async function stopRun(
  { sync, codec, stores }: RunContext,
  error: PanelsyncError,
  { plan, earlier, full, limit }: StoppedRun,
): Promise<RunEnd> {
  const savedPlan: StoppedPlan = {
    counts: plan.counts,
    limit,
    full,
    payloads: codec.payload,
    mapping: plan.projection.fingerprint,
    model: textHash(sync.model.sql),
    snapshot: await stores.savedPlans.snapshotVersion(),
  };
  const notes = [...earlier.resentNotes, ...earlier.suppressionNotes, ...plan.notes];
  return { kind: 'stopped', error, notes, savedPlan };
}

export interface StoppedRun extends Pick<RunRequest, 'full' | 'limit'> {
  readonly plan: Plan;
  readonly earlier: EarlierBatches;
}

/** From a plan that may be sent to the end of its run. */
export async function sendPlan(
  run: RunContext,
  plan: Plan,
  { limit, earlier }: { readonly limit: number | null; readonly earlier: EarlierBatches },
): Promise<RunEnd> {
  const characteristicNotes = await checkCharacteristics(run, plan);
  const delivery = await deliver(run, plan, limit);
  const { result, suppressionNotes = earlier.suppressionNotes } = await resolveOwnBatches(run, plan, delivery);
  // Rows were refused: perhaps the Hub's characteristics are not what they were.
  if (result.hasRefusals) await run.stores.characteristics.forget();
  const notes = [...earlier.resentNotes, ...suppressionNotes, ...plan.notes, ...characteristicNotes];
  const { fingerprints } = plan;
  return { kind: 'sent', result, notes, ...(fingerprints === undefined ? {} : { fingerprints }) };
}
