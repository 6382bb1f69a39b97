import { setMaxListeners } from 'node:events';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { RunSession } from '../../core/ports/run/run-session.ts';
import { canceledWhileWaiting } from '../../core/errors.ts';
import { sleep } from '../../lib/async/sleep.ts';
import type { Log } from '../../core/ports/log.ts';
import type { RetentionSettings, SyncSettings } from '../../core/settings.ts';
import type { Database } from '../db/database.ts';
import { requireHashKey } from '../tables/hash-key.ts';
import { hashPayloads } from './payload-hashing.ts';
import { noLease, acquireLease } from '../lease/lease.ts';
import type { Lease } from '../lease/lease.ts';
import type { LeaseTimes } from '../lease/lock.ts';
import { closeInterruptedRuns } from './record-runs.ts';
import { ensureSync } from '../tables/schedules.ts';
import type { StateClient } from '../db/state-client.ts';
import { reconcileForgotten } from '../trust/forgotten-copy.ts';
import type { StateMarks } from '../trust/state-marks.ts';
import { requireTrustedSnapshot } from '../trust/trust.ts';
import { openStores } from './run-stores.ts';

export interface SyncRow {
  readonly id: number;
  readonly resync_before: number;
  readonly payload_storage: PayloadCodec['payload'];
}

/** Stands for what a sync sends, and where to: see `configurationId`. */
export type ConfigurationOf = (sync: SyncSettings) => string;

export interface ConnectOptions {
  readonly lock: boolean;
  readonly codec: PayloadCodec;
  readonly lease: LeaseTimes;
  readonly log: Log;
  /** Ends the wait for a holder before. */
  readonly signal: AbortSignal;
  readonly hubAddress: string;
  readonly configurationOf: ConfigurationOf;
  readonly marks: StateMarks;
}

export interface SessionOptions extends ConnectOptions {
  readonly trustSnapshot: boolean;
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
  const { client, lost, row, lease, close } = await connectSync(database, sync.name, options);
  const { retention, codec, trustSnapshot } = options;
  const progress = { currentRunId: null, resyncBefore: row.resync_before, bytesCopied: 0 };
  const trust = { ...options, database, syncId: row.id, sync };
  if (trustSnapshot) {
    await requireTrustedSnapshot(trust).catch(async (error: unknown) => {
      await close();
      throw error;
    });
  }
  return {
    codec,
    stores: openStores({ ...trust, client, codec, retention, lost, progress }),
    fence: lease,
    lost: lost.signal,
    lostError: () => lease.whyLost(),
    close: async () => {
      await options.marks.flush(sync.name);
      await close();
    },
  };
}

export async function connectSync(database: Database, sync: string, options: ConnectOptions): Promise<SyncConnection> {
  const client = await database.dedicatedClient();
  const lost = new AbortController();
  // Node warns of a leak at eleven listeners, and there may be more senders than that.
  setMaxListeners(0, lost.signal);
  client.onEnd(() => lost.abort());
  // Ends whatever still waits for this connection.
  lost.signal.addEventListener('abort', () => client.destroy());
  try {
    await requireHashKey(database, options.codec, options.codec.payload === 'hashed');
    await reconcileForgotten(database, options.marks, options.log);
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
    text: 'select id, resync_before, payload_storage from syncs where name = $1',
    values: [name],
  });
  if (row === undefined) throw new Error(`sync ${name} is not on record`);
  return row;
}

/** Takes the sync over from whoever had it, and waits until that one can have nothing more on the wire. */
async function takeOver(context: ConnectContext): Promise<Lease> {
  const { database, client, sync, row, lost, lease: times, log, signal } = context;
  const target = { schema: database.schema, syncId: row.id, sync, times };
  const { lease, graceMs } = await acquireLease(client, { database, target, lost });
  try {
    const interrupted = await closeInterruptedRuns(database, row.id);
    if (interrupted > 0) log.warn('interrupted run closed', { sync, waitMs: Math.round(graceMs) });
    await changePayloadStorage(context);
    await sleep(graceMs, signal);
    if (signal.aborted) throw canceledWhileWaiting(`the process that ran the sync "${sync}" before`);
    return lease;
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/** Hashes what was stored in full; what was hashed is stored in full again once a run meets it in the model. */
async function changePayloadStorage({
  database,
  row: { id, payload_storage: stored },
  codec,
}: ConnectContext): Promise<void> {
  if (stored === codec.payload) return;
  if (codec.payload === 'hashed') await hashPayloads(database, id, codec);
  else await database.query({ text: `update syncs set payload_storage = 'full' where id = $1`, values: [id] });
}

interface ConnectContext extends ConnectOptions {
  readonly database: Database;
  readonly client: StateClient;
  readonly lost: AbortController;
  readonly sync: string;
  readonly row: SyncRow;
}
