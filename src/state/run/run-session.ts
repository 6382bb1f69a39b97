import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { ForgottenPeople } from '../../core/model/forgotten-people.ts';
import type { Keeping } from '../../core/model/payload-codec.ts';
import type { Candidate, PlanRecorder, RunEnd, RunSession, StageWriter } from '../../core/ports/run-store.ts';
import type { Log } from '../../core/ports/ports.ts';
import type { RetentionSettings, SyncSettings } from '../../core/settings.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { Database } from '../db/database.ts';
import { cut, endConnection, stateError, told } from '../db/database.ts';
import { resolveBatch, unknownBatches, withholdUnknown } from './unknown-outcomes.ts';
import { openCharacteristics } from '../tables/characteristics-checks.ts';
import { findDifference, unknownKeys } from './difference.ts';
import { forgottenIn } from '../tables/forgotten.ts';
import { requireHashKey } from '../tables/hash-key.ts';
import { hashPayloads } from './payload-hashing.ts';
import { openKeptPlans } from './saved-plans.ts';
import { noLease, openLease } from '../lease/lease.ts';
import type { Lease } from '../lease/lease.ts';
import type { LeaseTimes } from '../lease/lock.ts';
import { openPlan } from './plan.ts';
import { prune } from './retention.ts';
import { beginRun, finishRun, recordPlanOnly, recoverRuns, retally } from '../tables/runs.ts';
import { addSync } from '../tables/schedules.ts';
import { openLedger } from './ledger.ts';
import { openStage } from './stage.ts';
import { ledgerUntilLost } from './abortable-ledger.ts';

export interface SyncRow {
  readonly id: number;
  readonly resync_before: number;
  readonly payloads: Keeping['payload'];
}

export interface ConnectOptions {
  readonly lock: boolean;
  readonly keeping: Keeping;
  readonly lease: LeaseTimes;
  readonly log: Log;
}

export interface SessionOptions extends ConnectOptions {
  readonly retention: RetentionSettings;
}

/** A connection of one sync's own. It carries the lock, so that is gone the moment the process is. */
export interface SyncConnection {
  readonly client: pg.Client;
  /** Aborts when the connection or the lease is lost. */
  readonly lost: AbortController;
  readonly row: SyncRow;
  readonly lease: Lease;
  close(): Promise<void>;
}

/** A session of one sync; its stage, too, goes with its connection. */
export async function openSession(
  database: Database,
  sync: SyncSettings,
  options: SessionOptions,
): Promise<RunSession> {
  const connection = await connectSync(database, sync.name, options);
  const { retention, keeping } = options;
  return session(connection, { database, sync, retention, keeping });
}

export async function connectSync(database: Database, sync: string, options: ConnectOptions): Promise<SyncConnection> {
  const client = await database.dedicated();
  const lost = new AbortController();
  // Node warns of a leak at eleven listeners, and there may be more senders than that.
  setMaxListeners(0, lost.signal);
  client.on('end', () => lost.abort());
  client.on('error', () => lost.abort());
  // Whatever still waits for this connection is told so.
  lost.signal.addEventListener('abort', () => cut(client));
  try {
    await requireHashKey(database, options.keeping, options.keeping.payload === 'hashed');
    const row = await syncRow(database, sync);
    if (!options.lock) return closable({ client, lost, row, lease: noLease });
    const lease = await takeOver({ ...options, database, client, lost, sync, row });
    // A holder before may have moved the line of a resync.
    return closable({ client, lost, row: await syncRow(database, sync), lease });
  } catch (error) {
    await endConnection(client);
    throw stateError(error);
  }
}

function closable(parts: Omit<SyncConnection, 'close'>): SyncConnection {
  const close = async (): Promise<void> => {
    await parts.lease.release();
    await endConnection(parts.client);
  };
  return { ...parts, close };
}

async function syncRow(database: Database, name: string): Promise<SyncRow> {
  await addSync(database, name);
  const [row] = await database.rows<SyncRow>({
    text: 'select id, resync_before, payloads from syncs where name = $1',
    values: [name],
  });
  if (row === undefined) throw new Error(`sync ${name} is not on record`);
  return row;
}

/** Takes the sync over from whoever had it, and waits until that one can have nothing more on the wire. */
async function takeOver(connecting: Connecting): Promise<Lease> {
  const { database, client, sync, row, lost, lease: times, log } = connecting;
  const target = { schema: database.schema, syncId: row.id, sync, times };
  const { lease, quietMs } = await openLease(client, { database, target, lost });
  try {
    const interrupted = await recoverRuns(database, row.id);
    if (interrupted > 0) log.warn('run of another process was interrupted', { sync, waitMs: Math.round(quietMs) });
    await changeKeeping(connecting);
    await sleep(quietMs);
    return lease;
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/** Hashes what was kept in full; what was hashed is kept in full again as far as runs meet it in the model. */
async function changeKeeping({ database, row: { id, payloads: kept }, keeping }: Connecting): Promise<void> {
  if (kept === keeping.payload) return;
  if (keeping.payload === 'hashed') await hashPayloads(database, id, keeping);
  else await database.rows({ text: `update syncs set payloads = 'full' where id = $1`, values: [id] });
}

interface Connecting extends ConnectOptions {
  readonly database: Database;
  readonly client: pg.Client;
  readonly lost: AbortController;
  readonly sync: string;
  readonly row: SyncRow;
}

interface SessionParts {
  readonly database: Database;
  readonly sync: SyncSettings;
  readonly retention: RetentionSettings;
  readonly keeping: Keeping;
}

function session({ client, lost, row, lease, close }: SyncConnection, parts: SessionParts): RunSession {
  const { database, sync, keeping } = parts;
  let resyncBefore = row.resync_before;
  let current: string | null = null;
  const scopeOf = (runId: string) => ({ syncId: row.id, runId, keeping, onFenced: () => lost.abort() });
  return {
    ...throughPool(row.id, parts),
    lost: lost.signal,
    whyLost: () => lease.whyLost(),
    keptPlans: openKeptPlans(client, { database, syncId: row.id, keeping }),
    hold: lease,
    begin: async ({ trigger, destination, full }) => {
      current = await beginRun(database, row.id, { sync, trigger, destination });
      if (full) {
        resyncBefore = Number(current);
        await database.rows({ text: 'update syncs set resync_before = $2 where id = $1', values: [row.id, current] });
      }
      return current;
    },
    resolve: (batch, finding) =>
      resolveBatch(database, { ...scopeOf(batch.runId), sender: current }, { batch, finding }),
    stage: async () => toldStage(await told(openStage(client))),
    difference: async (options) => {
      const compared = { id: row.id, resyncBefore: options.full ? everyRun : resyncBefore };
      return told(findDifference(client, { ...compared, forgotten: await forgottenOf(row.id, parts) }, options));
    },
    unknownKeys: (limit) => told(unknownKeys(client, limit)),
    plan: async (runId) => toldPlan(await told(openPlan(client, { id: row.id, settings: sync, keeping }, runId))),
    ledger: (runId) => {
      const ledger = openLedger(database, { ...scopeOf(runId), sender: current ?? runId });
      return ledgerUntilLost(ledger, lost.signal);
    },
    finish: (runId, end) => finishAndPrune(parts, row.id, { runId, end }),
    close,
  };
}

type WithoutLock =
  | 'keeping'
  | 'characteristics'
  | 'forgotten'
  | 'isProven'
  | 'unknownBatches'
  | 'withholdUnknown'
  | 'payloads'
  | 'retally'
  | 'finishPlanOnly';

/** What a session does through the pool, whether or not it holds the lock. */
function throughPool(syncId: number, parts: SessionParts): Pick<RunSession, WithoutLock> {
  const { database, sync, keeping } = parts;
  return {
    keeping,
    characteristics: openCharacteristics(database, syncId),
    forgotten: () => forgottenOf(syncId, parts),
    isProven: (destination) => isProven(database, destination),
    unknownBatches: () => unknownBatches(database, syncId),
    withholdUnknown: () => withholdUnknown(database, syncId),
    payloads: (keys) => payloads(database, syncId, keys),
    retally: (runId) => retally(database, runId),
    finishPlanOnly: (run) => recordPlanOnly(database, syncId, { sync, run }),
  };
}

function forgottenOf(id: number, { database, sync, keeping }: SessionParts): Promise<ForgottenPeople | null> {
  return forgottenIn(database, { id, settings: sync }, keeping);
}

async function finishAndPrune(
  { database, retention }: SessionParts,
  syncId: number,
  { runId, end }: { readonly runId: string; readonly end: RunEnd },
): Promise<RunReport> {
  const report = await finishRun(database, runId, end);
  await prune(database, syncId, retention);
  return report;
}

/** With this in the place of a run's id, everything in the snapshot is older. */
const everyRun = Number.MAX_SAFE_INTEGER;

function toldStage(writer: StageWriter): StageWriter {
  return { ...writer, flush: () => told(writer.flush()), finish: () => told(writer.finish()) };
}

function toldPlan(plan: PlanRecorder): PlanRecorder {
  return {
    candidates: () => toldPages(plan.candidates()),
    add: (page) => told(plan.add(page)),
    commit: (counts) => told(plan.commit(counts)),
    rollback: () => told(plan.rollback()),
  };
}

async function* toldPages(pages: AsyncIterable<readonly Candidate[]>): AsyncGenerator<readonly Candidate[]> {
  try {
    yield* pages;
  } catch (error) {
    throw stateError(error);
  }
}

async function isProven(database: Database, destination: string): Promise<boolean> {
  const rows = await database.rows({
    text: `select from runs where destination = $1 and trigger <> 'plan' and inserted + updated > 0 limit 1`,
    values: [destination],
  });
  return rows.length > 0;
}

async function payloads(
  database: Database,
  syncId: number,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.rows<{ key: string; payload: string }>({
    text: 'select key, payload::text as payload from snapshot_fields where sync_id = $1 and key = any($2::text[])',
    values: [syncId, keys],
  });
  return new Map(rows.map(({ key, payload }) => [key, payload]));
}
