import type { RetentionSettings } from '../../core/settings.ts';
import type { Database } from '../db/database.ts';
import { expirePlans } from '../tables/saved-plans.ts';

/**
 * Deletes runs, baselines and skips past their retention. A run stays while a batch of it is unresolved, and so
 * do the newest of each sync and the newest that got people through to its destination.
 */
export async function prune(database: Database, syncId: number, retention: RetentionSettings): Promise<void> {
  await database.transaction(async (client) => {
    const { rows } = await client.query<{ id: number }>(
      `select r.id from runs r where r.sync_id = $1 and r.finished_at < now() - make_interval(days => $2)
         and not exists (select from batches b where b.run_id = r.id and b.state in ('in_flight', 'unknown'))`,
      [syncId, retention.runsDays],
    );
    const expiredRunIds = rows.map(({ id }) => id);
    if (expiredRunIds.length > 0) {
      await client.query('delete from outbox where run_id = any($1::bigint[])', [expiredRunIds]);
      await expirePlans(client, expiredRunIds);
      await client.query(
        'update syncs set pruned_run_id = greatest(pruned_run_id, (select max(id) from unnest($2::bigint[]) as id)) where id = $1',
        [syncId, expiredRunIds],
      );
      await client.query(
        `delete from runs where id = any($2::bigint[])
           and id <> (select max(id) from runs where sync_id = $1)
           and id not in (
             select max(id) from runs where sync_id = $1 and trigger <> 'plan' and inserted + updated > 0
             group by destination
           )`,
        [syncId, expiredRunIds],
      );
    }
    await client.query(
      `delete from baselines where sync_id = $1 and started_at < now() - make_interval(days => $2)
         and id <> (select max(id) from baselines where sync_id = $1)`,
      [syncId, retention.runsDays],
    );
    for (const table of ['past_rejections', 'absences'] as const) {
      await client.query(`delete from ${table} p where ${hasExpired}`, [syncId, retention.runsDays]);
    }
    await client.query(
      `with gone as (delete from skips p where ${hasExpired} returning until_run_id)
       update syncs set pruned_skips_run_id = greatest(pruned_skips_run_id, (select max(until_run_id) from gone))
       where id = $1 and exists (select from gone)`,
      [syncId, retention.skipsDays],
    );
  });
}

/** Of what lasts from a run until another. */
const hasExpired = `
  p.sync_id = $1 and p.until_run_id is not null and not exists (
    select from runs r
    where r.id = p.until_run_id and coalesce(r.finished_at, now()) >= now() - make_interval(days => $2)
  )`;
