import type pg from 'pg';
import { PanelsyncError } from '../core/errors.ts';
import type { Candidate, OutboxRow, PlanRecorder, RunSession, StageWriter, UnknownBatch } from '../core/ledger.ts';
import type { RetentionSettings, SyncSettings } from '../core/settings.ts';
import type { Database } from './database.ts';
import { stateError } from './database.ts';
import { findDifference, unknownKeys } from './differences.ts';
import { openPlan } from './plan-record.ts';
import { prune } from './retention.ts';
import { beginRun, finishRun, recordPlanOnly, recoverRuns, retally } from './runs.ts';
import { addSync } from './schedules.ts';
import { openLedger } from './settle.ts';
import { openStage } from './stage-table.ts';

interface SyncRow {
  readonly id: number;
  readonly resync_before: number;
}

export interface SessionOptions {
  readonly lock: boolean;
  readonly retention: RetentionSettings;
}

/**
 * A session of one sync on a connection of its own. The connection carries the lock and the stage, so both are gone
 * the moment the process is.
 */
export async function openSession(
  database: Database,
  sync: SyncSettings,
  { lock, retention }: SessionOptions,
): Promise<RunSession> {
  const client = await database.dedicated();
  try {
    const row = await syncRow(database, sync.name);
    if (lock) {
      await takeLock(client, database.schema, sync.name);
      await recoverRuns(database, row.id);
    }
    return session({ database, client, sync, row: await syncRow(database, sync.name), retention });
  } catch (error) {
    await client.end();
    throw stateError(error);
  }
}

async function syncRow(database: Database, name: string): Promise<SyncRow> {
  await addSync(database, name);
  const [row] = await database.rows<SyncRow>({
    text: 'select id, resync_before from syncs where name = $1',
    values: [name],
  });
  if (row === undefined) throw new Error(`sync ${name} is not on record`);
  return row;
}

/** Advisory locks belong to the whole database: the schema is part of the name. */
async function takeLock(client: pg.Client, schema: string, sync: string): Promise<void> {
  const { rows } = await client.query<{ taken: boolean }>(
    "select pg_try_advisory_lock(hashtextextended('panelsync:' || $1 || ':' || $2, 0)) as taken",
    [schema, sync],
  );
  if (rows[0]?.taken === true) return;
  throw new PanelsyncError({
    code: 'already_running',
    recovery: 'busy',
    message: `Another process runs the sync "${sync}" now.`,
    hint: 'Wait until it is done; panelsync status shows it.',
  });
}

interface Opened {
  readonly database: Database;
  readonly client: pg.Client;
  readonly sync: SyncSettings;
  readonly row: SyncRow;
  readonly retention: RetentionSettings;
}

function session({ database, client, sync, row, retention }: Opened): RunSession {
  const lost = new AbortController();
  client.on('end', () => lost.abort());
  client.on('error', () => lost.abort());
  let resyncBefore = row.resync_before;
  let current: string | null = null;
  return {
    lost: lost.signal,
    isProven: (destination) => isProven(database, destination),
    begin: async ({ trigger, destination, full }) => {
      current = await beginRun(database, row.id, { sync, trigger, destination });
      if (full) {
        resyncBefore = Number(current);
        await database.rows({ text: 'update syncs set resync_before = $2 where id = $1', values: [row.id, current] });
      }
      return current;
    },
    unknownBatches: () => unknownBatches(database, row.id),
    stage: async () => toldStage(await told(openStage(client))),
    difference: (options) =>
      told(findDifference(client, { id: row.id, resyncBefore: options.full ? everyRun : resyncBefore }, options)),
    unknownKeys: (limit) => told(unknownKeys(client, limit)),
    payloads: (keys) => payloads(database, row.id, keys),
    plan: async (runId) => toldPlan(await told(openPlan(client, { id: row.id, settings: sync }, runId))),
    ledger: (runId) => openLedger(database, { syncId: row.id, runId, sender: current ?? runId }),
    retally: (runId) => retally(database, runId),
    finish: async (runId, end) => {
      const report = await finishRun(database, runId, end);
      await prune(database, row.id, retention);
      return report;
    },
    finishPlanOnly: (run) => recordPlanOnly(database, row.id, { sync, run }),
    close: () => client.end(),
  };
}

/** With this in the place of a run's id, everything in the snapshot is older. */
const everyRun = Number.MAX_SAFE_INTEGER;

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw stateError(error);
  }
}

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

async function unknownBatches(database: Database, syncId: number): Promise<readonly UnknownBatch[]> {
  const batches = await database.rows<{ run_id: number; number: number; rows: readonly OutboxRow[] }>({
    text: `select b.run_id, b.number,
             (select json_agg(json_build_object('seq', o.seq, 'key', o.key, 'payload', o.payload::text, 'suspect', o.suspect)
                order by o.seq)
              from outbox o where o.run_id = b.run_id and o.seq = any(b.seqs)) as rows
           from batches b join runs r on r.id = b.run_id
           where r.sync_id = $1 and b.state = 'unknown' order by b.run_id, b.number`,
    values: [syncId],
  });
  return batches.map(({ run_id: runId, number, rows }) => ({ runId: String(runId), number, rows }));
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
