import { hubAddressOf } from '../../../src/core/model/hub-address.ts';
import type { Database } from '../../../src/state/db/database.ts';
import { defaultLeaseTimes } from '../../../src/state/lease/lock.ts';
import type { LeaseTimes } from '../../../src/state/lease/lock.ts';
import type { StateOptions } from '../../../src/state/state.ts';
import { marksOf } from '../../../src/state/trust/state-marks.ts';
import { silentLog } from '../postgres/postgres.ts';

/** Many tests wait for what the death of a holder costs the next one. */
export const quickLease: LeaseTimes = { ...defaultLeaseTimes, graceMs: 200 };

/** A change of settings between runs counts only in tests that are about it. */
const oneConfiguration = '00000000-0000-0000-0000-000000000001';

/** A state that belongs to the Hub at this address, and keeps its marks in memory. */
export function defaultStateOptions(
  database: Database,
  hubUrl: string,
): Pick<StateOptions, 'log' | 'lease' | 'hubAddress' | 'configurationOf' | 'marks'> {
  const marks = marksOf(database, null, silentLog);
  return {
    log: silentLog,
    lease: quickLease,
    hubAddress: hubAddressOf(hubUrl),
    configurationOf: () => oneConfiguration,
    marks,
  };
}
