import type { ForgottenPeople } from '../../core/model/forgotten-people.ts';
import { keyHash } from '../../core/model/fingerprints.ts';
import type { BucketFindings, Difference, DifferenceOptions } from '../../core/ports/run/plan-store.ts';
import { excludeForgotten } from '../tables/forgotten.ts';
import type { StateClient } from '../db/state-client.ts';
import { bucketOfKey, isCompared } from '../tables/fingerprints.ts';
import type { BucketNames } from '../tables/fingerprints.ts';

/** The sync whose snapshot is compared. */
export interface ComparedSync {
  readonly id: number;
  /** Snapshot rows of earlier runs count as unknown. */
  readonly resyncBefore: number;
  /** How many people of the changed buckets are in the table `known`; `null`: they are not looked up yet. */
  readonly known: number | null;
  readonly forgotten: ForgottenPeople | null;
}

interface DifferenceCounts {
  /** In the snapshot only. */
  readonly gone: number;
  /** Those of them who are not in the model either under a key that came more than once. */
  readonly removed: number;
  readonly added: number;
  readonly changed: number;
}

/**
 * Stage against snapshot in one statement; what is equal on both sides leaves no trace. Repeated keys show in the
 * counts, so looking for them costs nothing while there are none.
 */
export async function computeDifference(
  client: StateClient,
  sync: ComparedSync,
  options: DifferenceOptions,
): Promise<Difference> {
  const { updateOnly, buckets } = options;
  await client.query('drop table if exists pg_temp.repeated');
  await client.query('create temp table repeated (key text collate "C" primary key, first bigint, rows bigint)');
  const isPartial = buckets !== undefined && buckets.changed !== null;
  const snapshot = isPartial ? buckets.snapshotSize : await countSnapshot(client, sync.id);
  let counts = await compareWithSnapshot(client, sync, options);
  let duplicate = 0;
  if (await hasDuplicates(client, { options, counts, compared: sync.known ?? (isPartial ? null : snapshot) })) {
    duplicate = await removeDuplicates(client, options.duplicates);
    counts = await compareWithSnapshot(client, sync, options);
  }
  const repeated = buckets === undefined || duplicate === 0 ? [] : await bucketsOfRepeated(client, buckets);
  const forgotten =
    sync.forgotten === null ? [] : await excludeForgotten(client, { id: sync.id, updateOnly }, sync.forgotten);
  const unique = options.staged - duplicate;
  const compared = unique - counts.added + counts.gone;
  return {
    duplicate,
    unchanged: unique - counts.added - counts.changed,
    notInSnapshot: updateOnly ? counts.added - forgotten.length : 0,
    forgotten: forgotten.length,
    candidates: counts.changed + (updateOnly ? 0 : counts.added),
    // Of the buckets that were not compared, those who are in the snapshot and not in the model.
    removed: counts.removed + (isPartial ? snapshot - compared - buckets.present : 0),
    snapshot,
    ...(buckets === undefined
      ? {}
      : {
          buckets: {
            unstable: [...repeated, ...forgotten.map((key) => keyHash(key, buckets.keyHash))],
            skipped: updateOnly ? await countNotInSnapshot(client, buckets) : [],
          },
        }),
  };
}

async function compareWithSnapshot(
  client: StateClient,
  sync: ComparedSync,
  { updateOnly, buckets }: DifferenceOptions,
): Promise<DifferenceCounts> {
  await client.query('drop table if exists pg_temp.difference');
  const snapshot =
    sync.known !== null
      ? 'pg_temp.known'
      : `(select * from snapshot where sync_id = ${sync.id} and ${isCompared('key', buckets)})`;
  // Little memory on purpose: hashed in parts that fit the processor's cache, a large panel is joined a fifth faster.
  // Ids are numbers of our own; a create table statement takes no parameters.
  await client.query(
    `set local work_mem = '2MB';
     set local enable_mergejoin = off;
     create temp table difference as
     select coalesce(s.key, n.key) as key, s.row_hash, s.position,
       n.key is not null as in_snapshot,
       n.key is not null and (${String(updateOnly)} or n.run_id >= ${sync.resyncBefore}) as known,
       case when n.run_id >= ${sync.resyncBefore} then n.payload_hash end as payload_hash
     from pg_temp.stage s
     full join ${snapshot} n on n.key = s.key
     where s.key is null or n.key is null or s.row_hash <> n.row_hash or n.run_id < ${sync.resyncBefore}`,
  );
  const { rows } = await client.query<DifferenceCounts>(
    `select
       count(*) filter (where position is null) as gone,
       count(*) filter (where position is null and not exists (select from pg_temp.repeated r where r.key = d.key)) as removed,
       count(*) filter (where position is not null and not in_snapshot) as added,
       count(*) filter (where position is not null and in_snapshot) as changed
     from pg_temp.difference d`,
  );
  const [counts] = rows;
  if (counts === undefined) throw new Error('no counts of the difference');
  return counts;
}

async function countSnapshot(client: StateClient, syncId: number): Promise<number> {
  const { rows } = await client.query<{ people: number }>(
    'select count(*) as people from snapshot where sync_id = $1',
    [syncId],
  );
  return rows[0]?.people ?? 0;
}

/**
 * Known keys: more staged rows met the snapshot than it has people who were compared. New keys are counted. Where nobody
 * has counted the people of a few buckets, their rows are few enough to be counted as a whole.
 */
async function hasDuplicates(
  client: StateClient,
  {
    options,
    counts,
    compared,
  }: { readonly options: DifferenceOptions; readonly counts: DifferenceCounts; readonly compared: number | null },
): Promise<boolean> {
  if (compared === null) return hasRepeatedKey(client, 'stage', 'true');
  if (options.staged - counts.added > compared - counts.gone) return true;
  return counts.added < 2 ? false : hasRepeatedKey(client, 'difference', 'position is not null and not in_snapshot');
}

async function hasRepeatedKey(client: StateClient, table: 'stage' | 'difference', condition: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from pg_temp.${table} where ${condition} group by key having count(*) > 1 limit 1`,
  );
  return rowCount === 1;
}

async function bucketsOfRepeated(client: StateClient, names: BucketNames): Promise<readonly number[]> {
  const { rows } = await client.query<{ bucket: number }>(
    `select distinct ${bucketOfKey('key', names)} as bucket from pg_temp.repeated`,
  );
  return rows.map(({ bucket }) => bucket);
}

/** Rows that update mode skips, by bucket. */
async function countNotInSnapshot(client: StateClient, names: BucketNames): Promise<BucketFindings['skipped']> {
  const { rows } = await client.query<{ bucket: number; rows: number }>(
    `select ${bucketOfKey('key', names)} as bucket, count(*) as rows from pg_temp.difference
     where position is not null and not in_snapshot group by 1`,
  );
  return rows;
}

/** Takes repeated keys out of the stage, but for the first of each when that one counts; returns how many rows. */
async function removeDuplicates(client: StateClient, policy: 'first' | 'reject'): Promise<number> {
  await client.query(
    'insert into pg_temp.repeated select key, min(position), count(*) from pg_temp.stage group by key having count(*) > 1',
  );
  const exceptFirst = policy === 'first' ? 'and s.position <> r.first' : '';
  const { rowCount } = await client.query(
    `delete from pg_temp.stage s using pg_temp.repeated r where s.key = r.key ${exceptFirst}`,
  );
  return rowCount ?? 0;
}

/** After `findDifference` on the same connection. */
export async function unknownKeys(client: StateClient, limit: number): Promise<readonly string[]> {
  const { rows } = await client.query<{ readonly key: string }>(
    `select key from pg_temp.difference where position is not null and not in_snapshot
     group by key order by min(position) limit $1`,
    [limit],
  );
  return rows.map(({ key }) => key);
}
