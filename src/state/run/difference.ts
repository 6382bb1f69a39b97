import type { ForgottenPeople } from '../../core/model/forgotten-people.ts';
import type { Difference, DifferenceOptions } from '../../core/ports/run/plan-store.ts';
import { excludeForgotten } from '../tables/forgotten.ts';
import type { StateClient } from '../db/state-client.ts';

/** The sync whose snapshot is compared. */
export interface ComparedSync {
  readonly id: number;
  /** Snapshot rows of earlier runs count as unknown. */
  readonly resyncBefore: number;
  readonly forgotten: ForgottenPeople | null;
}

interface DifferenceCounts {
  readonly removed: number;
  readonly added: number;
  readonly changed: number;
  readonly snapshot: number;
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
  await client.query('drop table if exists pg_temp.repeated');
  await client.query('create temp table repeated (key text collate "C" primary key, first bigint, rows bigint)');
  let counts = await compareWithSnapshot(client, sync, options.updateOnly);
  let duplicate = 0;
  if (await hasDuplicates(client, options.staged, counts)) {
    duplicate = await removeDuplicates(client, options.duplicates);
    counts = await compareWithSnapshot(client, sync, options.updateOnly);
  }
  const { updateOnly } = options;
  const forgotten =
    sync.forgotten === null ? 0 : await excludeForgotten(client, { id: sync.id, updateOnly }, sync.forgotten);
  const unique = options.staged - duplicate;
  return {
    duplicate,
    unchanged: unique - counts.added - counts.changed,
    notInSnapshot: updateOnly ? counts.added - forgotten : 0,
    forgotten,
    candidates: counts.changed + (updateOnly ? 0 : counts.added),
    removed: counts.removed,
    snapshot: counts.snapshot,
  };
}

async function compareWithSnapshot(
  client: StateClient,
  sync: ComparedSync,
  updateOnly: boolean,
): Promise<DifferenceCounts> {
  await client.query('drop table if exists pg_temp.difference');
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
     full join (select * from snapshot where sync_id = ${sync.id}) n on n.key = s.key
     where s.key is null or n.key is null or s.row_hash <> n.row_hash or n.run_id < ${sync.resyncBefore}`,
  );
  const { rows } = await client.query<DifferenceCounts>(
    `select
       count(*) filter (where position is null and not exists (select from pg_temp.repeated r where r.key = d.key)) as removed,
       count(*) filter (where position is not null and not in_snapshot) as added,
       count(*) filter (where position is not null and in_snapshot) as changed,
       (select count(*) from snapshot where sync_id = $1) as snapshot
     from pg_temp.difference d`,
    [sync.id],
  );
  const [counts] = rows;
  if (counts === undefined) throw new Error('no counts of the difference');
  return counts;
}

/** Known keys: more staged rows met the snapshot than the snapshot has people there. New keys are counted. */
async function hasDuplicates(client: StateClient, staged: number, counts: DifferenceCounts): Promise<boolean> {
  if (staged - counts.added > counts.snapshot - counts.removed) return true;
  if (counts.added < 2) return false;
  const { rows } = await client.query(
    'select from pg_temp.difference where position is not null and not in_snapshot group by key having count(*) > 1 limit 1',
  );
  return rows.length > 0;
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
  return rowCount;
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
