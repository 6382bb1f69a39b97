import type { PanelsyncError } from '../../core/errors.ts';
import type { BatchIntent, Ledger, OutboxRow, RejectedRow, Settlement } from '../../core/ports/run/ledger.ts';
import { leaseLost } from '../../core/lost-errors.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { Database } from '../db/database.ts';
import { acceptedRenames } from '../tables/identities.ts';
import { acceptedRemovals, recordRefusedMarks } from '../tables/marks.ts';
import { recordRejected } from '../tables/rejections.ts';
import type { StateClient } from '../db/state-client.ts';
import { claimForHub } from '../trust/claim-for-hub.ts';

/** Whose batches these are; `sender` is the run that must still be running for anything to be sent. */
export interface LedgerScope {
  readonly syncId: number;
  readonly hubAddress: string;
  readonly runId: string;
  readonly sendingRunId: string;
  /** Called when it is not. */
  onFenceLost(): void;
  readonly codec: PayloadCodec;
}

/** How long a database that has fallen silent keeps a sender waiting. */
const timeoutMs = 60_000;

/** The batches of one run in the state database. */
export function openLedger(database: Database, scope: LedgerScope): Ledger {
  const { runId } = scope;
  return {
    outbox: (after, limit) => outboxPage(database, runId, { after, limit }),
    nextNumber: async () => {
      const [row] = await database.query<{ next: number }>({
        text: 'select coalesce(max(number), 0) + 1 as next from batches where run_id = $1',
        values: [runId],
      });
      return row?.next ?? 1;
    },
    record: (batch) => recordBatch(database, scope, batch),
    settle: (batch, settlement) => settleBatch(database, scope, { batch, settlement }),
    reject: (number, rejected) =>
      database.transaction(async (client) => {
        const text = "select from runs where id = $1 and status = 'running' for share";
        if ((await client.query(text, [scope.sendingRunId])).rowCount === 0) throw fenceLost(scope);
        await recordRefused(client, scope, rejected);
        const { rows, removals } = countRejected(rejected);
        await client.query(
          `update batches set rejected = rejected + $3, removals_rejected = removals_rejected + $4
           where run_id = $1 and number = $2`,
          [runId, number, rows, removals],
        );
      }, timeoutMs),
  };
}

/**
 * A page is a range of numbers: they have no gap but the one before rows that were refused before. Asked for the first
 * rows after a number, a database that has no statistics yet would sort all that are left for every page.
 */
async function outboxPage(
  database: Database,
  runId: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly OutboxRow[]> {
  const page = await database.query<OutboxRow>({
    name: 'outbox',
    text: `select seq, key, payload::text as payload, previously_rejected as "previouslyRejected",
             operation in ('mark', 'restore') as "isRemoval"
           from outbox
           where run_id = $1 and seq > $2 and seq <= $2::bigint + $3 order by seq`,
    values: [runId, after, limit],
  });
  if (page.length > 0) return page;
  const [next] = await database.query<{ seq: number }>({
    text: 'select seq from outbox where run_id = $1 and seq > $2 order by seq limit 1',
    values: [runId, after],
  });
  return next === undefined ? [] : outboxPage(database, runId, { after: next.seq - 1, limit });
}

/** The fence: only while its run is still the running one may a sender put a batch in flight. */
async function recordBatch(database: Database, scope: LedgerScope, batch: BatchIntent): Promise<void> {
  const { runId, sendingRunId } = scope;
  const seqs = batch.rows.map((row) => row.seq);
  const recorded = await database.query({
    name: 'record_batch',
    text: `with fence as (select from runs where id = $5 and status = 'running' for share),
           resent as (
             update batches set state = 'resent'
             where run_id = $1 and number = $3 and state = 'unknown' and exists (select from fence)
           )
           insert into batches (run_id, number, parent, state, seqs)
           select $1, $2, $3, 'in_flight', $4 from fence returning number`,
    values: [runId, batch.number, batch.parent, seqs, sendingRunId],
    timeoutMs,
  });
  if (recorded.length === 0) throw fenceLost(scope);
}

export interface SettledBatch {
  readonly batch: BatchIntent;
  readonly settlement: Settlement;
}

/** One transaction: the snapshot moves, the rejections are written, and the batch is settled; or none of it. */
async function settleBatch(database: Database, scope: LedgerScope, settled: SettledBatch): Promise<void> {
  const { rejected } = settled.settlement;
  const statement = settleStatement(scope, settled);
  if (rejected.length === 0) {
    if ((await database.query(statement)).length === 0) throw fenceLost(scope);
    return;
  }
  await database.transaction(async (client) => {
    await settleInTransaction(client, statement, scope);
    await recordRefused(client, scope, rejected);
  }, timeoutMs);
}

/** A batch holds rows, or marks and restores, never both. */
async function recordRefused(client: StateClient, scope: LedgerScope, rejected: readonly RejectedRow[]): Promise<void> {
  const isRemoval = rejected.some(({ row }) => row.isRemoval);
  await (isRemoval ? recordRefusedMarks : recordRejected)(client, scope, rejected);
}

function countRejected(rejected: readonly RejectedRow[]): { readonly rows: number; readonly removals: number } {
  const removals = rejected.filter(({ row }) => row.isRemoval).length;
  return { rows: rejected.length - removals, removals };
}

/** The same as a part of a transaction. */
export async function settleInTransaction(
  client: StateClient,
  statement: ReturnType<typeof settleStatement>,
  scope: Pick<LedgerScope, 'onFenceLost'>,
): Promise<void> {
  const { rowCount } = await client.query(statement);
  if (rowCount === 0) throw fenceLost(scope);
}

export function fenceLost({ onFenceLost }: Pick<LedgerScope, 'onFenceLost'>): PanelsyncError {
  onFenceLost();
  return leaseLost();
}

export function settleStatement(
  { syncId, hubAddress, runId, codec }: Pick<LedgerScope, 'syncId' | 'hubAddress' | 'runId' | 'codec'>,
  { batch, settlement }: SettledBatch,
) {
  const { state, requests, split, status, requestId, durationMs, message, rejected } = settlement;
  const isRemoval = batch.rows.some((row) => row.isRemoval);
  const rejectedCounts = countRejected(rejected);
  return {
    name: `settle_${isRemoval ? 'removals' : 'rows'}_${codec.payload}`,
    text: `with batch as (
        select number from batches where run_id = $1 and number = $2 and state = 'in_flight' for update
      ), sent as (
        select o.seq, o.key, o.operation, o.row_hash, o.payload_hash, coalesce(o.stored_payload, o.payload) as payload,
          o.identity, o.renamed_from
        from outbox o, batch where o.run_id = $1 and o.seq = any($4::bigint[])
      ), hub as (
        ${claimForHub("$5 in ('accepted', 'found')", '$3', '$15')}
      )${isRemoval ? acceptedRemovals : acceptedRows}${codec.payload === 'hashed' ? clearSentBodies : ''}
      update batches b set state = $5, settled_at = now(), rejected = $6, requests_sent = $7, requests_retried = $8,
        requests_rate_limited = $9, split = $10, status = $11, request_id = $12, duration_ms = $13, message = $14,
        removals_rejected = $16, renamed = (select count(*) from sent where renamed_from is not null), ${acceptedCounts}
      from batch where b.run_id = $1 and b.number = batch.number
      returning b.number`,
    timeoutMs,
    values: [
      runId,
      batch.number,
      syncId,
      acceptedSeqs(batch, state, rejected),
      state,
      rejectedCounts.rows,
      requests.sent,
      requests.retried,
      requests.rateLimited,
      split,
      status,
      requestId,
      Math.round(durationMs),
      message?.slice(0, 500) ?? null,
      hubAddress,
      rejectedCounts.removals,
    ],
  };
}

const acceptedCounts = (
  [
    ['inserted', 'insert'],
    ['updated', 'update'],
    ['marked', 'mark'],
    ['restored', 'restore'],
  ] as const
)
  .map(([column, operation]) => `${column} = (select count(*) from sent where operation = '${operation}')`)
  .join(', ');

/** The snapshot moves, and rejections of these people are closed. */
const acceptedRows = `
      , known as (
        insert into snapshot (sync_id, key, row_hash, payload_hash, run_id, origin)
        select $3, key, row_hash, payload_hash, $1, 'sent' from sent
        on conflict (sync_id, key) do update set row_hash = excluded.row_hash, payload_hash = excluded.payload_hash,
          run_id = excluded.run_id, origin = excluded.origin
      ), fields as (
        insert into snapshot_fields as f (sync_id, key, payload, identity) select $3, key, payload, identity from sent
        on conflict (sync_id, key) do update set payload = excluded.payload,
          identity = coalesce(excluded.identity, f.identity)
      ), closed as (
        delete from rejections r using sent where r.sync_id = $3 and r.key = sent.key returning r.*
      ), past as (
        insert into past_rejections (sync_id, key, refused_by, errors, reason, from_run_id, until_run_id)
        select sync_id, key, refused_by, errors, reason, from_run_id, $1 from closed
      )${acceptedRenames}`;

/** Where payloads are stored as hashes, a body is deleted the moment the Hub has it. */
const clearSentBodies = `, emptied as (
        update outbox o set payload = null from sent where o.run_id = $1 and o.seq = sent.seq
      )`;

function acceptedSeqs(batch: BatchIntent, state: string, rejected: readonly RejectedRow[]): readonly number[] {
  if (state !== 'accepted') return [];
  const rejectedSeqs = new Set(rejected.map(({ row }) => row.seq));
  return batch.rows.flatMap(({ seq }) => (rejectedSeqs.has(seq) ? [] : [seq]));
}
