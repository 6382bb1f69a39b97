import type { GuardedCounts, SavedPlanOrigin } from '../../core/model/saved-plan/saved-plan.ts';
import type { SavedChanges } from '../../core/ports/run/saved-plans.ts';
import { buildPlan } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunEnd } from '../record-run.ts';
import { resolveEarlierBatches } from '../recover/recover.ts';
import type { EarlierBatches } from '../recover/recover.ts';
import type { RunContext } from '../run-context.ts';
import { stopRun } from '../run-sync.ts';
import { detectDrift, driftError, unknownBatchesError } from './drift.ts';
import type { PlanDrift } from './drift.ts';

/** A saved plan that a run is asked to send. */
export interface RequestedPlan {
  readonly origin: SavedPlanOrigin;
  readonly changes: SavedChanges;
  /** Most changes to send; `null`: all. */
  readonly limit: number | null;
  /** What somebody agreed to in the place of the guards; absent: the guards are asked again. */
  readonly agreedRows?: GuardedCounts;
  /** What to do when it has drifted. */
  readonly driftHint: string;
}

/** The plan that a run makes in the place of a saved one: the same, or why nothing may be sent. */
export type NewPlan =
  | { readonly isSame: true; readonly plan: Plan; readonly earlier: EarlierBatches }
  | {
      readonly isSame: false;
      readonly end: RunEnd;
      /** `null`: something else stopped the run before. */
      readonly drift: PlanDrift | null;
    };

/**
 * Plans anew and compares the result with a saved plan. Batches of earlier runs with an unknown outcome stop the run
 * first: they would be sent again before the plan is made, and nobody agreed to that.
 */
export async function planAnew(run: RunContext, requested: RequestedPlan): Promise<NewPlan> {
  const { origin, limit, driftHint } = requested;
  const unknown = await run.stores.unknownOutcomes.list();
  if (unknown.length > 0) {
    const error = unknownBatchesError(unknown.length, run.sync.name);
    return { isSame: false, end: { kind: 'stopped', error, notes: [] }, drift: null };
  }
  const earlier = await resolveEarlierBatches(run);
  const plan = await buildPlan(run, { full: origin.full });
  const drift = await findDrift(run, plan, requested);
  if (drift === null) return { isSame: true, plan, earlier };
  const stopped = { plan, earlier, full: origin.full, limit };
  return { isSame: false, end: await stopRun(run, driftError(origin, drift, driftHint), stopped), drift };
}

/** What a run is about to send, against a saved plan; `null`: the plan holds. */
async function findDrift(
  { sync, runId, codec, destination, stores }: RunContext,
  { projection, counts }: Plan,
  { origin, changes, agreedRows }: RequestedPlan,
): Promise<PlanDrift | null> {
  const current = {
    sync,
    payloads: codec.payload,
    mapping: projection.fingerprint,
    destination: destination.fingerprint,
    snapshot: await stores.savedPlans.snapshotVersion(),
    rows: counts,
  };
  return detectDrift({ ...origin, ...(agreedRows === undefined ? {} : { agreedRows }) }, current, () =>
    stores.savedPlans.compare(runId, changes),
  );
}
