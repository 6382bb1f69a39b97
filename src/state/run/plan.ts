import { readAhead } from '../../lib/async/read-ahead.ts';
import { escapeCopyField } from '../../lib/copy-text.ts';
import type {
  Candidate,
  ComparedBuckets,
  PlanCounts,
  PlannedChange,
  PlanPage,
  PlanRecorder,
  RefreshedRow,
  RemovalCandidate,
  RemovalQuery,
} from '../../core/ports/run/plan-store.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { isRemovalOperation } from '../../core/model/terms.ts';
import type { SuppressionReason } from '../../core/model/terms.ts';
import { createAbsent, recordAbsences } from '../tables/absences.ts';
import { clearFingerprints, hasChanged } from '../tables/fingerprints.ts';
import { claimRenames, createIdentityTables, learnIdentities, recordIdentities } from '../tables/identities.ts';
import { closeRefusedMarks, readRemovals } from '../tables/marks.ts';
import {
  recordDuplicateRejections,
  recordInvalid,
  closeRejections,
  markPreviouslyRejected,
} from '../tables/rejections.ts';
import { recordSkips } from '../tables/skips.ts';
import { plannedColumns } from './run-counts.ts';
import type { StateClient } from '../db/state-client.ts';

/** Small, so that few pages outlive a collection of young objects: those that do are freed late. */
const pageRows = 1000;
const firstPageRows = 125;

/**
 * Rows that were refused before are numbered behind all others, so that they travel last and apart; marks and restores
 * behind the rows, in the same order.
 */
const firstSeqs = { rows: 0, rejectedRows: 2 ** 40, removals: 2 ** 41, rejectedRemovals: 2 ** 42 };

export interface PlannedSync {
  readonly id: number;
  readonly settings: SyncSettings;
  readonly codec: PayloadCodec;
}

const noOp = async (): Promise<void> => undefined;

interface PlanTarget {
  /** `null`: the plan is only looked at. */
  readonly runId: string | null;
  readonly buckets: ComparedBuckets | undefined;
  /** What earlier runs sent counts as not sent. */
  readonly resyncBefore: number;
  /** Hears how much goes into the outbox. */
  onBytes(bytes: number): void;
}

/**
 * The plan as one transaction on the connection that holds the stage. Without a run nothing but the candidates is
 * read, and nothing stays.
 */
export async function openPlan(client: StateClient, sync: PlannedSync, target: PlanTarget): Promise<PlanRecorder> {
  const { runId } = target;
  const rollback = () => client.query('rollback').then(() => undefined);
  const scope = { ...target, syncId: sync.id };
  await beginPlan(client, sync);
  let writing: Promise<void> = Promise.resolve();
  async function* removals(query: RemovalQuery): AsyncGenerator<readonly RemovalCandidate[]> {
    await writing;
    yield* readRemovals(client, scope, query);
  }
  const claim: PlanRecorder['claimRenames'] = (people) => writing.then(() => claimRenames(client, scope, people));
  const reading = { removals, claimRenames: claim, rollback };
  if (runId === null)
    return { ...reading, candidates: () => readCandidates(client, sync), add: noOp, commit: rollback };
  const plan: Plan = { ...target, runId, sync, seqs: { ...firstSeqs } };
  return {
    ...reading,
    async *candidates() {
      try {
        yield* readCandidates(client, sync);
      } catch (error) {
        // A page that could not be written spoils the transaction for all that follows: its own error is the one to report.
        await writing;
        throw error;
      }
    },
    add: async (page) => {
      // One page is written while the next is decided about; a failure is thrown by the next call.
      await writing;
      writing = writePage(client, plan, page);
      writing.catch(() => undefined);
    },
    commit: async (counts) => {
      await writing;
      await completePlan(client, plan, counts);
      await client.query('commit');
    },
  };
}

async function beginPlan(client: StateClient, { settings }: PlannedSync): Promise<void> {
  await client.query('begin');
  await client.query('create temp table planned_skips (key text collate "C", reason text, rows bigint) on commit drop');
  await createAbsent(client);
  if (settings.identity !== null) await createIdentityTables(client);
}

interface Plan extends PlanTarget {
  readonly sync: PlannedSync;
  readonly runId: string;
  readonly seqs: { -readonly [Kind in keyof typeof firstSeqs]: number };
}

interface CandidateRow {
  readonly key: string;
  readonly row_hash: string;
  readonly position: number;
  readonly known: boolean;
  readonly in_snapshot: boolean;
  readonly payload_hash: string | null;
  readonly refused_hash: string | null;
  readonly refused_at: string | null;
  readonly retry: boolean | null;
  readonly suppression: SuppressionReason | null;
}

async function* readCandidates(client: StateClient, sync: PlannedSync): AsyncGenerator<readonly Candidate[]> {
  const modeFilter = sync.settings.mode === 'update' ? 'd.in_snapshot' : 'true';
  await client.query(
    `declare candidates no scroll cursor for
     select d.key, d.row_hash, d.position, d.known, d.in_snapshot, replace(d.payload_hash::text, '-', '') as payload_hash,
       replace(r.payload_hash::text, '-', '') as refused_hash, r.destination as refused_at, r.retry,
       w.reason as suppression
     from pg_temp.difference d
     left join rejections r on r.sync_id = ${sync.id} and r.key = d.key and r.refused_by = 'destination'
     left join suppressions w on w.sync_id = ${sync.id} and w.key = d.key
     where d.position is not null and ${modeFilter}
     order by d.position`,
  );
  // Database and process work side by side.
  yield* readAhead(fetchCandidates(client));
}

/** The first pages are smaller, so that neither waits long for the other. */
async function* fetchCandidates(client: StateClient): AsyncGenerator<readonly Candidate[]> {
  for (let size = firstPageRows, isLast = false; !isLast; size = Math.min(2 * size, pageRows)) {
    const { rows } = await client.query<CandidateRow>(`fetch ${size} from candidates`);
    isLast = rows.length < size;
    if (rows.length > 0) yield rows.map(toCandidate);
  }
  await client.query('close candidates');
}

function toCandidate(row: CandidateRow): Candidate {
  const isRejected = row.refused_hash !== null && row.refused_at !== null && row.retry === false;
  return {
    key: row.key,
    rowHash: row.row_hash,
    position: row.position,
    known: row.known,
    inSnapshot: row.in_snapshot,
    payloadHash: row.payload_hash,
    rejected: isRejected ? { payloadHash: row.refused_hash, destination: row.refused_at } : null,
    previouslyRejected: row.refused_hash !== null,
    suppression: row.suppression,
  };
}

async function writePage(client: StateClient, plan: Plan, page: PlanPage): Promise<void> {
  if (page.changes.length > 0) await copyChanges(client, plan, page.changes);
  if (page.skips.length > 0) {
    await client.query('insert into pg_temp.planned_skips select *, 1 from unnest($1::text[], $2::text[])', [
      page.skips.map(({ key }) => key),
      page.skips.map(({ reason }) => reason),
    ]);
  }
  if (page.identities.length > 0) await learnIdentities(client, page.identities);
  if (page.refreshed.length > 0) await refreshHashes(client, plan.sync.id, page.refreshed);
  if (page.invalid.length > 0) await recordInvalid(client, { syncId: plan.sync.id, runId: plan.runId }, page.invalid);
}

async function refreshHashes(client: StateClient, syncId: number, rows: readonly RefreshedRow[]): Promise<void> {
  await client.query(
    `update snapshot s set row_hash = f.row_hash from unnest($2::text[], $3::uuid[]) as f (key, row_hash)
     where s.sync_id = $1 and s.key = f.key`,
    [syncId, rows.map(({ key }) => key), rows.map(({ rowHash }) => rowHash)],
  );
  const restored = rows.flatMap(({ key, restored: restoredPayload }) =>
    restoredPayload === null ? [] : [{ key, ...restoredPayload }],
  );
  if (restored.length === 0) return;
  await client.query(
    `with restored as (
       select * from unnest($2::text[], $3::uuid[], $4::text[]) as r (key, payload_hash, payload)
     ), fields as (
       update snapshot_fields f set payload = r.payload::json from restored r where f.sync_id = $1 and f.key = r.key
     )
     update snapshot s set payload_hash = r.payload_hash from restored r where s.sync_id = $1 and s.key = r.key`,
    [
      syncId,
      restored.map(({ key }) => key),
      restored.map(({ payloadHash }) => payloadHash),
      restored.map(({ payload }) => payload),
    ],
  );
}

async function copyChanges(client: StateClient, plan: Plan, changes: readonly PlannedChange[]): Promise<void> {
  const withStored = plan.sync.codec.payload === 'hashed' || changes.some(({ stored }) => stored !== undefined);
  const withIdentity = plan.sync.settings.identity !== null;
  const moreColumns = `${withStored ? ', stored_payload' : ''}${withIdentity ? ', identity, renamed_from' : ''}`;
  const { stream, done } = client.copyIn(
    `copy outbox (run_id, seq, key, operation, row_hash, payload_hash, previously_rejected, payload${moreColumns}) from stdin`,
  );
  const lines = Buffer.from(changes.map((change) => outboxLine(plan, change, { withStored, withIdentity })).join(''));
  stream.end(lines);
  plan.onBytes(lines.length);
  await done;
}

interface OutboxColumns {
  readonly withStored: boolean;
  readonly withIdentity: boolean;
}

function outboxLine({ runId, seqs, sync }: Plan, change: PlannedChange, columns: OutboxColumns): string {
  const { key, operation, rowHash, payloadHash, previouslyRejected, payload, identity, renamedFrom } = change;
  const isRemoval = isRemovalOperation(operation);
  const kind = previouslyRejected ? (isRemoval ? 'rejectedRemovals' : 'rejectedRows') : isRemoval ? 'removals' : 'rows';
  const seq = (seqs[kind] += 1);
  const stored = columns.withStored ? [change.stored ?? sync.codec.encode(key, payload)] : [];
  const identified = columns.withIdentity ? [identity, renamedFrom] : [];
  const more = [...stored, ...identified].map((text) => `\t${text == null ? '\\N' : escapeCopyField(text)}`).join('');
  return `${runId}\t${seq}\t${escapeCopyField(key)}\t${operation}\t${rowHash}\t${payloadHash}\t${previouslyRejected ? 't' : 'f'}\t${escapeCopyField(payload)}${more}\n`;
}

/** What can be said only of the whole plan: skips and rejections that ended or began, and the counts. */
async function completePlan(client: StateClient, { sync, runId, buckets }: Plan, counts: PlanCounts): Promise<void> {
  const scope = { syncId: sync.id, runId };
  await client.query('insert into pg_temp.planned_skips select key, $1, rows from pg_temp.repeated', ['duplicate']);
  if (sync.settings.mode === 'update') {
    await client.query(
      `insert into pg_temp.planned_skips
       select key, 'not_in_snapshot', 1 from pg_temp.difference where position is not null and not in_snapshot`,
    );
  }
  await recordSkips(client, scope, buckets);
  await markPreviouslyRejected(client, scope);
  if (sync.settings.duplicates === 'reject') await recordDuplicateRejections(client, scope);
  await closeRejections(client, scope);
  await recordAbsences(client, scope, buckets);
  await closeRefusedMarks(client, sync.id);
  if (sync.settings.identity !== null) await recordIdentities(client, sync.id);
  // Whatever becomes of this run: what is remembered of the last one is not true any more.
  if (hasChanged(buckets)) await clearFingerprints(client, sync.id);
  const columns = plannedColumns(counts);
  const assignments = Object.keys(columns).map((column, at) => `${column} = $${at + 2}`);
  // now() is when this transaction began: then the model was read.
  await client.query(
    `update runs set read_at = now(), planned_at = clock_timestamp(), ${assignments.join(', ')} where id = $1`,
    [runId, ...Object.values(columns)],
  );
}
