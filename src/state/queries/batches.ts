import type { BatchRecord, RunTimes } from '../../core/ports/run-details.ts';
import type { Database } from '../db/database.ts';

interface BatchRow extends Omit<BatchRecord, 'requestId' | 'durationMs' | 'recordedAt' | 'settledAt' | 'requests'> {
  readonly requests_sent: number;
  readonly requests_retried: number;
  readonly requests_rate_limited: number;
  readonly request_id: string | null;
  readonly duration_ms: number | null;
  readonly recorded_at: Date;
  readonly settled_at: Date | null;
}

/** By number, which is the order in which they were recorded. */
export async function listBatches(
  database: Database,
  runId: string,
  { limit, after }: { readonly limit: number; readonly after: string | null },
): Promise<readonly BatchRecord[]> {
  const rows = await database.query<BatchRow>({
    text: `select number, parent, state, cardinality(seqs) as rows, inserted, updated, rejected, requests_sent,
             requests_retried, requests_rate_limited, split, status, request_id, duration_ms, message, recorded_at, settled_at
           from batches where run_id = $1 and number > $2 order by number limit $3`,
    values: [runId, after ?? 0, limit],
  });
  return rows.map((row) => ({
    number: row.number,
    parent: row.parent,
    state: row.state,
    rows: row.rows,
    inserted: row.inserted,
    updated: row.updated,
    rejected: row.rejected,
    requests: {
      sent: row.requests_sent,
      retried: row.requests_retried,
      rateLimited: row.requests_rate_limited,
    },
    split: row.split,
    status: row.status,
    requestId: row.request_id,
    durationMs: row.duration_ms,
    message: row.message,
    recordedAt: row.recorded_at.toISOString(),
    settledAt: row.settled_at?.toISOString() ?? null,
  }));
}

interface TimesRow {
  readonly started_at: Date;
  readonly read_at: Date | null;
  readonly planned_at: Date | null;
  readonly batches: number;
  readonly settled_at: Date | null;
  readonly finished_at: Date | null;
}

/** `null`: there is no such run. */
export async function readRunTimes(database: Database, runId: string): Promise<RunTimes | null> {
  const [row] = await database.query<TimesRow>({
    text: `select r.started_at, r.read_at, r.planned_at, r.finished_at, b.batches, b.settled_at
           from runs r cross join lateral (
             select count(*) as batches, max(settled_at) as settled_at from batches where run_id = r.id
           ) b where r.id = $1`,
    values: [runId],
  });
  if (row === undefined) return null;
  return {
    startedAt: row.started_at.toISOString(),
    readAt: row.read_at?.toISOString() ?? null,
    plannedAt: row.planned_at?.toISOString() ?? null,
    batches: row.batches,
    settledAt: row.settled_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}
