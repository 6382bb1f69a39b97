import type pg from 'pg';
import type { Keeping } from '../../core/model/payload-codec.ts';
import type { KeptChange, KeptPlans, MovedPerson, PeopleMoved, SnapshotMark } from '../../core/model/saved-plan.ts';
import { readPayload } from '../../core/model/participant.ts';
import type { Operation } from '../../core/model/terms.ts';
import { pagesOf } from '../db/cursor.ts';
import type { Database } from '../db/database.ts';
import { told } from '../db/database.ts';

const pageRows = 2000;

/** People who are named, of each kind. */
const named = 5;

interface Scope {
  readonly database: Database;
  readonly syncId: number;
  readonly keeping: Keeping;
}

/** Kept plans beside the snapshot and the outbox; both sides are compared on the connection that holds the lock. */
export function openKeptPlans(client: pg.ClientBase, scope: Scope): KeptPlans {
  return {
    mark: () => snapshotMark(scope),
    compare: (runId, kept) => told(compare(client, { runId, kept, keeping: scope.keeping })),
  };
}

interface MarkRow {
  readonly run: number | null;
  readonly is_run: boolean;
  readonly people: number;
  readonly content: string;
  readonly resync_before: number;
}

async function snapshotMark({ database, syncId }: Scope): Promise<SnapshotMark> {
  const [row] = await database.rows<MarkRow>({
    text: `select resync_before, mark.*, exists (select from runs where id = mark.run) as is_run
           from syncs cross join (
             select count(*) as people, max(run_id) as run,
               coalesce(sum(uuid_hash_extended(payload_hash, hashtextextended(key, 0))::numeric), 0)::text as content
             from snapshot where sync_id = $1
           ) mark
           where id = $1`,
    values: [syncId],
  });
  if (row === undefined) throw new Error(`sync ${syncId} is not on record`);
  return {
    run: row.run === null ? null : String(row.run),
    by: row.is_run ? 'run' : 'baseline',
    people: row.people,
    content: row.content,
    resyncBefore: String(row.resync_before),
  };
}

interface Comparison {
  readonly runId: string;
  readonly kept: AsyncIterable<readonly KeptChange[]>;
  readonly keeping: Keeping;
}

/** In tables, because neither side may fit into memory. */
async function compare(client: pg.ClientBase, { runId, kept, keeping }: Comparison): Promise<PeopleMoved> {
  for (const side of ['kept', 'planned']) {
    await client.query(
      `create temp table ${side}_changes
         (plan_key text collate "C", operation text, payload_hash uuid, payload text, key text collate "C")`,
    );
  }
  for await (const changes of kept) await add(client, 'kept', changes);
  await client.query('begin');
  for await (const changes of plannedChanges(client, runId, keeping)) await add(client, 'planned', changes);
  await client.query('commit');
  const counts = await countMoved(client);
  const sample = counts.more + counts.less + counts.different === 0 ? [] : await sampleMoved(client, keeping);
  await client.query('drop table kept_changes, planned_changes');
  return { ...counts, sample };
}

interface ComparedChange extends KeptChange {
  readonly clearKey?: string;
}

async function* plannedChanges(
  client: pg.ClientBase,
  runId: string,
  keeping: Keeping,
): AsyncGenerator<readonly ComparedChange[]> {
  const query = {
    text: `select key, operation, replace(payload_hash::text, '-', '') as "payloadHash", payload::text as payload
           from outbox where run_id = $1`,
    values: [runId],
  };
  for await (const rows of pagesOf<KeptChange>(client, query, pageRows)) {
    yield rows.map((row) => ({ ...row, key: keeping.planKey(row.key), clearKey: row.key }));
  }
}

async function add(client: pg.ClientBase, side: 'kept' | 'planned', changes: readonly ComparedChange[]): Promise<void> {
  await client.query(
    `insert into pg_temp.${side}_changes
     select * from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::text[])`,
    [
      changes.map(({ key }) => key),
      changes.map(({ operation }) => operation),
      changes.map(({ payloadHash }) => payloadHash),
      changes.map(({ payload }) => payload),
      changes.map(({ clearKey }) => clearKey ?? null),
    ],
  );
}

/** Both sides by person, where they are not the same. */
const moved = `pg_temp.kept_changes k full join pg_temp.planned_changes p using (plan_key)
  where (k.operation, k.payload_hash) is distinct from (p.operation, p.payload_hash)`;

async function countMoved(client: pg.ClientBase): Promise<Omit<PeopleMoved, 'sample'>> {
  const { rows } = await client.query<Omit<PeopleMoved, 'sample'>>(
    `select count(*) filter (where k.operation is null) as more, count(*) filter (where p.operation is null) as less,
       count(*) filter (where k.operation is not null and p.operation is not null) as different
     from ${moved}`,
  );
  const [counts] = rows;
  if (counts === undefined) throw new Error('no counts of the comparison');
  return counts;
}

interface MovedRow {
  readonly plan_key: string;
  readonly key: string | null;
  readonly planned: Operation | null;
  readonly now: Operation | null;
  readonly payload_planned: string | null;
  readonly payload_now: string | null;
}

async function sampleMoved(client: pg.ClientBase, keeping: Keeping): Promise<readonly MovedPerson[]> {
  const { rows } = await client.query<MovedRow>(
    `select * from (
       select plan_key, p.key, k.operation as planned, p.operation as "now", k.payload as payload_planned, p.payload as payload_now,
         row_number() over (partition by k.operation is null, p.operation is null order by plan_key) as place
       from ${moved}
     ) placed
     where place <= $1
     order by planned is null desc, "now" is null desc, plan_key`,
    [named],
  );
  return rows.map((row) => movedPerson(row, keeping));
}

function movedPerson(row: MovedRow, keeping: Keeping): MovedPerson {
  const { plan_key: planKey, planned, now, payload_planned: before, payload_now: after } = row;
  const key = row.key ?? (keeping.payload === 'hashed' ? null : planKey);
  const payload = after ?? before;
  const email = payload === null ? key : (readPayload(payload).fields.email ?? key);
  const fields = key !== null && before !== null && after !== null ? keeping.changes(key, before, after) : {};
  return { email, planned, now, fields };
}
