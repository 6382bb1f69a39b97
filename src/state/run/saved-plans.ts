import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import { isHashedPayload } from '../../core/model/payload-codec.ts';
import type {
  SavedChange,
  DriftedPerson,
  PeopleDrift,
  SnapshotVersion,
} from '../../core/model/saved-plan/saved-plan.ts';
import { parsePayload } from '../../core/model/participant.ts';
import type { ChangeOperation } from '../../core/model/terms.ts';
import type { SavedPlans } from '../../core/ports/run/saved-plans.ts';
import { fetchPages } from '../db/cursor.ts';
import type { Database } from '../db/database.ts';
import type { StateClient } from '../db/state-client.ts';
import { approvePlan, readWaitingPlan } from '../tables/saved-plans.ts';

/** People who are named, of each kind. */
const maxSamplePerKind = 5;

interface SavedPlanScope {
  readonly database: Database;
  readonly syncId: number;
  readonly codec: PayloadCodec;
}

/** Saved plans beside the snapshot and the outbox; both sides are compared on the connection that holds the lock. */
export function openSavedPlans(client: StateClient, scope: SavedPlanScope): SavedPlans {
  const { database, codec } = scope;
  return {
    snapshotVersion: () => readSnapshotVersion(scope),
    waiting: (runId) => readWaitingPlan(database, runId),
    compare: (runId, saved) =>
      'runId' in saved
        ? findDrift(client, betweenRuns(saved.runId, runId), codec)
        : compareWithFile(client, { runId, saved, codec }),
    approve: (approval) => approvePlan(database, approval),
  };
}

interface VersionRow {
  readonly run: number | null;
  readonly is_run: boolean;
  readonly people: number;
  readonly content: string;
  readonly resync_before: number;
}

async function readSnapshotVersion({ database, syncId }: SavedPlanScope): Promise<SnapshotVersion> {
  const [row] = await database.query<VersionRow>({
    text: `select resync_before, version.*, exists (select from runs where id = version.run) as is_run
           from syncs cross join (
             select count(*) as people, max(run_id) as run,
               coalesce(sum(uuid_hash_extended(payload_hash, hashtextextended(key, 0))::numeric), 0)::text as content
             from snapshot where sync_id = $1
           ) version
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

/** The two sides of a comparison, as relations with the columns of `ComparedChange`. */
interface ComparedSides {
  readonly saved: string;
  readonly planned: string;
}

function betweenRuns(savedRunId: string, runId: string): ComparedSides {
  const changes = (run: string): string =>
    `(select key as plan_key, operation, payload_hash, coalesce(payload, stored_payload)::text as payload, key
      from outbox where run_id = ${Number(run)})`;
  return { saved: changes(savedRunId), planned: changes(runId) };
}

interface FileComparison {
  readonly runId: string;
  readonly saved: AsyncIterable<readonly SavedChange[]>;
  readonly codec: PayloadCodec;
}

/** In tables, because neither side may fit into memory. */
async function compareWithFile(client: StateClient, { runId, saved, codec }: FileComparison): Promise<PeopleDrift> {
  for (const side of ['saved', 'planned']) {
    await client.query(
      `create temp table ${side}_changes
         (plan_key text collate "C", operation text, payload_hash uuid, payload text, key text collate "C")`,
    );
  }
  for await (const changes of saved) await insertChanges(client, 'saved', changes);
  await client.query('begin');
  for await (const changes of plannedChanges(client, runId, codec)) await insertChanges(client, 'planned', changes);
  await client.query('commit');
  const drift = await findDrift(client, { saved: 'pg_temp.saved_changes', planned: 'pg_temp.planned_changes' }, codec);
  await client.query('drop table saved_changes, planned_changes');
  return drift;
}

interface ComparedChange extends SavedChange {
  readonly clearKey?: string;
}

async function* plannedChanges(
  client: StateClient,
  runId: string,
  codec: PayloadCodec,
): AsyncGenerator<readonly ComparedChange[]> {
  const query = {
    text: `select key, operation, replace(payload_hash::text, '-', '') as "payloadHash", payload::text as payload
           from outbox where run_id = $1`,
    values: [runId],
  };
  for await (const rows of fetchPages<SavedChange>(client, query)) {
    yield rows.map((row) => ({ ...row, key: codec.planKey(row.key), clearKey: row.key }));
  }
}

async function insertChanges(
  client: StateClient,
  side: 'saved' | 'planned',
  changes: readonly ComparedChange[],
): Promise<void> {
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

async function findDrift(client: StateClient, sides: ComparedSides, codec: PayloadCodec): Promise<PeopleDrift> {
  const counts = await countDrift(client, sides);
  const sample = counts.more + counts.less + counts.different === 0 ? [] : await sampleDrift(client, sides, codec);
  return { ...counts, sample };
}

/** Both sides by person, where they are not the same; what marks a person stands beside their row. */
function drifted({ saved, planned }: ComparedSides): string {
  return `${saved} k full join ${planned} p on p.plan_key = k.plan_key
      and (p.operation in ('mark', 'restore')) = (k.operation in ('mark', 'restore'))
    where (k.operation, k.payload_hash) is distinct from (p.operation, p.payload_hash)`;
}

async function countDrift(client: StateClient, sides: ComparedSides): Promise<Omit<PeopleDrift, 'sample'>> {
  const { rows } = await client.query<Omit<PeopleDrift, 'sample'>>(
    `select count(*) filter (where k.operation is null) as more, count(*) filter (where p.operation is null) as less,
       count(*) filter (where k.operation is not null and p.operation is not null) as different
     from ${drifted(sides)}`,
  );
  const [counts] = rows;
  if (counts === undefined) throw new Error('no counts of the comparison');
  return counts;
}

interface DriftRow {
  readonly plan_key: string;
  readonly key: string | null;
  readonly planned: ChangeOperation | null;
  readonly now: ChangeOperation | null;
  readonly payload_planned: string | null;
  readonly payload_now: string | null;
}

async function sampleDrift(
  client: StateClient,
  sides: ComparedSides,
  codec: PayloadCodec,
): Promise<readonly DriftedPerson[]> {
  const { rows } = await client.query<DriftRow>(
    `select * from (
       select coalesce(k.plan_key, p.plan_key) as plan_key, coalesce(p.key, k.key) as key, k.operation as planned, p.operation as "now",
         k.payload as payload_planned, p.payload as payload_now,
         row_number() over (partition by k.operation is null, p.operation is null order by coalesce(k.plan_key, p.plan_key)) as position
       from ${drifted(sides)}
     ) placed
     where position <= $1
     order by planned is null desc, "now" is null desc, plan_key`,
    [maxSamplePerKind],
  );
  return rows.map((row) => toDriftedPerson(row, codec));
}

function toDriftedPerson(row: DriftRow, codec: PayloadCodec): DriftedPerson {
  const { plan_key: planKey, planned, now, payload_planned: before, payload_now: after } = row;
  const key = row.key ?? (codec.payload === 'hashed' ? null : planKey);
  const readable = [after, before].find((payload) => payload !== null && !isHashedPayload(payload)) ?? null;
  const email = readable === null ? key : (parsePayload(readable).fields.email ?? key);
  const fields = key !== null && before !== null && after !== null ? codec.diff(key, before, after) : {};
  return { email, planned, now, fields };
}
