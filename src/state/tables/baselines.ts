import { outdateFingerprints } from './fingerprints.ts';
import type {
  BaselinePage,
  BaselineRecorder,
  BaselineOptions,
  BaselineState,
  InvalidValueCounts,
  Resumption,
  LocatedUnusableEntry,
  NormalizedPerson,
} from '../../core/ports/hub/baseline.ts';
import { claimForHub } from '../trust/claim-for-hub.ts';
import { trustAgain } from '../trust/lost-state.ts';
import type { TrustContext } from '../trust/trust-context.ts';
import type { StateClient } from '../db/state-client.ts';

/** Older pages may no longer be what the Hub has: the import starts again. */
const maxResumeAge = '24 hours';

/** How many unusable entries are recorded with their reasons. */
const maxListedUnusable = 20;

/** No row has this hash, so the next run compares the payload. */
export const placeholderRowHash = '00000000-0000-0000-0000-000000000000';

interface BaselineRow {
  readonly id: number;
  readonly started_at: Date;
  readonly position: number;
  readonly total: number | null;
  readonly added: number;
  readonly different: number;
  readonly same: number;
  readonly kept: number;
  readonly kept_different: number;
  readonly repeated: number;
  readonly unusable: number;
  readonly returned: number;
  readonly unusable_entries: readonly LocatedUnusableEntry[];
  readonly invalid_values: InvalidValueCounts;
}

const columns =
  'id, started_at, position, total, added, different, same, kept, kept_different, repeated, unusable, returned, unusable_entries, invalid_values';

/** Starts a baseline on the connection that holds the lock, or resumes an interrupted one. */
export async function openBaseline(
  client: StateClient,
  { syncId, hubAddress }: Pick<TrustContext, 'syncId' | 'hubAddress'>,
  start: BaselineOptions,
): Promise<BaselineRecorder> {
  await outdateFingerprints(client, syncId);
  const { resumption, row } = await findResumable(client, syncId, start);
  let state = toState(row ?? (await insertBaseline(client, syncId, start)));
  return {
    initial: state,
    resumption,
    otherPayloads: (people) => readOtherPayloads(client, syncId, people),
    merge: async (part) => (state = await mergePart(client, { syncId, hubAddress, state, start }, part)),
    finish: async () => {
      state = toState(await finishBaseline(client, state.id));
      if (start.replace) await client.query(`update syncs set ${trustAgain} where id = $1`, [syncId]);
      return state;
    },
  };
}

interface ResumableBaseline {
  readonly resumption: Resumption;
  readonly row: BaselineRow | null;
}

async function findResumable(client: StateClient, syncId: number, start: BaselineOptions): Promise<ResumableBaseline> {
  const { rows } = await client.query<BaselineRow & { readonly fits: boolean; readonly old: boolean }>(
    `select ${columns}, (source, input_fingerprint, replace) = ($2, $3, $4) as fits, started_at < now() - $5::interval as old
     from baselines where sync_id = $1 and finished_at is null and position > 0
       and id = (select max(id) from baselines where sync_id = $1)`,
    [syncId, start.source, start.inputFingerprint, start.replace, maxResumeAge],
  );
  const [row] = rows;
  if (row === undefined) return { resumption: 'none', row: null };
  if (start.restart) return { resumption: 'restarted', row: null };
  if (!row.fits) return { resumption: 'other_mark', row: null };
  return row.old ? { resumption: 'too_old', row: null } : { resumption: 'resumed', row };
}

async function insertBaseline(client: StateClient, syncId: number, start: BaselineOptions): Promise<BaselineRow> {
  const { rows } = await client.query<BaselineRow>(
    `insert into baselines (id, sync_id, source, input_fingerprint, replace)
     values (nextval(pg_get_serial_sequence('runs', 'id')), $1, $2, $3, $4) returning ${columns}`,
    [syncId, start.source, start.inputFingerprint, start.replace],
  );
  return onlyRow(rows);
}

async function finishBaseline(client: StateClient, id: string): Promise<BaselineRow> {
  const { rows } = await client.query<BaselineRow>(
    `update baselines set finished_at = now() where id = $1 returning ${columns}`,
    [id],
  );
  return onlyRow(rows);
}

async function readOtherPayloads(
  client: StateClient,
  syncId: number,
  people: readonly NormalizedPerson[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ key: string; payload: string }>({
    name: 'other_payloads',
    text: `select s.key, f.payload::text as payload
           from unnest($2::text[], $3::uuid[]) as l (key, payload_hash)
           join snapshot s on s.sync_id = $1 and s.key = l.key and s.payload_hash <> l.payload_hash
           join snapshot_fields f on f.sync_id = $1 and f.key = l.key`,
    values: [syncId, people.map(({ key }) => key), people.map(({ payloadHash }) => payloadHash)],
  });
  return new Map(rows.map(({ key, payload }) => [key, payload]));
}

interface MergeScope extends Pick<TrustContext, 'syncId' | 'hubAddress'> {
  readonly state: BaselineState;
  readonly start: BaselineOptions;
}

/** One statement: people, counts and position move together. People we sent stay, unless the Hub's values count. */
async function mergePart(client: StateClient, scope: MergeScope, part: BaselinePage): Promise<BaselineState> {
  const { syncId, hubAddress, state, start } = scope;
  const unusableEntries = [...state.unusableEntries, ...part.unusable].slice(0, maxListedUnusable);
  const { rows } = await client.query<BaselineRow>({
    name: 'merge_baseline',
    text: `with listed as (
        select * from unnest($3::text[], $4::uuid[], $5::json[], $13::boolean[]) as l (key, payload_hash, payload, same)
      ), compared as (
        select l.key, l.payload_hash, l.payload, coalesce(s.payload_hash = l.payload_hash, false) as identical,
          l.same or coalesce(s.payload_hash = l.payload_hash, false) as same,
          case when s.key is null then 'added'
            when s.run_id = $1 then 'repeated'
            when s.run_id > $1 or (s.origin = 'sent' and not $6) then 'kept'
            else 'known' end as verdict
        from listed l left join snapshot s on s.sync_id = $2 and s.key = l.key
      ), known as (
        insert into snapshot as s (sync_id, key, row_hash, payload_hash, run_id, origin)
        select $2, key, '${placeholderRowHash}', payload_hash, $1, 'baseline' from compared where verdict in ('added', 'known')
        on conflict (sync_id, key) do update set payload_hash = excluded.payload_hash, run_id = excluded.run_id,
          origin = excluded.origin,
          row_hash = case when s.payload_hash = excluded.payload_hash then s.row_hash else excluded.row_hash end
      ), fields as (
        insert into snapshot_fields (sync_id, key, payload)
        select $2, key, payload from compared where verdict in ('added', 'known') and not identical
        on conflict (sync_id, key) do update set payload = excluded.payload
      ), hub as (
        ${claimForHub('exists (select from listed)', '$2', '$14')}
      ), returned as (
        delete from suppressions w using listed l
        where w.sync_id = $2 and w.key = l.key and w.reason = 'deleted_in_hub' returning w.key
      ), counted as (
        select count(*) filter (where verdict = 'added') as added,
          count(*) filter (where verdict = 'known' and not same) as different,
          count(*) filter (where verdict = 'known' and same) as same,
          count(*) filter (where verdict = 'kept') as kept,
          count(*) filter (where verdict = 'kept' and not same) as kept_different,
          count(*) filter (where verdict = 'repeated') as repeated
        from compared
      )
      update baselines b set position = $7, total = coalesce($8, b.total), added = b.added + c.added,
        different = b.different + c.different, same = b.same + c.same, kept = b.kept + c.kept,
        kept_different = b.kept_different + c.kept_different, repeated = b.repeated + c.repeated + $9,
        unusable = b.unusable + $10, returned = b.returned + (select count(*) from returned),
        unusable_entries = $11, invalid_values = $12
      from counted c where b.id = $1
      returning ${columns.replaceAll(/\w+/g, 'b.$&')}`,
    values: [
      state.id,
      syncId,
      part.people.map(({ key }) => key),
      part.people.map(({ payloadHash }) => payloadHash),
      part.people.map(({ payload }) => payload),
      start.replace,
      part.position,
      part.total,
      part.repeated,
      part.unusable.length,
      JSON.stringify(unusableEntries),
      JSON.stringify(addInvalidValues(state.invalidValues, part.invalidValues)),
      part.people.map(({ key }) => part.same.has(key)),
      hubAddress,
    ],
  });
  return toState(onlyRow(rows));
}

function addInvalidValues(totals: InvalidValueCounts, added: InvalidValueCounts): InvalidValueCounts {
  const result: Record<string, number> = { ...totals };
  for (const [name, count] of Object.entries(added)) result[name] = (result[name] ?? 0) + count;
  return result;
}

function toState(row: BaselineRow): BaselineState {
  const { id, started_at, position, total, unusable_entries, invalid_values, kept_different, ...rest } = row;
  const { added, different, same, kept, repeated, unusable, returned } = rest;
  return {
    id: String(id),
    startedAt: started_at.toISOString(),
    position,
    total,
    counts: { added, different, same, kept, keptDifferent: kept_different, repeated, unusable, returned },
    unusableEntries: unusable_entries,
    invalidValues: invalid_values,
  };
}

function onlyRow<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('the baseline is not on record');
  return row;
}
