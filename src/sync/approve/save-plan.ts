import { textHash } from '../../core/model/hash.ts';
import { formatChange, formatHeader, isPlanHeader } from '../../core/model/saved-plan/saved-plan.ts';
import { createChecksummedFile } from '../../core/checksummed-file.ts';
import { planSync } from '../plan/plan-sync.ts';
import type { PlanRequest, SyncPlan } from '../plan/plan-sync.ts';
import type { RunDeps } from '../run-context.ts';

/** Plans a sync and saves the plan to a file: a header, a line for each change, and the checksum. */
export async function savePlan(request: PlanRequest & { readonly file: string }, deps: RunDeps): Promise<SyncPlan> {
  const file = await createChecksummedFile(request.file, isPlanHeader);
  try {
    let seq = 0;
    const onChanges: PlanRequest['onChanges'] = async (changes, codec) => {
      await file.add(changes.map((change) => formatChange((seq += 1), change, codec)));
    };
    const plan = await planSync({ ...request, onChanges }, deps);
    const { report, basis } = plan;
    const header = formatHeader({
      sync: report.sync,
      runId: report.runId,
      createdAt: report.startedAt,
      mode: report.mode,
      full: request.full,
      ...basis,
      destination: deps.destination.fingerprint,
      model: textHash(request.sync.model.sql),
      rows: report.rows,
      skips: report.skips,
    });
    await file.finish(header);
    return plan;
  } finally {
    await file.close();
  }
}
