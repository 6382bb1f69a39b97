import { outdateFingerprints } from './tables/fingerprints.ts';
import type { NormalizedPerson } from '../core/ports/hub/baseline.ts';
import type {
  Comparison,
  ComparisonCounts,
  DifferentPerson,
  ComparedPerson,
  RepairResult,
  RepairOptions,
  SnapshotEntry,
  ComparisonVerdict,
} from '../core/ports/hub/comparison.ts';
import { placeholderRowHash } from './tables/baselines.ts';
import { trustAgain } from './trust/lost-state.ts';
import type { StateClient } from './db/state-client.ts';

/** The sync whose snapshot is compared; `line` is the first run that may have moved it since. */
interface ComparisonScope {
  readonly syncId: number;
  readonly firstConcurrentRunId: number;
}

/** Beside the snapshot stands what the Hub's list said, in a table that only this connection sees. */
export async function openComparison(client: StateClient, syncId: number): Promise<Comparison> {
  const { rows } = await client.query<{ line: number }>(
    `select coalesce((select min(id) from runs where sync_id = $1 and status = 'running'),
       greatest((select max(id) from runs), (select max(id) from baselines), 0) + 1) as line`,
    [syncId],
  );
  const scope = { syncId, firstConcurrentRunId: rows[0]?.line ?? 1 };
  await client.query('drop table if exists pg_temp.listed');
  await client.query(
    'create temp table listed (key text collate "C" primary key, verdict text not null, payload_hash uuid, payload json)',
  );
  return {
    snapshotEntries: (people) => lookUpSnapshot(client, scope, people),
    record: (judged) => recordListed(client, judged),
    counts: () => countVerdicts(client, scope),
    missing: (limit) =>
      queryKeys(client, {
        text: `select s.key from snapshot s ${notListed} and s.run_id < $3 order by s.key limit $2`,
        values: [syncId, limit, scope.firstConcurrentRunId],
      }),
    unknown: (limit) =>
      queryKeys(client, {
        text: `select key from pg_temp.listed where verdict = 'unknown' order by key limit $1`,
        values: [limit],
      }),
    different: (limit) => listDifferent(client, syncId, limit),
    repair: (options) => client.transaction(() => repairSnapshot(client, scope, options)),
  };
}

const notListed = 'where s.sync_id = $1 and not exists (select from pg_temp.listed l where l.key = s.key)';

async function lookUpSnapshot(
  client: StateClient,
  { syncId, firstConcurrentRunId }: ComparisonScope,
  people: readonly NormalizedPerson[],
): Promise<readonly SnapshotEntry[]> {
  const { rows } = await client.query<SnapshotEntry>({
    name: 'snapshot_entries',
    text: `select s.key, s.run_id >= $2 as moved, case when s.payload_hash <> l.payload_hash then f.payload::text end as payload
           from unnest($3::text[], $4::uuid[]) as l (key, payload_hash)
           join snapshot s on s.sync_id = $1 and s.key = l.key
           left join snapshot_fields f on f.sync_id = $1 and f.key = l.key`,
    values: [syncId, firstConcurrentRunId, people.map(({ key }) => key), people.map(({ payloadHash }) => payloadHash)],
  });
  return rows;
}

/** The later look counts. What agrees needs no payload. */
async function recordListed(client: StateClient, judged: readonly ComparedPerson[]): Promise<number> {
  const { rows } = await client.query<{ known: number }>({
    name: 'record_compared',
    text: `with recorded as (
        insert into pg_temp.listed as l
        select * from unnest($1::text[], $2::text[], $3::uuid[], $4::json[])
        on conflict (key) do update set verdict = excluded.verdict, payload_hash = excluded.payload_hash,
          payload = excluded.payload
        returning verdict, xmax = 0 as first
      )
      select count(*) as known from recorded where first and verdict <> 'unknown'`,
    values: [
      judged.map(({ key }) => key),
      judged.map(({ verdict }) => verdict),
      judged.map(({ payloadHash }) => payloadHash),
      judged.map(({ verdict, payload }) => (verdict === 'different' ? payload : null)),
    ],
  });
  return rows[0]?.known ?? 0;
}

async function countVerdicts(
  client: StateClient,
  { syncId, firstConcurrentRunId }: ComparisonScope,
): Promise<ComparisonCounts> {
  const { rows } = await client.query<Record<ComparisonVerdict | 'missing' | 'snapshot', number>>(
    `select count(*) filter (where verdict = 'same') as same,
       count(*) filter (where verdict = 'different') as different,
       count(*) filter (where verdict = 'unknown') as unknown,
       count(*) filter (where verdict = 'moved') as moved,
       (select count(*) from snapshot s ${notListed} and s.run_id < $2) as missing,
       (select count(*) from snapshot where sync_id = $1) as snapshot
     from pg_temp.listed`,
    [syncId, firstConcurrentRunId],
  );
  const { same = 0, different = 0, unknown = 0, moved = 0, missing = 0, snapshot = 0 } = rows[0] ?? {};
  return { verdicts: { same, different, unknown, moved }, missing, snapshot };
}

async function listDifferent(client: StateClient, syncId: number, limit: number): Promise<readonly DifferentPerson[]> {
  const { rows } = await client.query<DifferentPerson>(
    `select l.key, f.payload::text as snapshot, l.payload::text as hub
     from pg_temp.listed l join snapshot_fields f on f.sync_id = $1 and f.key = l.key
     where l.verdict = 'different' order by l.key limit $2`,
    [syncId, limit],
  );
  return rows;
}

async function queryKeys(
  client: StateClient,
  query: { readonly text: string; readonly values: unknown[] },
): Promise<readonly string[]> {
  const { rows } = await client.query<{ key: string }>(query);
  return rows.map(({ key }) => key);
}

async function repairSnapshot(
  client: StateClient,
  scope: ComparisonScope,
  options: RepairOptions,
): Promise<RepairResult> {
  await outdateFingerprints(client, scope.syncId);
  const adopted = options.acceptDifferent ? await adoptHubValues(client, scope.syncId) : 0;
  const missing = options.complete ? await removeMissing(client, scope, options.recreate) : nothingRemoved;
  // Nobody of the snapshot is left who is not in the Hub as the snapshot says.
  if (options.complete) await client.query(`update syncs set ${trustAgain} where id = $1`, [scope.syncId]);
  return { different: adopted, ...missing };
}

const nothingRemoved = { withheld: 0, recreated: 0 };

/** The snapshot takes the Hub's values, so the next plan sends whoever differs from the model. */
async function adoptHubValues(client: StateClient, syncId: number): Promise<number> {
  const { rowCount } = await client.query(
    `with taken as (
        select key, payload_hash, payload from pg_temp.listed where verdict = 'different'
      ), fields as (
        update snapshot_fields f set payload = t.payload from taken t where f.sync_id = $1 and f.key = t.key
      )
      update snapshot s set row_hash = '${placeholderRowHash}', payload_hash = t.payload_hash, origin = 'baseline'
      from taken t where s.sync_id = $1 and s.key = t.key`,
    [syncId],
  );
  return rowCount;
}

/** Suppressed, unless they are to be created again; then also those who were suppressed before and are still missing. */
async function removeMissing(
  client: StateClient,
  { syncId, firstConcurrentRunId }: ComparisonScope,
  recreate: boolean,
): Promise<Omit<RepairResult, 'different'>> {
  const { rows } = await client.query<{ gone: number; freed: number }>(
    `with gone as (
        delete from snapshot s ${notListed} and s.run_id < $2 returning s.key
      ), fields as (
        delete from snapshot_fields f using gone where f.sync_id = $1 and f.key = gone.key
      ), suppressed as (
        insert into suppressions (sync_id, key, reason) select $1, key, 'deleted_in_hub' from gone where not $3
        on conflict do nothing
      ), freed as (
        delete from suppressions s ${notListed} and s.reason = 'deleted_in_hub' and $3 returning s.key
      )
      select (select count(*) from gone) as gone, (select count(*) from freed) as freed`,
    [syncId, firstConcurrentRunId, recreate],
  );
  const { gone = 0, freed = 0 } = rows[0] ?? {};
  return recreate ? { withheld: 0, recreated: gone + freed } : { withheld: gone, recreated: 0 };
}
