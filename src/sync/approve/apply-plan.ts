/** Saved plans: compared with the present, and sent only if nothing has changed. */

import { parseChange, parseHeader } from '../../core/model/saved-plan/saved-plan.ts';
import type { SavedChange, SavedPlanHeader } from '../../core/model/saved-plan/saved-plan.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { checksummedLines } from '../../core/checksummed-file.ts';
import type { PlanDrift } from './drift.ts';
import { appliedNote } from '../notes.ts';
import { violatedGuard } from '../plan/guards.ts';
import { recordRun } from '../record-run.ts';
import type { RunStart } from '../record-run.ts';
import type { RunDeps } from '../run-context.ts';
import { sendPlan, stopRun } from '../run-sync.ts';
import { planAnew } from './plan-anew.ts';

/** The file of a saved plan, found complete. */
export interface SavedPlan {
  readonly file: string;
  readonly header: SavedPlanHeader;
}

export interface ApplyRequest extends Omit<RunStart, 'trigger' | 'approves'> {
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
 * A run that sends a saved plan or nothing: it plans anew, and only what comes out the same is sent. Then the guards have
 * their say.
 */
export async function applyPlan(request: ApplyRequest, deps: RunDeps): Promise<ApplyResult> {
  const { sync, force, savedPlan } = request;
  const { header: origin, file } = savedPlan;
  const requested = {
    origin,
    changes: savedChanges(file),
    limit: null,
    driftHint: `Nothing was sent. panelsync plan ${sync.name} --out FILE saves a new one.`,
  };
  let drift: PlanDrift | null = null;
  // `full: false`: a plan that may turn out to have drifted says nothing about later runs.
  const report = await recordRun({ ...request, trigger: 'manual', full: false }, deps, async (run) => {
    const planned = await planAnew(run, requested);
    if (!planned.isSame) {
      drift = planned.drift;
      return planned.end;
    }
    const { plan, earlier } = planned;
    const guard = force ? null : violatedGuard(sync.guards, plan, run.runId);
    if (guard !== null) return stopRun(run, guard, { plan, earlier, full: origin.full, limit: null });
    const end = await sendPlan(run, plan, { limit: null, earlier });
    return { ...end, notes: [appliedNote(origin.runId), ...end.notes] };
  });
  return { report, drift };
}
