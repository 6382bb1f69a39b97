import { freshnessReport } from '../../core/model/freshness/data-freshness.ts';
import type { RunsOptions } from '../../core/ports/run-details.ts';
import { skipReasons } from '../../core/model/terms.ts';
import type {
  Approval,
  Mode,
  ReasonCount,
  RowCounts,
  RunError,
  RunReport,
  RunStatus,
  SkipCounts,
  Trigger,
} from '../../core/model/terms.ts';
import type { Database } from '../db/database.ts';
import { toFreshness } from './freshness.ts';
import type { FreshnessRow } from './freshness.ts';
import { batchTotals, skipColumns, totalColumns, unsentRemovals, unsentRows } from '../run/run-counts.ts';

/** Runs as reports show them. The counts of one that is running are those of its batches so far. */

interface RunRow extends FreshnessRow {
  readonly id: number;
  readonly sync: string;
  readonly mode: Mode;
  readonly trigger: Trigger;
  readonly status: RunStatus;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly read: number;
  readonly duplicate: number;
  readonly invalid: number;
  readonly unchanged: number;
  readonly not_in_snapshot: number;
  readonly already_in_snapshot: number;
  readonly rejected_before: number;
  readonly deleted_in_hub: number;
  readonly forgotten: number;
  readonly outcome_unknown: number;
  readonly inserted: number;
  readonly updated: number;
  readonly rejected: number;
  readonly unsent: number;
  readonly removed: number;
  readonly renamed: number;
  readonly marked: number;
  readonly restored: number;
  readonly removals_rejected: number;
  readonly removals_unsent: number;
  readonly requests_sent: number;
  readonly requests_retried: number;
  readonly requests_rate_limited: number;
  readonly requests_split: number;
  readonly rows_read: number;
  readonly buckets_equal: number;
  readonly bytes_from_source: number;
  readonly bytes_to_state: number;
  readonly approves: number | null;
  readonly approval: Approval | null;
  readonly reasons: readonly ReasonCount[];
  readonly notes: readonly string[];
  readonly error: RunError | null;
}

const selectRuns = `
  select r.id, s.name as sync, r.mode, r.trigger, r.status, r.started_at, r.finished_at, r.read, r.duplicate, r.invalid,
    r.unchanged, ${skipColumns.join(', ')}, r.removed, r.approves, r.reasons, r.notes, r.error,
    r.rows_read, r.buckets_equal, r.bytes_from_source, r.bytes_to_state, r.freshness_column, r.newest_data_at,
    r.max_data_age_seconds,
    ${[...totalColumns, 'requests_split'].map((column) => `coalesce(t.${column}, r.${column}) as ${column}`).join(', ')},
    case when t.inserted is null then r.unsent else ${unsentRows} end as unsent,
    case when t.inserted is null then r.removals_unsent else ${unsentRemovals} end as removals_unsent,
    case when p.run_id is not null then
      json_build_object('state', p.state, 'inserts', p.inserts, 'updates', p.updates, 'marks', p.marks,
        'restores', p.restores, 'removed', r.removed, 'limit', p.change_limit, 'by', p.caller, 'reason', p.reason, 'at', p.settled_at, 'runId', p.settled_run_id::text)
    end as approval
  from runs r join syncs s on s.id = r.sync_id
    left join saved_plans p on p.run_id = r.id
    left join lateral (${batchTotals} = r.id and r.status = 'running') t on r.status = 'running'`;

export async function runById(database: Database, runId: string): Promise<RunReport | null> {
  const [row] = await database.query<RunRow>({ text: `${selectRuns} where r.id = $1`, values: [runId] });
  return row === undefined ? null : toReport(row);
}

/** Newest first; `sync` null: of all syncs. */
export async function listRuns(
  database: Database,
  filter: RunsOptions & { readonly sync: string | null; readonly limit: number },
): Promise<readonly RunReport[]> {
  const rows = await database.query<RunRow>({
    text: `${selectRuns}
           where ($1::text is null or s.name = $1) and ($3 or r.trigger <> 'plan') and ($4::bigint is null or r.id < $4)
             and ($5::text is null or r.status = $5) and ($6::text is null or r.trigger = $6)
           order by r.id desc limit $2`,
    values: [
      filter.sync,
      filter.limit,
      filter.plans ?? true,
      filter.beforeRunId ?? null,
      filter.status ?? null,
      filter.trigger ?? null,
    ],
  });
  return rows.map(toReport);
}

/** The newest run of every sync, plans left out. */
export async function lastRuns(database: Database): Promise<readonly RunReport[]> {
  const rows = await database.query<RunRow>({
    text: `${selectRuns} where r.id in (
             select last.id from syncs cross join lateral (
               select id from runs where sync_id = syncs.id and trigger <> 'plan' order by id desc limit 1
             ) last
           )`,
  });
  return rows.map(toReport);
}

function toReport(row: RunRow): RunReport {
  const { not_in_snapshot, already_in_snapshot, rejected_before, deleted_in_hub, forgotten, outcome_unknown } = row;
  const skips = { not_in_snapshot, already_in_snapshot, rejected_before, deleted_in_hub, forgotten, outcome_unknown };
  return {
    runId: String(row.id),
    sync: row.sync,
    mode: row.mode,
    trigger: row.trigger,
    status: row.status,
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    rows: rowCounts(row, skips),
    skips,
    reasons: row.reasons,
    requests: {
      sent: row.requests_sent,
      retried: row.requests_retried,
      rateLimited: row.requests_rate_limited,
      split: row.requests_split,
    },
    work: {
      rowsRead: row.rows_read,
      bucketsEqual: row.buckets_equal,
      bytesFromSource: row.bytes_from_source,
      bytesToState: row.bytes_to_state,
    },
    freshness: freshnessOf(row),
    renamed: row.renamed,
    removals: {
      marked: row.marked,
      restored: row.restored,
      rejected: row.removals_rejected,
      unsent: row.removals_unsent,
    },
    approves: row.approves === null ? null : String(row.approves),
    approval: row.approval === null ? null : toApproval(row.approval),
    notes: row.notes,
    error: row.error,
  };
}

function freshnessOf(row: RunRow): RunReport['freshness'] {
  const freshness = toFreshness(row);
  return freshness === null ? null : freshnessReport(freshness, row.started_at);
}

function rowCounts(row: RunRow, skips: SkipCounts): RowCounts {
  return {
    read: row.read,
    duplicate: row.duplicate,
    invalid: row.invalid,
    unchanged: row.unchanged,
    skipped: skipReasons.reduce((sum, reason) => sum + skips[reason], 0),
    inserted: row.inserted,
    updated: row.updated,
    rejected: row.rejected,
    unsent: row.unsent,
    removed: row.removed,
  };
}

/** Times in JSON are written in the time zone of the session. */
function toApproval({ at, ...approval }: Approval): Approval {
  return { ...approval, at: at === null ? null : new Date(at).toISOString() };
}
