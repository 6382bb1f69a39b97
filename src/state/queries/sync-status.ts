import type { ReasonCount } from '../../core/model/terms.ts';
import { decisiveStatuses } from '../../core/model/sync-state/sync-state.ts';
import type { DecisiveStatus } from '../../core/model/sync-state/sync-state.ts';
import { nobodyRemoved } from '../../core/ports/records.ts';
import type { RemovedCounts, SyncStatus } from '../../core/ports/records.ts';
import type { Database } from '../db/database.ts';
import { readUnresolvedBatches } from '../run/unknown-outcomes.ts';
import { listPauses } from '../tables/schedules.ts';
import { latestFreshness, toFreshness } from './freshness.ts';
import type { FreshnessRow } from './freshness.ts';
import { listRuns } from './runs.ts';

/** How many reasons a status names. */
const maxReasons = 5;

export async function readStatus(database: Database, sync: string): Promise<SyncStatus> {
  const [lastRun] = await listRuns(database, { sync, limit: 1, plans: false });
  const facts = await readFacts(database, sync);
  return {
    running: lastRun?.status === 'running',
    lastRun: lastRun ?? null,
    snapshot: facts?.snapshot ?? 0,
    ...(await readReasons(database, sync)),
    removed: await readRemoved(database, sync),
    lastSuccessAt: facts?.last_success_at?.toISOString() ?? null,
    lastOutcome: facts?.last_outcome ?? null,
    watchedSince: facts?.watched_since.toISOString() ?? null,
    freshness: facts === null ? null : toFreshness(facts),
    pause: (await listPauses(database)).get(sync) ?? null,
    unresolved: await readUnresolvedBatches(database, sync),
  };
}

interface FactsRow extends FreshnessRow {
  readonly snapshot: number;
  readonly last_success_at: Date | null;
  readonly last_outcome: DecisiveStatus | null;
  readonly watched_since: Date;
}

async function readFacts(database: Database, sync: string): Promise<FactsRow | null> {
  const newestRun = (column: string, statuses: string): string =>
    `(select ${column} from runs where sync_id = s.id and trigger <> 'plan' and status = any(${statuses})
       order by id desc limit 1)`;
  const [row] = await database.query<FactsRow>({
    text: `select (select count(*) from snapshot where sync_id = s.id) as snapshot,
             ${newestRun('finished_at', "array['succeeded', 'partial']")} as last_success_at,
             ${newestRun('status', '$2::text[]')} as last_outcome,
             greatest(s.created_at, (select max(at) from audit_log where action = 'resume' and sync = s.name))
               as watched_since, data.*
           from syncs s left join lateral (${latestFreshness}) data on true where s.name = $1`,
    values: [sync, decisiveStatuses],
  });
  return row ?? null;
}

async function readRemoved(database: Database, sync: string): Promise<RemovedCounts> {
  const [counts] = await database.query<RemovedCounts>({
    text: `select count(*) as people, count(m.marked_hash) as marked, count(m.refused_hash) as refused
           from absences a left join marks m on m.sync_id = a.sync_id and m.key = a.key
           where a.sync_id = (select id from syncs where name = $1) and a.until_run_id is null`,
    values: [sync],
  });
  return counts ?? nobodyRemoved;
}

/** The open rejections, and their most frequent reasons. */
async function readReasons(
  database: Database,
  sync: string,
): Promise<{ readonly rejections: number; readonly reasons: readonly ReasonCount[] }> {
  const rows = await database.query<ReasonCount & { readonly total: number }>({
    text: `select r.code as reason, r.field, r.reason as message, count(*) as count,
             (sum(count(*)) over ())::bigint as total
           from rejections r where r.sync_id = (select id from syncs where name = $1)
           group by r.code, r.field, r.reason order by count(*) desc, r.code, r.field, r.reason limit $2`,
    values: [sync, maxReasons],
  });
  return { rejections: rows[0]?.total ?? 0, reasons: rows.map(({ total: _total, ...reason }) => reason) };
}
