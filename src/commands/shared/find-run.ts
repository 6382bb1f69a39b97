import { PanelsyncError } from '../../core/errors.ts';
import { unknownRunError } from '../../core/ports/records.ts';
import type { Records } from '../../core/ports/records.ts';
import type { RunReport } from '../../core/model/terms.ts';

/** So far back a run is looked for among plans. */
const maxRunsSearched = 1000;

/** A run by its id, or the newest with `latest`; `plans` says whether that may be a plan. */
export async function findRun(
  records: Records,
  runRef: string,
  { includePlans }: { readonly includePlans: boolean },
): Promise<RunReport> {
  const found = runRef === 'latest' ? await latestRun(records, includePlans) : await records.run(runRef);
  if (found !== null) return found;
  throw runRef === 'latest' ? noRunsError() : unknownRunError(runRef);
}

function noRunsError(): PanelsyncError {
  return new PanelsyncError({
    code: 'unknown_run',
    recovery: 'usage',
    message: 'There is no run yet.',
    hint: 'panelsync run <sync> starts one.',
  });
}

async function latestRun(records: Records, includePlans: boolean): Promise<RunReport | null> {
  const runs = await records.runs(null, includePlans ? 1 : maxRunsSearched);
  return runs.find(({ trigger }) => includePlans || trigger !== 'plan') ?? null;
}
