/** Who is who whatever their e-mail is: the identities of the people of the snapshot, and the renames that they show. */

import type { ComparedBuckets, IdentifiedPerson } from '../../core/ports/run/plan-store.ts';
import type { StateClient } from '../db/state-client.ts';
import { isCompared } from './fingerprints.ts';

/** After `createAbsent` on the same connection: what a plan learns and claims of identities. */
export async function createIdentityTables(client: StateClient): Promise<void> {
  await client.query(
    `create temp table learned (key text collate "C", identity uuid) on commit drop;
     create temp table claimed (identity uuid primary key) on commit drop;
     create index on pg_temp.absent (key)`,
  );
}

/**
 * The keys that new people had before, by their new ones. An identity that somebody who is in the model has, too, says
 * nothing about who is who. Of several keys that have left, the last to leave counts. An identity is claimed once: by
 * the first of the rows that have it.
 */
export async function claimRenames(
  client: StateClient,
  { syncId, buckets }: { readonly syncId: number; readonly buckets: ComparedBuckets | undefined },
  people: readonly IdentifiedPerson[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ readonly key: string; readonly old_key: string }>(
    // One look-up for each row: joined, a snapshot that is not analyzed yet would be read whole for each page.
    `with asked as (
       select distinct on (identity) identity, key
       from unnest($2::text[], $3::uuid[]) with ordinality as a (key, identity, at)
       where (select f.key from snapshot_fields f where f.sync_id = $1 and f.key = a.key) is null
       order by identity, at
     ), known as (
       select asked.identity, f.key, (select p.key from pg_temp.absent p where p.key = f.key) is not null as is_absent,
         (select o.from_run_id from absences o
          where o.sync_id = $1 and o.key = f.key and o.until_run_id is null) as since
       from asked cross join lateral (
         select key from snapshot_fields where sync_id = $1 and identity = asked.identity offset 0
       ) f
     ), left_model as (
       -- Whoever leaves with this plan has no absence yet.
       select identity, (array_agg(key order by since desc nulls first, key))[1] as old_key
       from known group by identity
       having bool_and(is_absent or (since is not null and not ${isCompared('key', buckets)}))
     ), won as (
       insert into pg_temp.claimed select identity from left_model on conflict do nothing returning identity
     )
     select key, old_key from won join left_model using (identity) join asked using (identity)`,
    [syncId, people.map(({ key }) => key), people.map(({ identity }) => identity)],
  );
  return new Map(rows.map(({ key, old_key: oldKey }) => [key, oldKey]));
}

/** Takes identities down that a plan has met; the snapshot has them when it is recorded. */
export async function learnIdentities(client: StateClient, people: readonly IdentifiedPerson[]): Promise<void> {
  await client.query('insert into pg_temp.learned select * from unnest($1::text[], $2::uuid[])', [
    people.map(({ key }) => key),
    people.map(({ identity }) => identity),
  ]);
}

/** The snapshot knows who the people are whose rows the plan has looked at. */
export async function recordIdentities(client: StateClient, syncId: number): Promise<void> {
  await client.query(
    `update snapshot_fields f set identity = l.identity from pg_temp.learned l
     where f.sync_id = $1 and f.key = l.key and f.identity is distinct from l.identity`,
    [syncId],
  );
}

/** In SQL, after a statement's `sent`: the Hub has accepted people under a new e-mail. $1 is the run, $3 the sync. */
export const acceptedRenames = `
      , renamed as (
        insert into renames (sync_id, key, old_key, run_id)
        select $3, key, renamed_from, $1 from sent where renamed_from is not null
        on conflict (sync_id, key) do update set old_key = excluded.old_key, run_id = excluded.run_id, at = excluded.at
      )`;
