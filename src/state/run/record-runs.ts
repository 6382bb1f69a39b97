import { leaseLost } from '../../core/lost-errors.ts';
import type { NewRun, PlanOnlyRun, RunOutcome, ToleratedCounts, Turns } from '../../core/ports/run/run-store.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { noWork } from '../../core/model/terms.ts';
import type { RunError, RunReport, SourceWork } from '../../core/model/terms.ts';
import type { Database } from '../db/database.ts';
import { storeFingerprints } from '../tables/fingerprints.ts';
import { requireWaiting, settlePlans } from '../tables/saved-plans.ts';
import { clearOutboxBodies } from './payload-hashing.ts';
import type { StateClient } from '../db/state-client.ts';
import { freshnessColumns } from '../queries/freshness.ts';
import { runById } from '../queries/runs.ts';
import { recordReasons } from './run-reasons.ts';
import { batchTotals, plannedColumns, setTotals, unsentRemovals, unsentRows } from './run-counts.ts';

/** A run that starts catches up on whatever scheduled time was missed. */
export async function beginRun(
  database: Database,
  syncId: number,
  run: Omit<NewRun, 'full'> & { readonly sync: SyncSettings; readonly configuration: string },
): Promise<string> {
  if (run.approves !== undefined) await requireWaiting(database, run.approves);
  const [row] = await database.query<{ id: number }>({
    text: `with caught_up as (
             update syncs set pending_scheduled_at = null where id = $1 and pending_scheduled_at is not null
           )
           insert into runs (sync_id, mode, trigger, status, key_column, destination, configuration, approves)
           values ($1, $2, $3, 'running', $4, $5, $6, $7) returning id`,
    values: [
      syncId,
      run.sync.mode,
      run.trigger,
      run.sync.key,
      run.destination,
      run.configuration,
      run.approves ?? null,
    ],
  });
  return String(row?.id);
}

/** How many runs are looked through for the same configuration: enough for two schedules that are far apart. */
const maxTurns = 50;

/**
 * The run before this one if it had another configuration, and a run before that which had this one: two configurations
 * take turns, or a change was taken back. `null` where nothing of the kind has happened.
 */
export async function findTurns(database: Database, syncId: number, runId: string): Promise<Turns | null> {
  const [turns] = await database.query<{ other: number; own: number }>({
    text: `with recent as (
             select id, configuration from runs
             where sync_id = $1 and id < $2 and configuration is not null order by id desc limit ${maxTurns}
           )
           select other.id as other, max(own.id) as own
           from runs r, recent other, recent own
           where r.id = $2 and other.id = (select max(id) from recent) and other.configuration <> r.configuration
             and own.configuration = r.configuration
           group by other.id`,
    values: [syncId, runId],
  });
  return turns === undefined ? null : { other: String(turns.other), own: String(turns.own) };
}

/** Closes what a dead process left running: its batches in flight have an unknown outcome, its other rows are unsent. */
export async function closeInterruptedRuns(database: Database, syncId: number): Promise<number> {
  const interrupted = await database.query<{ id: number }>({
    text: "select id from runs where sync_id = $1 and status = 'running'",
    values: [syncId],
  });
  for (const { id } of interrupted) {
    const error: RunError = {
      code: 'interrupted',
      message: 'The process ended before the run had finished.',
      hint: 'Nothing to do: the next run resolves the batches that were in flight.',
    };
    await endRun(database, String(id), {
      status: 'failed',
      error,
      notes: [],
      work: noWork,
      freshness: null,
      bytesToState: 0,
    });
  }
  return interrupted.length;
}

/** How a run ended, with the bytes that it copied into this database. */
export interface RunEnd extends RunOutcome {
  readonly bytesToState: number;
}

/**
 * Ends a run: batches still in flight have an unknown outcome, also those of earlier runs that it was sending again; its
 * rows add up, and changes that were never part of a batch leave the outbox, but for those of a plan that people may
 * approve. False where it was over already.
 */
async function endRun(database: Database, runId: string, end: RunEnd): Promise<boolean> {
  const { status, error, notes, work } = end;
  return database.transaction(async (client) => {
    // Whoever else thinks that the run goes on waits for this to record a batch or to end it, and then may not.
    const running = await client.query("select from runs where id = $1 and status = 'running' for update", [runId]);
    if (running.rowCount === 0) return false;
    await client.query(
      `update batches b set state = 'unknown' from runs r
       where r.id = b.run_id and b.state = 'in_flight' and r.sync_id = (select sync_id from runs where id = $1)`,
      [runId],
    );
    const bytesToState = end.bytesToState + (await storeFingerprints(client, runId, end.fingerprints));
    const { invalidPercent = 0, rejectedPercent = 0 } = end.tolerance ?? {};
    const { rows } = await client.query<ToleratedCounts & { readonly status: string }>(
      `update runs r set ${setTotals}, finished_at = now(),
         read = case when r.planned_at is null then $3 else r.read end,
         unsent = case when r.planned_at is null then $3 else ${unsentRows} end, removals_unsent = ${unsentRemovals},
         status = case when $2 <> 'complete' then $2
           when r.invalid * 100 > $9::float8 * r.read or (t.rejected + t.removals_rejected) * 100 > $10::float8 * r.read
           then 'partial' else 'succeeded' end,
         error = $4, notes = $5, rows_read = $3, buckets_equal = $6, bytes_from_source = $7, bytes_to_state = $8,
         freshness_column = $11, newest_data_at = $12, max_data_age_seconds = $13
       from (${batchTotals} = $1) t where r.id = $1
       returning r.status, r.read, r.invalid, r.rejected + r.removals_rejected as rejected`,
      [
        runId,
        status,
        work.rowsRead,
        error === null ? null : JSON.stringify(error),
        JSON.stringify(notes),
        work.bucketsEqual,
        work.bytesFromSource,
        bytesToState,
        invalidPercent,
        rejectedPercent,
        ...Object.values(freshnessColumns(end.freshness)),
      ],
    );
    await addToleratedNote(client, { runId, end }, rows[0]);
    await recordReasons(client, runId);
    await settlePlans(client, runId, end.savedPlan);
    await client.query(
      `delete from outbox o where o.run_id = $1 and exists (select from runs where id = $1 and unsent + removals_unsent > 0)
         and not exists (select from saved_plans where run_id = $1)
         and not exists (
           select from (select unnest(seqs) as seq from batches where run_id = $1) as sent where sent.seq = o.seq
         )`,
      [runId],
    );
    await clearOutboxBodies(client, runId);
    return true;
  });
}

async function addToleratedNote(
  client: StateClient,
  { runId, end }: { readonly runId: string; readonly end: RunEnd },
  ended: (ToleratedCounts & { readonly status: string }) | undefined,
): Promise<void> {
  if (ended === undefined || ended.status !== 'succeeded' || ended.invalid + ended.rejected === 0) return;
  const notes = [...end.notes, ...(end.tolerance === undefined ? [] : [end.tolerance.note(ended)])];
  await client.query('update runs set notes = $2 where id = $1', [runId, JSON.stringify(notes)]);
}

/** Ends one's own run; somebody else has ended it where the sync was taken over. */
export async function finishRun(database: Database, runId: string, end: RunEnd): Promise<RunReport> {
  if (!(await endRun(database, runId, end))) throw leaseLost();
  const report = await runById(database, runId);
  if (report === null) throw new Error(`run ${runId} is not on record`);
  return report;
}

/** Counts a finished run again, after batches of it were resolved. */
export async function recomputeCounts(database: Database, runId: string): Promise<void> {
  await database.transaction((client) => recomputeCountsWithin(client, runId));
}

export async function recomputeCountsWithin(client: StateClient, runId: string): Promise<void> {
  await client.query(
    `update runs r set ${setTotals}, unsent = ${unsentRows}, removals_unsent = ${unsentRemovals}
     from (${batchTotals} = $1) t where r.id = $1 and r.finished_at is not null and r.planned_at is not null`,
    [runId],
  );
  await clearOutboxBodies(client, runId);
}

function workColumns(work: SourceWork, bytesToState: number): Readonly<Record<string, number>> {
  return {
    rows_read: work.rowsRead,
    buckets_equal: work.bucketsEqual,
    bytes_from_source: work.bytesFromSource,
    bytes_to_state: bytesToState,
  };
}

export async function recordPlanOnly(
  database: Database,
  syncId: number,
  {
    sync,
    run,
    bytesToState,
  }: { readonly sync: SyncSettings; readonly run: PlanOnlyRun; readonly bytesToState: number },
): Promise<RunReport> {
  const { counts, work, status, error, startedAt, destination } = run;
  const columns = {
    sync_id: syncId,
    mode: sync.mode,
    trigger: 'plan',
    status,
    key_column: sync.key,
    destination,
    started_at: startedAt,
    notes: JSON.stringify(run.notes),
    reasons: JSON.stringify(run.reasons),
    error: error === null ? null : JSON.stringify(error),
    ...plannedColumns(counts),
    inserted: counts.inserts,
    updated: counts.updates,
    renamed: counts.renames,
    marked: counts.marks,
    restored: counts.restores,
    ...workColumns(work, bytesToState),
    ...freshnessColumns(run.freshness),
  };
  const parameters = Object.keys(columns).map((_, at) => `$${at + 1}`);
  const [row] = await database.query<{ id: number }>({
    text: `insert into runs (planned_at, finished_at, ${Object.keys(columns).join(', ')})
           values (now(), now(), ${parameters.join(', ')}) returning id`,
    values: Object.values(columns),
  });
  const report = await runById(database, String(row?.id));
  if (report === null) throw new Error('the plan is not on record');
  return report;
}
