import { noRunsError, unknownRunError } from '../../core/ports/records.ts';
import type { Records } from '../../core/ports/records.ts';
import type { RunReport } from '../../core/model/terms.ts';

/** A run by its id, or the newest with `latest`; `includePlans` says whether that may be a plan. */
export async function findRun(
  records: Records,
  runRef: string,
  { includePlans }: { readonly includePlans: boolean },
): Promise<RunReport> {
  if (runRef === 'latest') {
    const [latest] = await records.runs(null, 1, { plans: includePlans });
    if (latest === undefined) throw noRunsError();
    return latest;
  }
  const found = await records.run(runRef);
  if (found === null) throw unknownRunError(runRef);
  return found;
}
