import type { Records, SyncStatus } from '../../core/ports/records.ts';
import type { Keeping } from '../../core/model/payload-codec.ts';
import type { Database } from '../db/database.ts';
import { allow, forget, forgettings } from './forget.ts';
import { lifeRecords } from './timeline.ts';
import { schemaVersion } from '../db/migrate.ts';
import { listRejections, markRetry } from '../tables/rejections.ts';
import { listRuns, runById } from '../tables/runs.ts';
import { listPauses } from '../tables/schedules.ts';
import { listSkips } from '../tables/skips.ts';
import { heldBatches, nothingHeld } from '../run/unknown-outcomes.ts';

/** Ids are whole numbers; anything else names no run. */
const runIdForm = /^\d{1,15}$/;

/** What the state database holds, for commands; a database without our tables reads as empty. */
export async function openRecords(database: Database, keeping: Keeping): Promise<Records> {
  if ((await schemaVersion(database)) === 0) return emptyRecords;
  return {
    status: (sync) => status(database, sync),
    runs: (sync, limit) => listRuns(database, { sync, limit, plans: true }),
    run: async (runId) => (runIdForm.test(runId) ? runById(database, runId) : null),
    rejections: (sync, limit) => listRejections(database, sync, limit),
    skips: (runId, options) => listSkips(database, runId, options),
    retry: (sync, key) => markRetry(database, sync, key),
    resync: (sync) => resync(database, sync),
    forget: (request) => forget(database, keeping, request),
    life: (person) => lifeRecords(database, person),
    forgotten: (person) => forgettings(database, keeping, person),
    allow: async (request) => (await allow(database, keeping, request)) > 0,
  };
}

/** Of a database without our tables, or of none. */
export const emptyRecords: Records = {
  status: async () => ({ running: false, lastRun: null, snapshot: 0, rejections: 0, pause: null, held: nothingHeld }),
  runs: async () => [],
  run: async () => null,
  rejections: async () => [],
  skips: async () => [],
  retry: async () => 0,
  resync: async () => 0,
  forget: async () => [],
  life: async () => [],
  forgotten: async () => [],
  allow: async () => false,
};

async function status(database: Database, sync: string): Promise<SyncStatus> {
  const [lastRun] = await listRuns(database, { sync, limit: 1, plans: false });
  const [counts] = await database.rows<{ snapshot: number; rejections: number }>({
    text: `select (select count(*) from snapshot where sync_id = s.id) as snapshot,
             (select count(*) from rejections where sync_id = s.id) as rejections
           from syncs s where s.name = $1`,
    values: [sync],
  });
  return {
    running: lastRun?.status === 'running',
    lastRun: lastRun ?? null,
    snapshot: counts?.snapshot ?? 0,
    rejections: counts?.rejections ?? 0,
    pause: (await listPauses(database)).get(sync) ?? null,
    held: await heldBatches(database, sync),
  };
}

/** Later runs and baselines have greater ids, so everything known until now counts as unknown from the next one on. */
async function resync(database: Database, sync: string): Promise<number> {
  const [known] = await database.rows<{ people: number }>({
    text: `with marked as (
             update syncs set resync_before = (
               select coalesce(max(id), 0) + 1 from (select id from runs union all select id from baselines) as numbered
             ) where name = $1 returning id
           )
           select count(*) as people from snapshot where sync_id in (select id from marked)`,
    values: [sync],
  });
  return known?.people ?? 0;
}
