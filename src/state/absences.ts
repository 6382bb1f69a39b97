import type pg from 'pg';
import type { PlanScope } from './skips.ts';

/** Notes who left the model with this plan and who came back; those who stay away are not touched. */
export async function recordAbsences(client: pg.ClientBase, { syncId, runId }: PlanScope): Promise<void> {
  // A key that came more than once and was refused for it is no row of the stage, but it is in the model.
  const absent = `d.position is null and not exists (select from pg_temp.repeated r where r.key = d.key)`;
  await client.query(
    `update absences a set until_run_id = $2
     where a.sync_id = $1 and a.until_run_id is null
       and not exists (select from pg_temp.difference d where d.key = a.key and ${absent})`,
    [syncId, runId],
  );
  await client.query(
    `insert into absences (sync_id, key, from_run_id)
     select $1, d.key, $2 from pg_temp.difference d
     where ${absent} and not exists (
       select from absences a where a.sync_id = $1 and a.key = d.key and a.until_run_id is null
     )`,
    [syncId, runId],
  );
}
