import type { ComparedBuckets } from '../../core/ports/run/plan-store.ts';
import { isCompared } from './fingerprints.ts';
import type { PlanScope } from './skips.ts';
import type { StateClient } from '../db/state-client.ts';

/** The people of the compared buckets who are in the snapshot and not in the model, after the difference was computed. */
export async function createAbsent(client: StateClient): Promise<void> {
  // A key that came more than once and was refused for it is no row of the stage, but it is in the model.
  await client.query(
    `create temp table absent on commit drop as
     select d.key from pg_temp.difference d
     where d.position is null and not exists (select from pg_temp.repeated r where r.key = d.key)`,
  );
  // Without statistics both tables count as small, and each absent person would be compared with all the others.
  await client.query('analyze pg_temp.absent');
}

/**
 * After `createAbsent`: notes who left the model with this plan and who came back; those who stay away are not touched, nor is anybody of a
 * bucket whose rows the plan did not look at.
 */
export async function recordAbsences(
  client: StateClient,
  { syncId, runId }: PlanScope,
  buckets: ComparedBuckets | undefined,
): Promise<void> {
  await client.query(
    `with open as materialized (
         select key, from_run_id from absences
         where sync_id = $1 and until_run_id is null and ${isCompared('key', buckets)}
       ),
       back as materialized (
         select o.key, o.from_run_id from open o left join pg_temp.absent p on p.key = o.key where p.key is null
       ), ended as (
         update absences a set until_run_id = $2 from back b
         where a.sync_id = $1 and a.key = b.key and a.from_run_id = b.from_run_id
       )
     insert into absences (sync_id, key, from_run_id)
     select $1, p.key, $2 from pg_temp.absent p left join open o on o.key = p.key where o.key is null`,
    [syncId, runId],
  );
}
