import type { PanelsyncError } from '../../core/errors.ts';
import { readChange, readHeader } from '../../core/model/saved-plan.ts';
import type { KeptChange, KeptHeader } from '../../core/model/saved-plan.ts';
import type { RunSession } from '../../core/ports/run-store.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { sealedLines } from '../../lib/checksummed-file.ts';
import { movedError, openBatchesError, whatMoved } from './drift.ts';
import type { Moved } from './drift.ts';
import type { Prepared } from '../plan/plan.ts';
import { runSync } from '../run-sync.ts';
import type { Approval, RunDeps, RunRequest } from '../run-sync.ts';

/** A file of a kept plan that was found whole. */
export interface KeptPlan {
  readonly file: string;
  readonly header: KeptHeader;
}

export interface ApplyRequest extends Omit<RunRequest, 'full' | 'limit' | 'approval' | 'trigger'> {
  readonly kept: KeptPlan;
}

export interface Applied {
  readonly report: RunReport;
  /** Why nothing was sent; `null` where the plan still held, or something else stopped the run before. */
  readonly moved: Moved | null;
}

/** Reads all of it once, so that a file which was cut off or changed is known before anything is done. */
export async function openKeptPlan(file: string): Promise<KeptPlan> {
  let header: KeptHeader | null = null;
  for await (const [line = ''] of sealedLines(file)) {
    header = readHeader(line, file);
    break;
  }
  for await (const changes of keptChanges(file)) void changes;
  return { file, header: header ?? readHeader('', file) };
}

/** The changes of a kept plan by the piece, in its order. */
export async function* keptChanges(file: string): AsyncGenerator<readonly KeptChange[]> {
  // The header is line 0.
  let seq = 0;
  for await (const lines of sealedLines(file)) {
    const changes = seq === 0 ? lines.slice(1) : lines;
    const first = Math.max(seq, 1);
    yield changes.map((line, at) => readChange(line, first + at, file));
    seq = first + changes.length;
  }
}

/** A run that sends a kept plan or nothing: it plans anew, and only what comes out the same is sent. */
export async function applyPlan(request: ApplyRequest, deps: RunDeps): Promise<Applied> {
  let moved: Moved | null = null;
  const approval = approvalOf(request, deps, (found) => {
    moved = found;
  });
  const { full } = request.kept.header;
  const report = await runSync({ ...request, trigger: 'manual', full, limit: null, approval }, deps);
  return { report, moved };
}

function approvalOf({ sync, kept }: ApplyRequest, deps: RunDeps, onMoved: (moved: Moved) => void): Approval {
  const { header, file } = kept;
  return {
    note: `Sent the plan that was kept of run ${header.runId}.`,
    before: async (session) => {
      const open = await session.unknownBatches();
      return open.length === 0 ? null : openBatchesError(open.length, sync.name);
    },
    after: async (session: RunSession, runId: string, { projection }: Prepared): Promise<PanelsyncError | null> => {
      const now = {
        sync,
        payloads: session.keeping.payload,
        mapping: projection.fingerprint,
        destination: deps.destination.fingerprint,
        snapshot: await session.keptPlans.mark(),
      };
      const moved = await whatMoved(header, now, () => session.keptPlans.compare(runId, keptChanges(file)));
      if (moved === null) return null;
      onMoved(moved);
      return movedError(header, moved);
    },
  };
}
