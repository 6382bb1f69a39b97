import { outdateFingerprints } from '../tables/fingerprints.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import { placeholderRowHash } from '../tables/baselines.ts';
import { fetchPages } from '../db/cursor.ts';
import type { Database } from '../db/database.ts';
import { requireHashKey } from '../tables/hash-key.ts';
import { withLeases } from '../lease/with-leases.ts';
import type { StateClient } from '../db/state-client.ts';

/**
 * Replaces all stored values of a sync's people by keyed hashes, in one transaction; the caller holds the
 * sync's lock. Only batches whose outcome nobody knows keep their bodies, because they have to be sent again.
 */
export async function hashPayloads(database: Database, syncId: number, codec: PayloadCodec): Promise<void> {
  await database.transaction(async (client) => {
    await outdateFingerprints(client, syncId);
    await hashSnapshot(client, syncId, codec);
    await hashOutbox(client, syncId, codec);
    await hashRejections(client, syncId, codec);
    await redactHubMessages(client, syncId);
    await client.query(`update syncs set payload_storage = 'hashed' where id = $1`, [syncId]);
  });
}

/**
 * The same for all syncs with full payloads, also those that the configuration no longer names. One that
 * runs is left to its own next run.
 */
export async function hashAllPayloads(database: Database, codec: PayloadCodec, signal?: AbortSignal): Promise<void> {
  if (codec.payload === 'full') return;
  await requireHashKey(database, codec, true);
  const unhashed = await database.query<{ id: number; name: string }>({
    text: `select id, name from syncs where payload_storage = 'full' order by id`,
  });
  for (const sync of unhashed) {
    try {
      await withLeases(database, [sync], () => hashPayloads(database, sync.id, codec), signal);
    } catch (error) {
      if (!(error instanceof PanelsyncError) || error.recovery !== 'busy') throw error;
    }
  }
}

interface StoredPayloadRow {
  readonly key: string;
  readonly payload_hash: string;
  readonly payload: string;
  readonly identity?: string | null;
}

const identityDigits = "replace(identity::text, '-', '') as identity";

function keyedIdentity(identity: string | null | undefined, codec: PayloadCodec): string | null {
  return identity == null ? null : codec.toKeyedIdentity(identity);
}

async function hashSnapshot(client: StateClient, syncId: number, codec: PayloadCodec): Promise<void> {
  const query = {
    text: `select key, replace(payload_hash::text, '-', '') as payload_hash, payload::text as payload,
             ${identityDigits}
           from snapshot join snapshot_fields using (sync_id, key)
           where sync_id = $1 and payload -> 'hashed' is null`,
    values: [syncId],
  };
  for await (const rows of fetchPages<StoredPayloadRow>(client, query)) {
    // The hash of the row as the source wrote it cannot be made again here: one that never matches lets the next run
    // look at the row once, find its payload unchanged, and note the right one.
    await client.query(
      `with hashed as (
         select * from unnest($2::text[], $3::uuid[], $4::text[], $5::uuid[])
           as h (key, payload_hash, stored_payload, identity)
       ), fields as (
         update snapshot_fields f set payload = h.stored_payload::json, identity = h.identity
         from hashed h where f.sync_id = $1 and f.key = h.key
       )
       update snapshot s set row_hash = '${placeholderRowHash}', payload_hash = h.payload_hash
       from hashed h where s.sync_id = $1 and s.key = h.key`,
      [
        syncId,
        rows.map(({ key }) => key),
        rows.map(({ key, payload_hash: hash }) => codec.toKeyedHash(key, hash)),
        rows.map(({ key, payload }) => codec.encode(key, payload)),
        rows.map(({ identity }) => keyedIdentity(identity, codec)),
      ],
    );
  }
}

interface OutboxPayloadRow extends StoredPayloadRow {
  readonly run_id: number;
  readonly seq: number;
}

async function hashOutbox(client: StateClient, syncId: number, codec: PayloadCodec): Promise<void> {
  const query = {
    text: `select run_id, seq, key, replace(payload_hash::text, '-', '') as payload_hash,
             coalesce(stored_payload, payload)::text as payload, ${identityDigits}
           from outbox where run_id in (select id from runs where sync_id = $1)
             and coalesce(stored_payload, payload) -> 'hashed' is null`,
    values: [syncId],
  };
  for await (const rows of fetchPages<OutboxPayloadRow>(client, query)) {
    await client.query(
      `update outbox o set payload_hash = h.payload_hash, stored_payload = h.stored_payload::json,
         identity = h.identity,
         row_hash = case when o.operation in ('mark', 'restore') then o.row_hash else '${placeholderRowHash}' end
       from unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::text[], $5::uuid[])
         as h (run_id, seq, payload_hash, stored_payload, identity)
       where o.run_id = h.run_id and o.seq = h.seq`,
      [
        rows.map(({ run_id: runId }) => runId),
        rows.map(({ seq }) => seq),
        rows.map(({ key, payload_hash: hash }) => codec.toKeyedHash(key, hash)),
        rows.map(({ key, payload }) => codec.encode(key, payload)),
        rows.map(({ identity }) => keyedIdentity(identity, codec)),
      ],
    );
  }
  await client.query(
    `update outbox o set payload = null where o.run_id in (select id from runs where sync_id = $1) and ${bodyNotNeeded}`,
    [syncId],
  );
}

async function hashRejections(client: StateClient, syncId: number, codec: PayloadCodec): Promise<void> {
  const query = {
    text: `select key, replace(payload_hash::text, '-', '') as payload_hash, '' as payload
           from rejections where sync_id = $1 and payload_hash is not null`,
    values: [syncId],
  };
  for await (const rows of fetchPages<StoredPayloadRow>(client, query)) {
    await client.query(
      `update rejections r set payload_hash = h.payload_hash from unnest($2::text[], $3::uuid[]) as h (key, payload_hash)
       where r.sync_id = $1 and r.key = h.key`,
      [syncId, rows.map(({ key }) => key), rows.map(({ key, payload_hash: hash }) => codec.toKeyedHash(key, hash))],
    );
  }
}

/** The Hub's words may repeat what is wrong with a row; what it refused for, and where, stays. */
async function redactHubMessages(client: StateClient, syncId: number): Promise<void> {
  const placeholder = 'The message of the Hub is no longer stored (state.payload: hashed).';
  const redactedErrors = `(
    select jsonb_agg(jsonb_build_object('code', f ->> 'code', 'message', $2::text, 'field', f ->> 'field'))
    from jsonb_array_elements(errors) f)`;
  await client.query(
    `update rejections set message = $2, reason = $2, errors = ${redactedErrors} where sync_id = $1 and refused_by = 'destination'`,
    [syncId, placeholder],
  );
  await client.query(
    `update past_rejections set reason = $2, errors = ${redactedErrors} where sync_id = $1 and refused_by = 'destination'`,
    [syncId, placeholder],
  );
  await client.query(
    `update rejections r set email = null
     where sync_id = $1 and exists (select from runs where id = r.run_id and key_column is not null)`,
    [syncId],
  );
  await client.query(
    'update batches set message = null where message is not null and run_id in (select id from runs where sync_id = $1)',
    [syncId],
  );
}

const bodyNotNeeded = `o.payload is not null and not exists (
    select from (select unnest(b.seqs) as seq from batches b where b.run_id = o.run_id and b.state in ('in_flight', 'unknown')) open
    where open.seq = o.seq)`;

/** Empties the bodies of a run that nobody will send again, where payloads are stored as hashes. */
export async function clearOutboxBodies(client: StateClient, runId: string): Promise<void> {
  await client.query(
    `update outbox o set payload = null
     where o.run_id = $1 and ${bodyNotNeeded}
       and (select s.payload_storage = 'hashed' from runs r join syncs s on s.id = r.sync_id where r.id = $1)`,
    [runId],
  );
}
