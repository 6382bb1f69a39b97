import type pg from 'pg';
import type { InvalidRow, RejectedRow } from '../core/ledger.ts';
import type { Rejection } from '../core/records.ts';
import type { Fault } from '../core/types.ts';
import type { Database } from './database.ts';
import type { PlanScope } from './skips.ts';

interface Refusal {
  readonly key: string;
  readonly email: string | null;
  readonly faults: readonly Fault[];
}

/** One statement for both who refuse; a row refused again keeps the day it was first seen. */
const upsert = `
  insert into rejections as old (sync_id, run_id, seen_run_id, refused_by, key, email, code, message, field, faults,
    payload_hash, destination)
  select $1, $2, $2, $3, f.key, f.email, f.code, f.message, f.field, f.faults, o.payload_hash, r.destination
  from jsonb_to_recordset($4::jsonb) as f (key text, email text, code text, message text, field text, faults jsonb)
    left join outbox o on $3 = 'destination' and o.run_id = $2 and o.key = f.key
    left join runs r on $3 = 'destination' and r.id = $2
  on conflict (sync_id, key) do update set run_id = excluded.run_id, seen_run_id = excluded.seen_run_id,
    refused_by = excluded.refused_by, email = excluded.email, code = excluded.code, message = excluded.message,
    field = excluded.field, faults = excluded.faults, payload_hash = excluded.payload_hash,
    destination = excluded.destination, retry = false, last_seen_at = now(), attempts = old.attempts + 1`;

export async function recordInvalid(
  client: pg.ClientBase,
  scope: PlanScope,
  invalid: readonly InvalidRow[],
): Promise<void> {
  await client.query(upsert, [scope.syncId, scope.runId, 'validation', toJson(invalid)]);
}

export async function recordRejected(
  client: pg.ClientBase,
  scope: PlanScope,
  rejected: readonly RejectedRow[],
): Promise<void> {
  const refusals = rejected.map(({ row, fault }) => {
    const { code, message, field } = fault;
    return { key: row.key, email: emailOf(row.payload), faults: [{ code, message, field }] };
  });
  await client.query(upsert, [scope.syncId, scope.runId, 'destination', toJson(refusals)]);
}

function toJson(refusals: readonly Refusal[]): string {
  return JSON.stringify(
    refusals.map(({ key, email, faults }) => ({
      key: clean(key),
      email: email === null ? null : clean(email),
      ...faults[0],
      faults,
    })),
  );
}

/** Postgres' jsonb holds no NUL characters, which the fault itself tells of, and no halves of a surrogate pair. */
function clean(text: string): string {
  return text.replaceAll(/\0|\p{Cs}/gu, '\uFFFD');
}

function emailOf(payload: string): string | null {
  const { fields } = JSON.parse(payload) as { readonly fields: { readonly email?: string } };
  return fields.email ?? null;
}

/** People whose key came more than once, where all of them are refused for it. */
export async function recordDuplicateRejections(client: pg.ClientBase, scope: PlanScope): Promise<void> {
  await client.query(
    `with repeated as (
       select p.key, case when r.key_column is null then p.key end as email, 'duplicate_key' as code,
         p.rows || ' rows of the model share this key' as message
       from pg_temp.repeated p join runs r on r.id = $2
     )
     insert into rejections as old (sync_id, run_id, seen_run_id, refused_by, key, email, code, message, field, faults)
     select $1, $2, $2, 'validation', key, email, code, message, null,
       jsonb_build_array(jsonb_build_object('code', code, 'message', message, 'field', null))
     from repeated
     on conflict (sync_id, key) do update set run_id = excluded.run_id, seen_run_id = excluded.seen_run_id,
       refused_by = excluded.refused_by, email = excluded.email, code = excluded.code, message = excluded.message,
       field = null, faults = excluded.faults, payload_hash = null, destination = null, retry = false,
       last_seen_at = now(), attempts = old.attempts + 1`,
    [scope.syncId, scope.runId],
  );
}

/** Rejections that this plan met and left alone stay open. */
export async function markRejectedBefore(client: pg.ClientBase, { syncId, runId }: PlanScope): Promise<void> {
  await client.query(
    `update rejections r set seen_run_id = $2 from pg_temp.planned_skips p
     where r.sync_id = $1 and r.key = p.key and p.reason = 'rejected_before'`,
    [syncId, runId],
  );
}

/** Closes rejections of rows that are gone or are now what the snapshot holds; rows about to be sent keep theirs. */
export async function closeRejections(client: pg.ClientBase, { syncId, runId }: PlanScope): Promise<void> {
  await client.query(
    `delete from rejections r where r.sync_id = $1 and r.seen_run_id <> $2
       and not exists (select from outbox o where o.run_id = $2 and o.key = r.key)`,
    [syncId, runId],
  );
}

interface RejectionRow extends Omit<Rejection, 'runId' | 'firstSeenAt' | 'lastSeenAt'> {
  readonly run_id: number;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
}

export async function listRejections(
  database: Database,
  sync: string,
  limit: number | null,
): Promise<readonly Rejection[]> {
  const rows = await database.rows<RejectionRow>({
    text: `select r.email, r.key, r.refused_by as by, r.code, r.message, r.field, r.faults, r.run_id, r.first_seen_at,
             r.last_seen_at, r.attempts, r.retry
           from rejections r join syncs s on s.id = r.sync_id
           where s.name = $1 order by r.refused_by, r.key limit $2`,
    values: [sync, limit],
  });
  return rows.map(({ run_id: runId, first_seen_at: first, last_seen_at: last, ...row }) => ({
    ...row,
    runId: String(runId),
    firstSeenAt: first.toISOString(),
    lastSeenAt: last.toISOString(),
  }));
}

/** Marks what the Hub refused to be tried once more; what we refused is looked at in every run anyway. */
export async function markRetry(database: Database, sync: string, key: string | null): Promise<number> {
  const rows = await database.rows({
    text: `update rejections r set retry = true from syncs s
           where s.id = r.sync_id and s.name = $1 and r.refused_by = 'destination' and ($2::text is null or r.key = $2)
           returning r.key`,
    values: [sync, key],
  });
  return rows.length;
}
