import { nobodyRemoved } from '../../core/ports/records.ts';
import type { Records } from '../../core/ports/records.ts';
import type { Database } from '../db/database.ts';
import type { StateOptions } from '../state.ts';
import { reconcileForgotten } from '../trust/forgotten-copy.ts';
import { recordHubAddress } from '../trust/hub-of-snapshot.ts';
import { trustAgain } from '../trust/lost-state.ts';
import { isLeased } from '../lease/lock.ts';
import { allowPerson, forgetPerson, listForgotten } from './forget.ts';
import { countReasons, listRows } from './rows/rows.ts';
import { listBatches, readRunTimes } from './batches.ts';
import { emptyHistory, readHistory } from './history.ts';
import { readStatus } from './sync-status.ts';
import { listAbsent } from './rows/absent-people.ts';
import { readTimelines } from './timeline.ts';
import { schemaVersion } from '../db/migrate.ts';
import { listAuditRecords } from '../tables/audit-log.ts';
import { listRejections, markRetry } from '../tables/rejections.ts';
import { listRuns, runById } from './runs.ts';
import { listSkips } from '../tables/skips.ts';
import { noUnresolvedBatches } from '../run/unknown-outcomes.ts';

/** Ids are whole numbers; anything else names no run. */
const runIdPattern = /^\d{1,15}$/;

/** What the state database holds, for commands; a database without our tables reads as empty. */
export async function openRecords(
  database: Database,
  { codec, marks, log, hubAddress, signal }: StateOptions,
): Promise<Records> {
  if ((await schemaVersion(database)) === 0) return emptyRecords;
  // A copy of who is forgotten outlives a restored backup.
  const withCopy = async <T>(change: () => Promise<T>): Promise<T> => {
    await reconcileForgotten(database, marks, log);
    const result = await change();
    await reconcileForgotten(database, marks, log);
    return result;
  };
  return {
    status: (sync) => readStatus(database, sync),
    isLeased: (sync) => isLeased(database, sync),
    runs: (sync, limit, options) => listRuns(database, { sync, limit, plans: true, ...options }),
    run: async (runId) => (runIdPattern.test(runId) ? runById(database, runId) : null),
    history: (sync, days) => readHistory(database, sync, days),
    runTimes: (runId) => readRunTimes(database, runId),
    batches: (runId, page) => listBatches(database, runId, page),
    rejections: (sync, limit, reason = null) => listRejections(database, sync, { limit, reason }),
    rows: (name, query) => listRows(database, name, query),
    reasons: (name) => countReasons(database, name),
    skips: (runId, options) => listSkips(database, runId, options),
    removed: (sync, query) => listAbsent(database, sync, query),
    audit: (query) => listAuditRecords(database, query),
    retry: (sync, key) => markRetry(database, sync, key),
    resync: (sync) => markResync(database, sync),
    acceptHubAddress: async (sync) => ({
      former: await recordHubAddress(database, sync, hubAddress),
      address: hubAddress,
    }),
    forget: (request) => withCopy(() => forgetPerson(database, codec, request, signal)),
    timelines: (person) => readTimelines(database, person),
    forgotten: (person) => listForgotten(database, codec, person),
    allow: (request) => withCopy(async () => (await allowPerson(database, codec, request)) > 0),
  };
}

/** Of a database without our tables, or of none. */
export const emptyRecords: Records = {
  status: async () => ({
    running: false,
    lastRun: null,
    snapshot: 0,
    rejections: 0,
    reasons: [],
    removed: nobodyRemoved,
    lastSuccessAt: null,
    lastOutcome: null,
    watchedSince: null,
    freshness: null,
    pause: null,
    unresolved: noUnresolvedBatches,
  }),
  isLeased: async () => false,
  runs: async () => [],
  run: async () => null,
  history: async (_sync, days) => emptyHistory(days),
  runTimes: async () => null,
  batches: async () => [],
  rejections: async () => [],
  rows: async () => ({ items: [], next: null }),
  reasons: async () => [],
  skips: async () => [],
  removed: async () => ({ people: [], total: 0, reasons: [] }),
  audit: async () => [],
  retry: async () => 0,
  resync: async () => 0,
  acceptHubAddress: async () => ({ former: null, address: '' }),
  forget: async () => [],
  timelines: async () => [],
  forgotten: async () => [],
  allow: async () => false,
};

/** Later runs and baselines have greater ids, so everything known until now counts as unknown from the next one on. */
async function markResync(database: Database, sync: string): Promise<number> {
  const [known] = await database.query<{ people: number }>({
    text: `with marked as (
             update syncs set fingerprint_generation = fingerprint_generation + 1, resync_before = (
               select coalesce(max(id), 0) + 1 from (select id from runs union all select id from baselines) as numbered
             ), ${trustAgain} where name = $1 returning id
           )
           select count(*) as people from snapshot where sync_id in (select id from marked)`,
    values: [sync],
  });
  return known?.people ?? 0;
}
