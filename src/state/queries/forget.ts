import { outdateFingerprints } from '../tables/fingerprints.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { ForgottenRecord, PersonSelector, ErasedRows, ErasedTable } from '../../core/ports/records.ts';
import type { Database } from '../db/database.ts';
import { requireHashKey } from '../tables/hash-key.ts';
import { findKeysByEmail } from './keys-by-email.ts';
import { recomputeCountsWithin } from '../run/record-runs.ts';
import { ensureSync } from '../tables/schedules.ts';
import { nextForgottenVersion } from '../trust/forgotten-copy.ts';
import { withLeases } from '../lease/with-leases.ts';
import type { StateClient } from '../db/state-client.ts';

/**
 * Wipes a person from every table and keeps a keyed hash, so that the row is not sent again. None of the syncs runs
 * meanwhile; when one of them does, nothing is done.
 */
export async function forgetPerson(
  database: Database,
  codec: PayloadCodec,
  request: PersonSelector,
  signal?: AbortSignal,
): Promise<readonly ErasedRows[]> {
  await requireHashKey(database, codec, true);
  if (request.sync !== null) await ensureSync(database, request.sync);
  const syncs = await database.query<{ id: number; name: string }>({
    text: 'select id, name from syncs where $1::text is null or name = $1 order by id',
    values: [request.sync],
  });
  const erase = (): Promise<readonly ErasedRows[]> =>
    database.transaction(async (client) => {
      await outdateFingerprints(client, null);
      await client.query(
        `insert into forgotten (person, sync_id)
         select person, s.id from unnest($1::uuid[]) as person left join syncs s on s.name = $2
         on conflict do nothing`,
        [personHashes(codec, request), request.sync],
      );
      await client.query(nextForgottenVersion);
      const wiped: ErasedRows[] = [];
      for (const { id, name } of syncs) {
        const keys = [request.email, ...(request.key === null ? [] : [request.key])];
        const found = await findKeysByEmail(client, id, request.email);
        wiped.push({ sync: name, removed: await wipeTables(client, id, [...new Set([...keys, ...found])]) });
      }
      return wiped;
    });
  return withLeases(database, syncs, erase, signal);
}

/** Allows a forgotten person to be sent again. Returns for how many syncs. */
export async function allowPerson(database: Database, codec: PayloadCodec, request: PersonSelector): Promise<number> {
  await requireHashKey(database, codec, true);
  return database.transaction(async (client) => {
    await outdateFingerprints(client, null);
    const { rowCount } = await client.query(
      `delete from forgotten where person = any($1::uuid[])
         and ($2::text is null or sync_id = (select id from syncs where name = $2))`,
      [personHashes(codec, request), request.sync],
    );
    await client.query(nextForgottenVersion);
    return rowCount;
  });
}

/** Where a person is forgotten; asked about one sync, what holds for all of them counts, too. */
export async function listForgotten(
  database: Database,
  codec: PayloadCodec,
  request: PersonSelector,
): Promise<readonly ForgottenRecord[]> {
  if (codec.keyFingerprint === null) return [];
  const rows = await database.query<{ sync: string | null; since: Date }>({
    text: `select s.name as sync, min(f.since) as since from forgotten f left join syncs s on s.id = f.sync_id
           where f.person = any($1::uuid[]) and ($2::text is null or f.sync_id is null or s.name = $2)
           group by s.name order by s.name nulls first`,
    values: [personHashes(codec, request), request.sync],
  });
  return rows.map(({ sync, since }) => ({ sync, since: since.toISOString() }));
}

function personHashes(codec: PayloadCodec, { email, key }: PersonSelector): readonly string[] {
  return [codec.personHash('email', email), ...(key === null ? [] : [codec.personHash('key', key)])];
}

const keyedTables = [
  'snapshot',
  'snapshot_fields',
  'rejections',
  'past_rejections',
  'skips',
  'suppressions',
  'absences',
  'marks',
] as const;

async function wipeTables(
  client: StateClient,
  syncId: number,
  keys: readonly string[],
): Promise<ErasedRows['removed']> {
  const removed = new Map<ErasedTable, number>();
  await forgetOtherKeys(client, syncId, keys);
  for (const table of keyedTables) {
    const { rowCount } = await client.query(`delete from ${table} where sync_id = $1 and key = any($2::text[])`, [
      syncId,
      keys,
    ]);
    removed.set(table, rowCount);
  }
  removed.set('renames', await wipeRenames(client, syncId, keys));
  removed.set('outbox', await wipeOutbox(client, syncId, keys));
  return Object.fromEntries([...removed].filter(([, rows]) => rows > 0));
}

/** Batches with the person lose the Hub's message; one that nobody is left in is never sent again. */
async function wipeOutbox(client: StateClient, syncId: number, keys: readonly string[]): Promise<number> {
  const { rows } = await client.query<{ run_id: number }>(
    `with gone as (
       delete from outbox where run_id in (select id from runs where sync_id = $1) and key = any($2::text[])
       returning run_id, seq
     ), redacted as (
       update batches b set message = null from gone
       where b.run_id = gone.run_id and gone.seq = any(b.seqs) and b.message is not null
     )
     select run_id from gone`,
    [syncId, keys],
  );
  const { rows: emptied } = await client.query<{ run_id: number }>(
    `update batches b set state = 'not_sent', settled_at = now()
     where b.state = 'unknown' and b.run_id = any($1::bigint[])
       and not exists (select from outbox o where o.run_id = b.run_id and o.seq = any(b.seqs))
     returning b.run_id`,
    [rows.map(({ run_id: runId }) => runId)],
  );
  for (const { run_id: runId } of emptied) await recomputeCountsWithin(client, String(runId));
  return rows.length;
}

/** Nobody else's record names the person either, and nothing links the keys that they had. */
async function wipeRenames(client: StateClient, syncId: number, keys: readonly string[]): Promise<number> {
  await client.query(
    'update outbox set renamed_from = null where run_id in (select id from runs where sync_id = $1) and renamed_from = any($2::text[])',
    [syncId, keys],
  );
  const { rowCount } = await client.query(
    'delete from renames where sync_id = $1 and (key = any($2::text[]) or old_key = any($2::text[]))',
    [syncId, keys],
  );
  return rowCount;
}

/** Before the renames are wiped: the identity of the person is known under their other keys, too. */
async function forgetOtherKeys(client: StateClient, syncId: number, keys: readonly string[]): Promise<void> {
  await client.query(
    `update snapshot_fields f set identity = null from renames r
     where f.sync_id = $1 and r.sync_id = $1 and (r.key = any($2::text[]) or r.old_key = any($2::text[]))
       and f.key in (r.key, r.old_key)`,
    [syncId, keys],
  );
}
