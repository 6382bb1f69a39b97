import type { RunReport } from '../core/model/terms.ts';
import { checkCharacteristics } from './deliver/characteristics-check.ts';
import { deliver } from './deliver/deliver.ts';
import { violatedGuard } from './plan/guards.ts';
import { buildPlan } from './plan/plan.ts';
import type { Plan } from './plan/plan.ts';
import { recordRun } from './record-run.ts';
import type { RunEnd, RunStart } from './record-run.ts';
import { resolveEarlierBatches, resolveOwnBatches } from './recover/recover.ts';
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
    const guard = force ? null : violatedGuard(sync.guards, plan.counts, plan.snapshotSize);
    if (guard !== null) return { kind: 'stopped', error: guard, notes: [...earlier, ...plan.notes] };
    return sendPlan(run, plan, { limit, suppressionNotes: earlier });
  });
}

/** From a plan that may be sent to the end of its run. */
export async function sendPlan(
  run: RunContext,
  plan: Plan,
  options: { readonly limit: number | null; readonly suppressionNotes: readonly string[] },
): Promise<RunEnd> {
  const characteristicNotes = await checkCharacteristics(run, plan);
  const delivery = await deliver(run, plan, options.limit);
  const { result, suppressionNotes = options.suppressionNotes } = await resolveOwnBatches(run, plan, delivery);
  // Rows were refused: perhaps the Hub's characteristics are not what they were.
  if (result.hasRefusals) await run.stores.characteristics.forget();
  return { kind: 'sent', result, notes: [...suppressionNotes, ...plan.notes, ...characteristicNotes] };
}
