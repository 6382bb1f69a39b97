import { outdateFingerprints } from '../tables/fingerprints.ts';
import type { BatchState, OutboxRow, Settlement } from '../../core/ports/run/ledger.ts';
import type { Resolution, ConflictingRow, UnknownBatch } from '../../core/ports/run/unknown-outcomes.ts';
import type { SuppressedCounts } from '../../core/ports/run/suppressions.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { UnresolvedBatches } from '../../core/ports/records.ts';
import type { Mode } from '../../core/model/terms.ts';
import { placeholderRowHash } from '../tables/baselines.ts';
import type { Database } from '../db/database.ts';
import { fenceLost, settleStatement, settleInTransaction } from './ledger.ts';
import type { StateClient } from '../db/state-client.ts';

/** Batches with an unknown outcome, and how they are resolved. */

interface BatchRow {
  readonly run_id: number;
  readonly number: number;
  readonly mode: Mode;
  readonly rows: readonly OutboxRow[];
  readonly deleted: readonly number[];
}

/** Oldest first, with their rows. */
export async function unknownBatches(database: Database, syncId: number): Promise<readonly UnknownBatch[]> {
  const batches = await database.query<BatchRow>({
    text: `select b.run_id, b.number, r.mode,
             (select json_agg(json_build_object('seq', o.seq, 'key', o.key, 'payload', o.payload::text,
                  'previouslyRejected', o.previously_rejected, 'isRemoval', o.operation in ('mark', 'restore'))
                order by o.seq)
              from outbox o where o.run_id = b.run_id and o.seq = any(b.seqs)) as rows,
             to_json(array(select o.seq from outbox o
               join suppressions w on w.sync_id = r.sync_id and w.key = o.key and w.reason = 'deleted_in_hub'
               where o.run_id = b.run_id and o.seq = any(b.seqs))) as deleted
           from batches b join runs r on r.id = b.run_id
           where r.sync_id = $1 and b.state = 'unknown' order by b.run_id, b.number`,
    values: [syncId],
  });
  return batches.map(({ run_id: runId, deleted, ...batch }) => {
    return { runId: String(runId), ...batch, deleted: batch.rows.filter(({ seq }) => deleted.includes(seq)) };
  });
}

/** Whose batch it is; `sender` is the run that must still be running, `null` where somebody settles it by hand. */
interface ResolutionScope {
  readonly syncId: number;
  readonly hubAddress: string;
  readonly runId: string;
  readonly sendingRunId: string | null;
  readonly codec: PayloadCodec;
  /** Called when it is not, or when the batch is settled already. */
  onFenceLost(): void;
}

interface ResolvedBatch {
  readonly batch: UnknownBatch;
  readonly resolution: Resolution;
}

type Part = readonly [state: BatchState, rows: readonly OutboxRow[]];

/**
 * One transaction. A batch has one state for all its rows: where the finding differs from row to row, the batch keeps
 * the first part, and the others become batches that follow it.
 */
export async function resolveBatch(database: Database, scope: ResolutionScope, resolved: ResolvedBatch): Promise<void> {
  const { batch, resolution } = resolved;
  await database.transaction(async (client) => {
    await outdateFingerprints(client, scope.syncId);
    const record = await lockBatch(client, scope, batch.number);
    const next = await nextNumber(client, scope.runId);
    for (const [at, [state, rows]] of splitByState(batch, resolution).entries()) {
      const number = at === 0 ? batch.number : next + at - 1;
      const intent = { number, parent: at === 0 ? null : batch.number, rows };
      const settlement: Settlement = { ...(at === 0 ? record : emptySendRecord), state, rejected: [], split: false };
      await markInFlight(client, scope.runId, intent);
      await settleInTransaction(client, settleStatement(scope, { batch: intent, settlement }), scope);
    }
    if (resolution.conflicting.length > 0) await recordConflicting(client, scope, resolution.conflicting);
  });
}

function splitByState({ rows }: UnknownBatch, { applied, conflicting, notApplied }: Resolution): readonly Part[] {
  const conflictingRows = conflicting.map(({ row }) => row);
  const resolvedSeqs = new Set([...applied, ...conflictingRows, ...notApplied].map(({ seq }) => seq));
  const parts: readonly Part[] = [
    ['accepted', applied],
    ['found', conflictingRows],
    ['not_sent', notApplied],
    ['unknown', rows.filter(({ seq }) => !resolvedSeqs.has(seq))],
  ];
  return parts.filter((part) => part[1].length > 0);
}

type SendRecord = Pick<Settlement, 'requests' | 'status' | 'requestId' | 'durationMs' | 'message'>;

const emptySendRecord: SendRecord = {
  requests: { sent: 0, retried: 0, rateLimited: 0 },
  status: null,
  requestId: null,
  durationMs: 0,
  message: null,
};

interface RecordRow {
  readonly requests_sent: number;
  readonly requests_retried: number;
  readonly requests_rate_limited: number;
  readonly status: number | null;
  readonly request_id: string | null;
  readonly duration_ms: number | null;
  readonly message: string | null;
}

/** What is on record of the sending, which stays; throws when the batch is not ours to settle any more. */
async function lockBatch(client: StateClient, scope: ResolutionScope, number: number) {
  const { rows } = await client.query<RecordRow>(
    `select requests_sent, requests_retried, requests_rate_limited, status, request_id, duration_ms, message
     from batches where run_id = $1 and number = $2 and state = 'unknown'
       and ($3::bigint is null or exists (select from runs where id = $3 and status = 'running'))
     for update`,
    [scope.runId, number, scope.sendingRunId],
  );
  const [row] = rows;
  if (row === undefined) throw fenceLost(scope);
  const record: SendRecord = {
    requests: { sent: row.requests_sent, retried: row.requests_retried, rateLimited: row.requests_rate_limited },
    status: row.status,
    requestId: row.request_id,
    durationMs: row.duration_ms ?? 0,
    message: row.message,
  };
  return record;
}

async function nextNumber(client: StateClient, runId: string): Promise<number> {
  const { rows } = await client.query<{ next: number }>(
    'select max(number) + 1 as next from batches where run_id = $1',
    [runId],
  );
  return rows[0]?.next ?? 1;
}

interface PartIntent {
  readonly number: number;
  readonly parent: number | null;
  readonly rows: readonly OutboxRow[];
}

/** Only batches in flight can be settled; nobody sees it so before the transaction ends. */
async function markInFlight(client: StateClient, runId: string, { number, parent, rows }: PartIntent): Promise<void> {
  const seqs = rows.map(({ seq }) => seq);
  await client.query(
    `insert into batches (run_id, number, parent, state, seqs) values ($1, $2, $3, 'in_flight', $4)
     on conflict (run_id, number) do update set state = excluded.state, seqs = excluded.seqs`,
    [runId, number, parent, seqs],
  );
}

/** The snapshot takes the Hub's values, and the run that sent the rows counts them as skipped. */
async function recordConflicting(
  client: StateClient,
  { syncId, runId, codec }: ResolutionScope,
  conflicting: readonly ConflictingRow[],
): Promise<void> {
  await client.query(
    `with taken as (
       select * from unnest($3::text[], $4::uuid[], $5::text[]) as t (key, payload_hash, payload)
     ), known as (
       insert into snapshot (sync_id, key, row_hash, payload_hash, run_id, origin)
       select $1, key, $6, payload_hash, $2, 'baseline' from taken
       on conflict (sync_id, key) do update set row_hash = excluded.row_hash, payload_hash = excluded.payload_hash,
         run_id = excluded.run_id, origin = excluded.origin
     ), fields as (
       insert into snapshot_fields (sync_id, key, payload) select $1, key, payload::json from taken
       on conflict (sync_id, key) do update set payload = excluded.payload
     ), skipped as (
       insert into skips (sync_id, key, reason, from_run_id, until_run_id)
       select $1, key, 'already_in_snapshot', $2, (select min(id) from runs where sync_id = $1 and id > $2) from taken
       on conflict do nothing
     ), counted as (
       select count(*) as people from taken
     )
     update runs r set already_in_snapshot = r.already_in_snapshot + people,
       unsent = case when r.finished_at is null then r.unsent else r.unsent - people end
     from counted where r.id = $2`,
    [
      syncId,
      runId,
      conflicting.map(({ row }) => row.key),
      conflicting.map(({ row, payload }) => codec.payloadHash(row.key, payload)),
      conflicting.map(({ row, payload }) => codec.encode(row.key, payload) ?? payload),
      placeholderRowHash,
    ],
  );
}

/** Everybody in a batch whose outcome is unknown. */
const unknownPeople = `
  select o.key, b.run_id, b.number
  from batches b join runs r on r.id = b.run_id join outbox o on o.run_id = b.run_id and o.seq = any(b.seqs)
  where r.sync_id = $1 and b.state = 'unknown'`;

export async function suppressUnknown(database: Database, syncId: number): Promise<SuppressedCounts> {
  return database.transaction(async (client) => {
    const resolved = await client.query(
      `delete from suppressions
       where sync_id = $1 and reason = 'outcome_unknown' and key not in (select key from (${unknownPeople}) u)`,
      [syncId],
    );
    const suppressed = await client.query(
      `insert into suppressions (sync_id, key, reason, run_id)
       select $1, key, 'outcome_unknown', min(run_id) from (${unknownPeople}) u group by key on conflict do nothing`,
      [syncId],
    );
    if (resolved.rowCount + suppressed.rowCount > 0) await outdateFingerprints(client, syncId);
    const { rows } = await client.query<SuppressedCounts>(
      `select count(distinct (run_id, number)) as batches, count(distinct key) as people from (${unknownPeople}) u`,
      [syncId],
    );
    return rows[0] ?? noUnresolvedBatches;
  });
}

export const noUnresolvedBatches: UnresolvedBatches = { batches: 0, people: 0, runs: [] };

/** Of a sync by its name; people that a run is about to look up are not suppressed yet. */
export async function readUnresolvedBatches(database: Database, sync: string): Promise<UnresolvedBatches> {
  const [unresolved] = await database.query<UnresolvedBatches>({
    text: `select count(distinct (u.run_id, u.number)) as batches, count(distinct u.key) as people,
             coalesce(array_agg(distinct u.run_id::text), '{}') as runs
           from syncs s join suppressions w on w.sync_id = s.id and w.reason = 'outcome_unknown'
             join lateral (${unknownPeople.replace('$1', 's.id')}) u on u.key = w.key
           where s.name = $1`,
    values: [sync],
  });
  return unresolved ?? noUnresolvedBatches;
}
