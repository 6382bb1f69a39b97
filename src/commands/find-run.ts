import { PanelsyncError } from '../core/errors.ts';
import type { Records } from '../core/records.ts';
import type { RunReport } from '../core/types.ts';

/** So far back a run is looked for among plans. */
const lookedAt = 1000;

/** A run by its id, or the newest with `latest`; `plans` says whether that may be a plan. */
export async function findRun(
  records: Records,
  wanted: string,
  { plans }: { readonly plans: boolean },
): Promise<RunReport> {
  const found = wanted === 'latest' ? await newest(records, plans) : await records.run(wanted);
  if (found !== null) return found;
  throw new PanelsyncError({
    code: 'unknown_run',
    recovery: 'usage',
    message: wanted === 'latest' ? 'There is no run yet.' : `There is no run ${wanted}.`,
    hint: 'panelsync runs lists those that are on record.',
  });
}

async function newest(records: Records, plans: boolean): Promise<RunReport | null> {
  const runs = await records.runs(null, plans ? 1 : lookedAt);
  return runs.find(({ trigger }) => plans || trigger !== 'plan') ?? null;
}
