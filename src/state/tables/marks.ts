import type { RejectedRow } from '../../core/ports/run/ledger.ts';
import type { ComparedBuckets, RemovalCandidate, RemovalQuery } from '../../core/ports/run/plan-store.ts';
import type { StateClient } from '../db/state-client.ts';
import { placeholderRowHash } from './baselines.ts';
import { isCompared } from './fingerprints.ts';
import type { PlanScope } from './skips.ts';

const pageRows = 4000;

/** Whose removals are planned, after `createAbsent` on the same connection. */
export interface RemovalScope {
  readonly syncId: number;
  /** Marks of earlier runs count as not sent. */
  readonly resyncBefore: number;
  readonly buckets: ComparedBuckets | undefined;
}

interface RemovalRow {
  readonly key: string;
  readonly email: string | null;
  readonly operation: RemovalCandidate['operation'];
  readonly previously_rejected: boolean;
}

/**
 * People who left and are not marked so, and marked people who are back. Participants whose row only a
 * baseline has written, and no run has met in the model, never were part of it: they are not marked.
 */
export async function* readRemovals(
  client: StateClient,
  { syncId, resyncBefore, buckets }: RemovalScope,
  { setHash, restoreHash, destination }: RemovalQuery,
): AsyncGenerator<readonly RemovalCandidate[]> {
  await client.query(
    `create temp table removals on commit drop as
     with away as materialized (
       select key from pg_temp.absent
       union all
       select key from absences
       where sync_id = ${syncId} and until_run_id is null and not ${isCompared('key', buckets)}
     ), wanted as (
       select a.key, 'mark' as operation, '${setHash}'::uuid as hash
       from away a join snapshot s on s.sync_id = ${syncId} and s.key = a.key
         left join marks m on m.sync_id = ${syncId} and m.key = a.key
       where (s.origin = 'sent' or s.row_hash <> '${placeholderRowHash}')
         and (m.marked_hash is distinct from '${setHash}'::uuid or m.marked_run_id < ${resyncBefore})
       union all
       select m.key, 'restore', '${restoreHash}'::uuid
       from marks m join snapshot s on s.sync_id = ${syncId} and s.key = m.key
       where m.sync_id = ${syncId} and m.marked_hash is not null and m.key not in (select key from away)
     )
     select w.key, w.operation, m.refused_hash is not null as previously_rejected
     from wanted w left join marks m on m.sync_id = ${syncId} and m.key = w.key
     where not exists (select from suppressions p where p.sync_id = ${syncId} and p.key = w.key)
       and (m.refused_hash is distinct from w.hash or m.retry or m.destination is distinct from '${destination}')`,
  );
  await client.query(
    `declare removals no scroll cursor for
     select r.*, f.payload #>> '{fields,email}' as email
     from pg_temp.removals r left join snapshot_fields f on f.sync_id = ${syncId} and f.key = r.key
     order by r.operation, r.key`,
  );
  for (;;) {
    const { rows } = await client.query<RemovalRow>(`fetch ${pageRows} from removals`);
    if (rows.length > 0)
      yield rows.map(({ previously_rejected: previouslyRejected, ...row }) => ({ ...row, previouslyRejected }));
    if (rows.length < pageRows) break;
  }
  await client.query('close removals');
}

/** Refusals of marks that nobody waits for any more: the people are back, and were never marked. */
export async function closeRefusedMarks(client: StateClient, syncId: number): Promise<void> {
  await client.query(
    `delete from marks m where m.sync_id = $1 and m.marked_hash is null
       and not exists (
         select from absences a where a.sync_id = m.sync_id and a.key = m.key and a.until_run_id is null
       )`,
    [syncId],
  );
}

/** In SQL, after a statement's `sent`: the Hub has accepted these marks and restores. $1 is the run, $3 the sync. */
export const acceptedRemovals = `
      , marked as (
        insert into marks (sync_id, key, marked_hash, marked_run_id)
        select $3, key, row_hash, $1 from sent where operation = 'mark'
        on conflict (sync_id, key) do update set marked_hash = excluded.marked_hash,
          marked_run_id = excluded.marked_run_id, refused_hash = null, refused_run_id = null, destination = null,
          code = null, message = null, field = null, attempts = 0, retry = false
      ), restored as (
        delete from marks m using sent where m.sync_id = $3 and m.key = sent.key and sent.operation = 'restore'
      )`;

/** Records people that the Hub refused to mark or to restore. */
export async function recordRefusedMarks(
  client: StateClient,
  { syncId, runId }: PlanScope,
  rejected: readonly RejectedRow[],
): Promise<void> {
  const refusals = rejected.map(({ row: { seq }, error: { code, message, field } }) => ({ seq, code, message, field }));
  await client.query(
    `insert into marks as old
       (sync_id, key, refused_hash, refused_run_id, destination, code, message, field, attempts)
     select $1, o.key, o.row_hash, $2, r.destination, f.code, f.message, f.field, 1
     from jsonb_to_recordset($3::jsonb) as f (seq bigint, code text, message text, field text)
       join outbox o on o.run_id = $2 and o.seq = f.seq join runs r on r.id = $2
     on conflict (sync_id, key) do update set refused_hash = excluded.refused_hash,
       refused_run_id = excluded.refused_run_id, destination = excluded.destination, code = excluded.code,
       message = excluded.message, field = excluded.field, retry = false,
       attempts = case when old.refused_hash = excluded.refused_hash then old.attempts + 1 else 1 end`,
    [syncId, runId, JSON.stringify(refusals)],
  );
}
