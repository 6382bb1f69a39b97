import type { RowPage, RunRejection } from '../../core/ports/records.ts';
import type { Database } from '../db/database.ts';

interface RunRejectionRow extends Omit<RunRejection, 'runId' | 'firstSeenAt' | 'lastSeenAt'> {
  readonly run_id: number;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
}

/**
 * Rows that stood rejected after a run. A rejection is a span of runs: an open one reaches to the last run that met the
 * row, a closed one to the run that closed it. Keys compare as bytes, so a page starts where the one before ended.
 */
export async function listRejectionsOfRun(
  database: Database,
  runId: string,
  { limit, after = null }: RowPage,
): Promise<readonly RunRejection[]> {
  const rows = await database.query<RunRejectionRow>({
    text: `with asked as (select id, sync_id, key_column, started_at from runs where id = $1)
           select o.key, o.email, o.refused_by as by, o.code, o.message, o.field, o.errors as faults, o.run_id,
             o.first_seen_at, o.last_seen_at, o.attempts, o.retry, true as open
           from asked a join rejections o on o.sync_id = a.sync_id
             and o.from_run_id <= a.id and o.seen_run_id >= a.id and ($2::text is null or o.key > $2)
           union all
           select p.key, case when a.key_column is null then p.key end, p.refused_by, p.errors->0->>'code',
             p.errors->0->>'message', p.errors->0->>'field', p.errors, p.from_run_id,
             coalesce(f.started_at, a.started_at), a.started_at, null, false, false
           from asked a join past_rejections p on p.sync_id = a.sync_id
             and p.from_run_id <= a.id and p.until_run_id > a.id and ($2::text is null or p.key > $2)
           left join runs f on f.id = p.from_run_id
           order by key limit $3`,
    values: [runId, after, limit],
  });
  return rows.map(({ run_id, first_seen_at, last_seen_at, ...row }) => ({
    ...row,
    runId: String(run_id),
    firstSeenAt: first_seen_at.toISOString(),
    lastSeenAt: last_seen_at.toISOString(),
  }));
}
