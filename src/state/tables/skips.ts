import type { SkipsOptions } from '../../core/ports/records.ts';
import type { Skip } from '../../core/ports/row-lists.ts';
import type { ComparedBuckets } from '../../core/ports/run/plan-store.ts';
import { isCompared } from './fingerprints.ts';
import type { Database } from '../db/database.ts';
import type { StateClient } from '../db/state-client.ts';

export interface PlanScope {
  readonly syncId: number;
  readonly runId: string;
}

/**
 * Ends the skips that this plan does not repeat and begins its new ones; those that go on are not touched, nor are those
 * of buckets whose rows the plan did not look at.
 */
export async function recordSkips(
  client: StateClient,
  { syncId, runId }: PlanScope,
  buckets: ComparedBuckets | undefined,
): Promise<void> {
  await client.query('analyze pg_temp.planned_skips');
  await client.query(
    `update skips s set until_run_id = $2
     where s.sync_id = $1 and s.until_run_id is null and ${isCompared('s.key', buckets)}
       and not exists (select from pg_temp.planned_skips p where (p.key, p.reason, p.rows) = (s.key, s.reason, s.rows))`,
    [syncId, runId],
  );
  await client.query(
    `insert into skips (sync_id, key, reason, rows, from_run_id)
     select $1, p.key, p.reason, p.rows, $2 from pg_temp.planned_skips p
     where not exists (
       select from skips s where s.sync_id = $1 and s.until_run_id is null and (s.key, s.reason) = (p.key, p.reason)
     )`,
    [syncId, runId],
  );
}

/** The skips of a run that got as far as its plan. */
export async function listSkips(database: Database, runId: string, options: SkipsOptions): Promise<readonly Skip[]> {
  return database.query<Skip & { readonly rows: number }>({
    text: `select s.key, case when r.key_column is null then s.key end as email, s.reason, s.rows
           from runs r join skips s on s.sync_id = r.sync_id
             and s.from_run_id <= r.id and (s.until_run_id is null or s.until_run_id > r.id)
           where r.id = $1 and r.planned_at is not null and r.trigger <> 'plan'
             and (s.reason = 'duplicate') = $2 and ($4::text is null or s.reason = $4)
           order by s.key, s.reason limit $3`,
    values: [runId, options.duplicates, options.limit, options.reason ?? null],
  });
}
