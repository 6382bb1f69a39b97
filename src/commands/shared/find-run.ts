import { PanelsyncError } from '../../core/errors.ts';
import { unknownRun } from '../../core/ports/records.ts';
import type { Records } from '../../core/ports/records.ts';
import type { RunReport } from '../../core/model/terms.ts';

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
  throw wanted === 'latest' ? noRunYet() : unknownRun(wanted);
}

function noRunYet(): PanelsyncError {
  return new PanelsyncError({
    code: 'unknown_run',
    recovery: 'usage',
    message: 'There is no run yet.',
    hint: 'panelsync run <sync> starts one.',
  });
}

async function newest(records: Records, plans: boolean): Promise<RunReport | null> {
  const runs = await records.runs(null, plans ? 1 : lookedAt);
  return runs.find(({ trigger }) => plans || trigger !== 'plan') ?? null;
}
