import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ForgottenPeople } from '../../core/model/forgotten-people.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { RunOutcome, RunSession } from '../../core/ports/run/run-store.ts';
import type { Log } from '../../core/ports/destination.ts';
import type { RetentionSettings, SyncSettings } from '../../core/settings.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { Database } from '../db/database.ts';
import { resolveBatch, unknownBatches, suppressUnknown } from './unknown-outcomes.ts';
import { openCharacteristics } from '../tables/characteristics-checks.ts';
import { computeDifference, unknownKeys } from './difference.ts';
import { loadForgotten } from '../tables/forgotten.ts';
import { requireHashKey } from '../tables/hash-key.ts';
import { hashPayloads } from './payload-hashing.ts';
import { openSavedPlans } from './saved-plans.ts';
import { noLease, acquireLease } from '../lease/lease.ts';
import type { Lease } from '../lease/lease.ts';
import type { LeaseTimes } from '../lease/lock.ts';
import { openPlan } from './plan.ts';
import { prune } from './retention.ts';
import { beginRun, finishRun, recordPlanOnly, closeInterruptedRuns, recomputeCounts } from '../tables/runs.ts';
import { ensureSync } from '../tables/schedules.ts';
import { openLedger } from './ledger.ts';
import { openStage } from './stage.ts';
import { abortableLedger } from './abortable-ledger.ts';
import type { StateClient } from '../db/state-client.ts';

export interface SyncRow {
  readonly id: number;
  readonly resync_before: number;
  readonly payloads: PayloadCodec['payload'];
}

export interface ConnectOptions {
  readonly lock: boolean;
  readonly codec: PayloadCodec;
  readonly lease: LeaseTimes;
  readonly log: Log;
}

export interface SessionOptions extends ConnectOptions {
  readonly retention: RetentionSettings;
}

/** A connection of one sync's own. It carries the lock, so that is gone the moment the process is. */
export interface SyncConnection {
  readonly client: StateClient;
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
  const { retention, codec } = options;
  return createSession(connection, { database, sync, retention, codec });
}

export async function connectSync(database: Database, sync: string, options: ConnectOptions): Promise<SyncConnection> {
  const client = await database.dedicatedClient();
  const lost = new AbortController();
  // Node warns of a leak at eleven listeners, and there may be more senders than that.
  setMaxListeners(0, lost.signal);
  client.onEnd(() => lost.abort());
  // Whatever still waits for this connection is told so.
  lost.signal.addEventListener('abort', () => client.destroy());
  try {
    await requireHashKey(database, options.codec, options.codec.payload === 'hashed');
    const row = await readSyncRow(database, sync);
    if (!options.lock) return withClose({ client, lost, row, lease: noLease });
    const lease = await takeOver({ ...options, database, client, lost, sync, row });
    // A holder before may have moved the line of a resync.
    return withClose({ client, lost, row: await readSyncRow(database, sync), lease });
  } catch (error) {
    await client.end();
    throw error;
  }
}

function withClose(members: Omit<SyncConnection, 'close'>): SyncConnection {
  const close = async (): Promise<void> => {
    await members.lease.release();
    await members.client.end();
  };
  return { ...members, close };
}

async function readSyncRow(database: Database, name: string): Promise<SyncRow> {
  await ensureSync(database, name);
  const [row] = await database.query<SyncRow>({
    text: 'select id, resync_before, payloads from syncs where name = $1',
    values: [name],
  });
  if (row === undefined) throw new Error(`sync ${name} is not on record`);
  return row;
}

/** Takes the sync over from whoever had it, and waits until that one can have nothing more on the wire. */
async function takeOver(context: ConnectContext): Promise<Lease> {
  const { database, client, sync, row, lost, lease: times, log } = context;
  const target = { schema: database.schema, syncId: row.id, sync, times };
  const { lease, graceMs } = await acquireLease(client, { database, target, lost });
  try {
    const interrupted = await closeInterruptedRuns(database, row.id);
    if (interrupted > 0) log.warn('run of another process was interrupted', { sync, waitMs: Math.round(graceMs) });
    await changePayloadStorage(context);
    await sleep(graceMs);
    return lease;
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/** Hashes what was kept in full; what was hashed is kept in full again as far as runs meet it in the model. */
async function changePayloadStorage({ database, row: { id, payloads: stored }, codec }: ConnectContext): Promise<void> {
  if (stored === codec.payload) return;
  if (codec.payload === 'hashed') await hashPayloads(database, id, codec);
  else await database.query({ text: `update syncs set payloads = 'full' where id = $1`, values: [id] });
}

interface ConnectContext extends ConnectOptions {
  readonly database: Database;
  readonly client: StateClient;
  readonly lost: AbortController;
  readonly sync: string;
  readonly row: SyncRow;
}

interface SessionContext {
  readonly database: Database;
  readonly sync: SyncSettings;
  readonly retention: RetentionSettings;
  readonly codec: PayloadCodec;
}

function createSession({ client, lost, row, lease, close }: SyncConnection, context: SessionContext): RunSession {
  const { database, sync, codec } = context;
  let resyncBefore = row.resync_before;
  let currentRunId: string | null = null;
  const ledgerScope = (runId: string) => ({ syncId: row.id, runId, codec, onFenceLost: () => lost.abort() });
  return {
    ...poolMembers(row.id, context),
    lost: lost.signal,
    lostError: () => lease.whyLost(),
    savedPlans: openSavedPlans(client, { database, syncId: row.id, codec }),
    fence: lease,
    begin: async ({ trigger, destination, full }) => {
      currentRunId = await beginRun(database, row.id, { sync, trigger, destination });
      if (full) {
        resyncBefore = Number(currentRunId);
        await database.query({
          text: 'update syncs set resync_before = $2 where id = $1',
          values: [row.id, currentRunId],
        });
      }
      return currentRunId;
    },
    resolve: (batch, resolution) =>
      resolveBatch(database, { ...ledgerScope(batch.runId), sendingRunId: currentRunId }, { batch, resolution }),
    stage: () => openStage(client),
    difference: async (options) => {
      const comparedSync = { id: row.id, resyncBefore: options.full ? beyondAllRuns : resyncBefore };
      return computeDifference(client, { ...comparedSync, forgotten: await loadForgottenOf(row.id, context) }, options);
    },
    unknownKeys: (limit) => unknownKeys(client, limit),
    plan: (runId) => openPlan(client, { id: row.id, settings: sync, codec }, runId),
    ledger: (runId) => {
      const ledger = openLedger(database, { ...ledgerScope(runId), sendingRunId: currentRunId ?? runId });
      return abortableLedger(ledger, lost.signal);
    },
    finish: (runId, end) => finishAndPrune(context, row.id, { runId, end }),
    close,
  };
}

type PoolMember =
  | 'codec'
  | 'characteristics'
  | 'forgotten'
  | 'isContractVerified'
  | 'unknownBatches'
  | 'suppressUnknown'
  | 'payloads'
  | 'recomputeCounts'
  | 'finishPlanOnly';

/** What a session does through the pool, whether or not it holds the lock. */
function poolMembers(syncId: number, context: SessionContext): Pick<RunSession, PoolMember> {
  const { database, sync, codec } = context;
  return {
    codec,
    characteristics: openCharacteristics(database, syncId),
    forgotten: () => loadForgottenOf(syncId, context),
    isContractVerified: (destination) => isContractVerified(database, destination),
    unknownBatches: () => unknownBatches(database, syncId),
    suppressUnknown: () => suppressUnknown(database, syncId),
    payloads: (keys) => readPayloads(database, syncId, keys),
    recomputeCounts: (runId) => recomputeCounts(database, runId),
    finishPlanOnly: (run) => recordPlanOnly(database, syncId, { sync, run }),
  };
}

function loadForgottenOf(id: number, { database, sync, codec }: SessionContext): Promise<ForgottenPeople | null> {
  return loadForgotten(database, { id, settings: sync }, codec);
}

async function finishAndPrune(
  { database, retention }: SessionContext,
  syncId: number,
  { runId, end }: { readonly runId: string; readonly end: RunOutcome },
): Promise<RunReport> {
  const report = await finishRun(database, runId, end);
  await prune(database, syncId, retention);
  return report;
}

/** With this in the place of a run's id, everything in the snapshot is older. */
const beyondAllRuns = Number.MAX_SAFE_INTEGER;

async function isContractVerified(database: Database, destination: string): Promise<boolean> {
  const rows = await database.query({
    text: `select from runs where destination = $1 and trigger <> 'plan' and inserted + updated > 0 limit 1`,
    values: [destination],
  });
  return rows.length > 0;
}

async function readPayloads(
  database: Database,
  syncId: number,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.query<{ key: string; payload: string }>({
    text: 'select key, payload::text as payload from snapshot_fields where sync_id = $1 and key = any($2::text[])',
    values: [syncId, keys],
  });
  return new Map(rows.map(({ key, payload }) => [key, payload]));
}
