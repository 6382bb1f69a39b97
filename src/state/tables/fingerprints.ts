import { Fingerprints, keyHash } from '../../core/model/fingerprints.ts';
import type { KeyHash } from '../../core/model/fingerprints.ts';
import type { FingerprintStore, NewFingerprints } from '../../core/ports/run/fingerprint-store.ts';
import type { BucketSelection } from '../../core/ports/run/plan-store.ts';
import type { StateClient } from '../db/state-client.ts';
import type { Database } from '../db/database.ts';
import { batchTotals, unacceptedRows } from '../run/run-counts.ts';

/** A text whose hash tells whether this database hashes keys as we do. */
const sample = 'panelsync@example.test';

/** Changes are added to the buckets until they come to this part of them: reading them costs every run a little. */
const changesPart = 8;

/** In the binary form of COPY, before the first value: signature, flags, extension; number of values, and its length. */
const bytesBeforeValue = 19 + 2 + 4;

/** In SQL: the bucket of a key, as `Fingerprints.bucketOf(keyHash(key, by))` names it. */
export function bucketOfKey(key: string, { keyHash: by, bits }: BucketNames): string {
  const hash =
    by === 'hashtext'
      ? `hashtext(${key})`
      : `('x' || left(encode(sha256(convert_to(${key}, 'UTF8')), 'hex'), 8))::bit(32)::integer`;
  return `(${hash} & ${2 ** bits - 1})`;
}

/** How buckets are named. */
export interface BucketNames {
  readonly keyHash: KeyHash;
  readonly bits: number;
}

/**
 * In SQL: whether the plan has compared whoever has this key with the model, be it with all others of their bucket or
 * alone. On the connection that holds the stage.
 */
export function isCompared(key: string, buckets: BucketSelection | undefined): string {
  const inBucket = inChangedBuckets(key, buckets);
  return buckets?.hasSingleRows === true ? `(${inBucket} or ${key} in (select key from pg_temp.stage))` : inBucket;
}

/** In SQL: whether a key is in one of the buckets that are compared as a whole. */
function inChangedBuckets(key: string, buckets: BucketSelection | undefined): string {
  if (buckets === undefined || buckets.changed === null) return 'true';
  // Spares a look at every person of the snapshot.
  if (!buckets.changed.some((byte) => byte !== 0)) return 'false';
  return `get_bit('\\x${buckets.changed.toString('hex')}'::bytea, ${bucketOfKey(key, buckets)}) = 1`;
}

/** The snapshot has an index by so many bits of the hash of the key (`snapshot_by_bucket`). */
const indexedBits = 18;

/** So many hashes are listed at most; for more, everybody is looked at. */
const maxHashes = 8192;

/** In SQL: the people of a snapshot who are in the buckets that are compared as a whole, as a query. */
export function peopleInBuckets(columns: string, syncId: number, buckets: BucketSelection): string {
  const hashes = indexedHashes(buckets);
  const hash = bucketOfKey('key', { keyHash: 'hashtext', bits: indexedBits });
  const isInBucket =
    hashes === null ? inChangedBuckets('key', buckets) : `${hash} = any('{${hashes.join(',')}}'::integer[])`;
  return `select ${columns} from snapshot n where sync_id = ${syncId} and ${isInBucket}`;
}

/** In SQL: the people of a snapshot who are staged alone, as a query. */
export function peopleStagedAlone(columns: string, syncId: number, buckets: BucketSelection): string {
  return `select ${columns} from pg_temp.stage s
    join snapshot n using (key)
    where n.sync_id = ${syncId} and not ${inChangedBuckets('key', buckets)}`;
}

/** What the index has of the keys in these buckets; `null`: too many, or no buckets to look in. */
function indexedHashes({ keyHash: by, bits, changed }: BucketSelection): readonly number[] | null {
  if (by !== 'hashtext' || changed === null || bits > indexedBits) return null;
  const hashesPerBucket = 2 ** (indexedBits - bits);
  const hashes: number[] = [];
  for (const [at, byte] of changed.entries()) {
    if (byte === 0) continue;
    for (let bit = 0; bit < 8; bit += 1) {
      if ((byte & (1 << bit)) === 0) continue;
      if (hashes.length + hashesPerBucket > maxHashes) return null;
      for (let part = 0; part < hashesPerBucket; part += 1) hashes.push(8 * at + bit + part * 2 ** bits);
    }
  }
  return hashes;
}

/** Whether there is anything to compare. */
export function hasChanged(buckets: BucketSelection | undefined): boolean {
  return inChangedBuckets('key', buckets) !== 'false' || buckets?.hasSingleRows === true;
}

interface FingerprintRow {
  readonly generation: number;
  readonly sample_hash: number;
  /** These are null together. */
  readonly context: string | null;
  readonly snapshot_size: number;
  readonly run_id: string;
  readonly bytes: number;
  readonly changes: Buffer;
}

export function openFingerprints(database: Database, syncId: number): FingerprintStore {
  return {
    load: async (context) => {
      const [row] = await database.query<FingerprintRow>({
        text: `select s.fingerprint_generation as generation, hashtext($2::text collate "C") as sample_hash,
                 f.context, f.snapshot_size, f.run_id::text, length(f.buckets) as bytes, f.changes
               from syncs s
                 left join fingerprints f on f.sync_id = s.id and f.generation = s.fingerprint_generation
               where s.id = $1`,
        values: [syncId, sample],
      });
      if (row === undefined) throw new Error(`sync ${syncId} is not on record`);
      const { generation, snapshot_size: snapshotSize, run_id: runId, bytes, changes } = row;
      const isUsable = row.context === context && row.sample_hash === keyHash(sample, 'hashtext');
      if (!isUsable) return { generation, remembered: null };
      const buckets = await readBuckets(database, syncId, bytes);
      const fingerprints = buckets === null ? null : Fingerprints.fromBytes(buckets, changes);
      if (fingerprints === null) return { generation, remembered: null };
      return { generation, remembered: { fingerprints, snapshotSize, runId, changeBytes: changes.length } };
    },
  };
}

/**
 * Copied in the binary form: as a value of a query they would be a text first, and those of millions of rows would show
 * in the memory of the process. `null` where they are gone: only runs write them, and this one has the lock.
 */
async function readBuckets(database: Database, syncId: number, bytes: number): Promise<Buffer | null> {
  const buckets = Buffer.alloc(bytes);
  let position = -bytesBeforeValue;
  const statement = `copy (select buckets from fingerprints where sync_id = ${syncId}) to stdout (format binary)`;
  await database.transaction(async (client) => {
    for await (const chunk of client.copyOut(statement)) {
      chunk.copy(buckets, Math.max(0, position), Math.max(0, -position));
      position += chunk.length;
    }
  });
  return position < bytes ? null : buckets;
}

/**
 * For whoever is not a run and writes what runs rely on (the snapshot, suppressions, forgotten people, the line of a
 * resync): before or together with that. The next run compares every row. With `null`, of all syncs.
 */
export async function outdateFingerprints(client: Pick<StateClient, 'query'>, syncId: number | null): Promise<void> {
  await client.query(
    'update syncs set fingerprint_generation = fingerprint_generation + 1 where $1::integer is null or id = $1',
    [syncId],
  );
}

/**
 * Before a run changes what the fingerprints speak of: until it ends, and should it never end, they are not believed any
 * more. They stay, so that a run that changes few of them has little to write.
 */
export async function clearFingerprints(client: StateClient, syncId: number): Promise<void> {
  await client.query('update fingerprints set generation = null where sync_id = $1', [syncId]);
}

/**
 * In SQL: what is to be remembered of a run, if anything. $1 to $5 are the run, the context, the bytes, the generation,
 * and how many people were in the snapshot before.
 */
const remembering = `ended as (
     select s.id as sync_id, $4::bigint as generation, $2::text as context, r.id as run_id,
       case when exists (select from outbox where run_id = $1 and operation = 'insert')
         then (select count(*) from snapshot where sync_id = s.id) else $5 end as snapshot_size, $3::bytea as bytes
     from runs r join syncs s on s.id = r.sync_id
     where r.id = $1 and s.fingerprint_generation = $4
       and not exists (
         select from batches b join runs u on u.id = b.run_id where u.sync_id = s.id and b.state = 'unknown'
       )
   )`;

const replaceBuckets = `with ${remembering}
   insert into fingerprints (sync_id, generation, context, run_id, snapshot_size, buckets)
   select * from ended
   on conflict (sync_id) do update set generation = excluded.generation, context = excluded.context,
     run_id = excluded.run_id, snapshot_size = excluded.snapshot_size, buckets = excluded.buckets, changes = ''`;

/** Where there is still what the run compared with. */
const addChanges = `with ${remembering}
   update fingerprints f set generation = e.generation, run_id = e.run_id, snapshot_size = e.snapshot_size,
     changes = f.changes || e.bytes
   from ended e where f.sync_id = e.sync_id and f.run_id = $6`;

/**
 * Remembers the buckets of a run that is being finished, but for those of rows that it did not bring to an end. Nothing
 * is remembered where somebody else has written meanwhile, nor while a batch has an unknown outcome: resolving it moves
 * the snapshot. What takes long is done only where there is need: the rows are looked at where some were not accepted,
 * the snapshot is counted where the run has added to it.
 * Returns how many bytes were written.
 */
export async function storeFingerprints(
  client: StateClient,
  runId: string,
  remembered: NewFingerprints | undefined,
): Promise<number> {
  if (remembered === undefined) return 0;
  const { context, generation, snapshotBefore, keyHash: by, fingerprints, former } = remembered;
  const { rows } = await client.query<{ bucket: number }>(
    `select distinct ${bucketOfKey('o.key', { keyHash: by, bits: fingerprints.bits })} as bucket from outbox o
       join runs r on r.id = o.run_id
       left join snapshot n on n.sync_id = r.sync_id and n.key = o.key and n.run_id = o.run_id
     where o.run_id = $1 and o.operation in ('insert', 'update') and n.key is null
       and (select ${unacceptedRows} > 0 from runs r, (${batchTotals} = $1) t where r.id = $1)`,
    [runId],
  );
  for (const { bucket } of rows) fingerprints.markUnstable(bucket);
  const buckets = fingerprints.toBytes();
  const changes = former === null ? null : fingerprints.changesSince(former.fingerprints);
  const fits =
    former !== null && changes !== null && former.changeBytes + changes.length <= buckets.length / changesPart;
  const bytes = fits ? changes : buckets;
  const values = [runId, context, bytes, generation, snapshotBefore];
  const { rowCount } = fits
    ? await client.query(addChanges, [...values, former.runId])
    : await client.query(replaceBuckets, values);
  return rowCount === 0 ? 0 : bytes.length;
}
