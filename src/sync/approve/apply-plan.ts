/** Saved plans: compared with the present, and sent only if nothing has changed. */

import { parseChange, parseHeader } from '../../core/model/saved-plan.ts';
import type { SavedChange, SavedPlanHeader } from '../../core/model/saved-plan.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { checksummedLines } from '../../core/checksummed-file.ts';
import { driftError, unknownBatchesError, detectDrift } from './drift.ts';
import type { PlanDrift } from './drift.ts';
import { appliedNote } from '../notes.ts';
import { violatedGuard } from '../plan/guards.ts';
import { buildPlan } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { recordRun } from '../record-run.ts';
import type { RunStart } from '../record-run.ts';
import { resolveEarlierBatches } from '../recover/recover.ts';
import type { RunContext, RunDeps } from '../run-context.ts';
import { sendPlan, stopRun } from '../run-sync.ts';

/** The file of a saved plan, found complete. */
export interface SavedPlan {
  readonly file: string;
  readonly header: SavedPlanHeader;
}

export interface ApplyRequest extends Omit<RunStart, 'trigger'> {
  /** Passes the guards. */
  readonly force: boolean;
  readonly savedPlan: SavedPlan;
}

export interface ApplyResult {
  readonly report: RunReport;
  /** Why nothing was sent; `null` where the plan still held, or something else stopped the run before. */
  readonly drift: PlanDrift | null;
}

/** Reads all of it once, so that a file which was cut off or changed is known before anything is done. */
export async function openSavedPlan(file: string): Promise<SavedPlan> {
  let header: SavedPlanHeader | null = null;
  for await (const [line = ''] of checksummedLines(file)) {
    header = parseHeader(line, file);
    break;
  }
  for await (const changes of savedChanges(file)) void changes;
  return { file, header: header ?? parseHeader('', file) };
}

/** The changes of a saved plan, in its order, part by part. */
export async function* savedChanges(file: string): AsyncGenerator<readonly SavedChange[]> {
  // The header is line 0.
  let seq = 0;
  for await (const lines of checksummedLines(file)) {
    const changes = seq === 0 ? lines.slice(1) : lines;
    const first = Math.max(seq, 1);
    yield changes.map((line, at) => parseChange(line, first + at, file));
    seq = first + changes.length;
  }
}

/**
 * A run that sends a saved plan or nothing: it plans anew, and only what comes out the same is sent. Batches of earlier
 * runs with an unknown outcome stop it first: they would be sent again before the plan is made, and nobody agreed to that.
 */
export async function applyPlan(request: ApplyRequest, deps: RunDeps): Promise<ApplyResult> {
  const { sync, force, savedPlan } = request;
  let drift: PlanDrift | null = null;
  // `full: false`: a plan that may turn out to have drifted says nothing about later runs.
  const report = await recordRun({ ...request, trigger: 'manual', full: false }, deps, async (run) => {
    const unknown = await run.stores.unknownOutcomes.list();
    if (unknown.length > 0)
      return { kind: 'stopped', error: unknownBatchesError(unknown.length, sync.name), notes: [] };
    const earlier = await resolveEarlierBatches(run);
    const plan = await buildPlan(run, { full: savedPlan.header.full });
    const guard = force ? null : violatedGuard(sync.guards, plan);
    if (guard !== null) return stopRun(guard, plan, earlier);
    drift = await findDrift(run, plan, savedPlan);
    if (drift !== null) return stopRun(driftError(savedPlan.header, drift), plan, earlier);
    const end = await sendPlan(run, plan, { limit: null, earlier });
    return { ...end, notes: [appliedNote(savedPlan.header.runId), ...end.notes] };
  });
  return { report, drift };
}

/** What a run is about to send, against a saved plan; `null`: the plan holds. */
async function findDrift(
  { sync, runId, codec, destination, stores }: RunContext,
  { projection }: Plan,
  { header, file }: SavedPlan,
): Promise<PlanDrift | null> {
  const current = {
    sync,
    payloads: codec.payload,
    mapping: projection.fingerprint,
    destination: destination.fingerprint,
    snapshot: await stores.savedPlans.snapshotVersion(),
  };
  return detectDrift(header, current, () => stores.savedPlans.compare(runId, savedChanges(file)));
}
