import type { InvalidRow } from '../../core/ports/run/plan-store.ts';
import type { OutboxRow, RejectedRow } from '../../core/ports/run/ledger.ts';
import type { Rejection } from '../../core/ports/row-lists.ts';
import { sharedReason } from '../../core/model/redaction/redaction.ts';
import type { RowError } from '../../core/model/terms.ts';
import type { Database } from '../db/database.ts';
import type { PlanScope } from './skips.ts';
import type { StateClient } from '../db/state-client.ts';

interface RejectionInput {
  readonly key: string;
  readonly email: string | null;
  readonly errors: readonly RowError[];
  /** The row that the Hub refused, whose values are no part of the reason. */
  readonly sent?: OutboxRow;
}

/** Errors that are replaced by others stay in the timeline of the person. */
const errorsChanged = '(old.refused_by, old.errors) is distinct from (excluded.refused_by, excluded.errors)';

/** One statement for all who refuse; a row refused again keeps the day it was first seen. */
const upsertFrom = (source: string): string => `
  with refused as (
    select f.key, f.code, f.message, f.field, f.reason, f.errors, o.payload_hash,
      case when $3 = 'destination' then r.destination end as destination,
      case when r.key_column is null or s.payload_storage = 'full' then f.email end as email
    from ${source}
      join runs r on r.id = $2 join syncs s on s.id = $1
      left join outbox o on $3 = 'destination' and o.run_id = $2 and o.key = f.key and o.operation in ('insert', 'update')
  ), past as (
    insert into past_rejections (sync_id, key, refused_by, errors, reason, from_run_id, until_run_id)
    select old.sync_id, old.key, old.refused_by, old.errors, old.reason, old.from_run_id, $2
    from rejections old join refused on old.sync_id = $1 and old.key = refused.key
    where (old.refused_by, old.errors) is distinct from ($3, refused.errors)
  )
  insert into rejections as old (sync_id, run_id, seen_run_id, from_run_id, refused_by, key, email, code, message, field,
    reason, errors, payload_hash, destination)
  select $1, $2, $2, $2, $3, key, email, code, message, field, reason, errors, payload_hash, destination from refused
  on conflict (sync_id, key) do update set run_id = excluded.run_id, seen_run_id = excluded.seen_run_id,
    from_run_id = case when ${errorsChanged} then excluded.run_id else old.from_run_id end,
    refused_by = excluded.refused_by, email = excluded.email, code = excluded.code, message = excluded.message,
    field = excluded.field, reason = excluded.reason, errors = excluded.errors, payload_hash = excluded.payload_hash,
    destination = excluded.destination, retry = false, last_seen_at = now(), attempts = old.attempts + 1`;

const upsert = upsertFrom(
  'jsonb_to_recordset($4::jsonb) as f (key text, email text, code text, message text, field text, reason text, errors jsonb)',
);

/** Keeps what a statement calls `closed`; its second parameter is the run that closed it. */
const archiveClosed = `
  insert into past_rejections (sync_id, key, refused_by, errors, reason, from_run_id, until_run_id)
  select sync_id, key, refused_by, errors, reason, from_run_id, $2 from closed`;

export async function recordInvalid(
  client: StateClient,
  scope: PlanScope,
  invalid: readonly InvalidRow[],
): Promise<void> {
  await client.query(upsert, [scope.syncId, scope.runId, 'validation', toJson(invalid)]);
}

export async function recordRejected(
  client: StateClient,
  scope: PlanScope,
  rejected: readonly RejectedRow[],
): Promise<void> {
  const inputs = rejected.map(({ row, error }) => {
    const { code, message, field } = error;
    return { key: row.key, email: readEmail(row.payload), errors: [{ code, message, field }], sent: row };
  });
  await client.query(upsert, [scope.syncId, scope.runId, 'destination', toJson(inputs)]);
}

function toJson(inputs: readonly RejectionInput[]): string {
  return JSON.stringify(
    inputs.map(({ key, email, errors, sent }) => ({
      key: toJsonbText(key),
      email: email === null ? null : toJsonbText(email),
      ...errors[0],
      reason: toJsonbText(sharedReason(errors[0]?.message ?? '', sent === undefined ? [] : [sent])),
      errors,
    })),
  );
}

/** jsonb takes no NUL characters, which the validation error reports anyway, and no halves of a surrogate pair. */
function toJsonbText(text: string): string {
  return text.replaceAll(/\0|\p{Cs}/gu, '\uFFFD');
}

function readEmail(payload: string): string | null {
  const { fields } = JSON.parse(payload) as { readonly fields: { readonly email?: string } };
  return fields.email ?? null;
}

/** People whose key came more than once, where all of them are refused for it. */
export async function recordDuplicateRejections(client: StateClient, scope: PlanScope): Promise<void> {
  await client.query(
    upsertFrom(`(
      select key, case when (select key_column is null from runs where id = $2) then key end as email, code, message, null::text as field,
        '… rows of the model share this key' as reason,
        jsonb_build_array(jsonb_build_object('code', code, 'message', message, 'field', null)) as errors
      from (
        select key, 'duplicate_key' as code, rows || ' rows of the model share this key' as message
        from pg_temp.repeated
      ) repeated
    ) f`),
    [scope.syncId, scope.runId, 'validation'],
  );
}

/** Rejections that this plan met and left alone stay open. */
export async function markPreviouslyRejected(client: StateClient, { syncId, runId }: PlanScope): Promise<void> {
  await client.query(
    `update rejections r set seen_run_id = $2 from pg_temp.planned_skips p
     where r.sync_id = $1 and r.key = p.key and p.reason = 'rejected_before'`,
    [syncId, runId],
  );
}

/** Closes rejections of rows that are gone or are now what the snapshot holds; rows about to be sent keep theirs. */
export async function closeRejections(client: StateClient, { syncId, runId }: PlanScope): Promise<void> {
  await client.query(
    `with closed as (
       delete from rejections r where r.sync_id = $1 and r.seen_run_id <> $2
         and not exists (select from outbox o where o.run_id = $2 and o.key = r.key and o.operation in ('insert', 'update'))
       returning *
     ) ${archiveClosed}`,
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
  { limit, reason }: { readonly limit: number | null; readonly reason: string | null },
): Promise<readonly Rejection[]> {
  const rows = await database.query<RejectionRow>({
    text: `select r.email, r.key, r.refused_by as by, r.code, r.message, r.field, r.errors as faults, r.run_id, r.first_seen_at,
             r.last_seen_at, r.attempts, r.retry
           from rejections r join syncs s on s.id = r.sync_id
           where s.name = $1 and ($3::text is null or r.errors @> jsonb_build_array(jsonb_build_object('code', $3::text)))
           order by r.refused_by, r.key limit $2`,
    values: [sync, limit, reason],
  });
  return rows.map(({ run_id: runId, first_seen_at: first, last_seen_at: last, ...row }) => ({
    ...row,
    runId: String(runId),
    firstSeenAt: first.toISOString(),
    lastSeenAt: last.toISOString(),
  }));
}

/** Lets rows and marks that the Hub refused be tried again; invalid rows are validated in every run anyway. */
export async function markRetry(database: Database, sync: string, key: string | null): Promise<number> {
  const rows = await database.query({
    text: `with outdated as (
             update syncs set fingerprint_generation = fingerprint_generation + 1 where name = $1
           ), marks_tried as (
             update marks m set retry = true from syncs s
             where s.id = m.sync_id and s.name = $1 and m.refused_hash is not null and ($2::text is null or m.key = $2)
             returning m.key
           ), rows_tried as (
             update rejections r set retry = true from syncs s
             where s.id = r.sync_id and s.name = $1 and r.refused_by = 'destination' and ($2::text is null or r.key = $2)
             returning r.key
           )
           select key from rows_tried union all select key from marks_tried`,
    values: [sync, key],
  });
  return rows.length;
}
