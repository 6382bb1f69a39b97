import type { PanelsyncError } from '../../core/errors.ts';
import { parseChange, parseHeader } from '../../core/model/saved-plan.ts';
import type { SavedChange, SavedPlanHeader } from '../../core/model/saved-plan.ts';
import type { RunSession } from '../../core/ports/run/run-store.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { checksummedLines } from '../../core/checksummed-file.ts';
import { driftError, unknownBatchesError, detectDrift } from './drift.ts';
import type { PlanDrift } from './drift.ts';
import type { Plan } from '../plan/plan.ts';
import { runSync } from '../run-sync.ts';
import type { Approval, RunDeps, RunRequest } from '../run-sync.ts';

/** A file of a kept plan that was found whole. */
export interface SavedPlan {
  readonly file: string;
  readonly header: SavedPlanHeader;
}

export interface ApplyRequest extends Omit<RunRequest, 'full' | 'limit' | 'approval' | 'trigger'> {
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

/** The changes of a kept plan by the piece, in its order. */
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

/** A run that sends a kept plan or nothing: it plans anew, and only what comes out the same is sent. */
export async function applyPlan(request: ApplyRequest, deps: RunDeps): Promise<ApplyResult> {
  let drift: PlanDrift | null = null;
  const approval = createApproval(request, deps, (found) => {
    drift = found;
  });
  const { full } = request.savedPlan.header;
  const report = await runSync({ ...request, trigger: 'manual', full, limit: null, approval }, deps);
  return { report, drift };
}

function createApproval(
  { sync, savedPlan }: ApplyRequest,
  deps: RunDeps,
  onDrift: (drift: PlanDrift) => void,
): Approval {
  const { header, file } = savedPlan;
  return {
    note: `Sent the plan that was kept of run ${header.runId}.`,
    precheck: async (session) => {
      const unknownBatches = await session.unknownBatches();
      return unknownBatches.length === 0 ? null : unknownBatchesError(unknownBatches.length, sync.name);
    },
    checkPlan: async (session: RunSession, runId: string, { projection }: Plan): Promise<PanelsyncError | null> => {
      const current = {
        sync,
        payloads: session.codec.payload,
        mapping: projection.fingerprint,
        destination: deps.destination.fingerprint,
        snapshot: await session.savedPlans.snapshotVersion(),
      };
      const drift = await detectDrift(header, current, () => session.savedPlans.compare(runId, savedChanges(file)));
      if (drift === null) return null;
      onDrift(drift);
      return driftError(header, drift);
    },
  };
}
