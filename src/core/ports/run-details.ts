import type { TimelineBatch } from '../model/timeline/timeline-records.ts';
import type { RequestCounts, RunReport, RunStatus, Trigger } from '../model/terms.ts';

export const historyCounts = [
  'duplicate',
  'invalid',
  'unchanged',
  'skipped',
  'inserted',
  'updated',
  'rejected',
  'unsent',
  'removed',
] as const;
type HistoryCount = (typeof historyCounts)[number];

/** Runs of a sync by time, as columns of one length. Where several runs share a bucket, their rows are summed. */
export interface SyncHistory {
  readonly bucketSeconds: number;
  readonly columns: Readonly<Record<HistoryCount, readonly number[]>> & {
    /** Start of each bucket, in seconds since 1970. */
    readonly at: readonly number[];
    /** Mean of its runs. */
    readonly durationMs: readonly number[];
    readonly runs: readonly number[];
    /** Runs that failed or were stopped. */
    readonly failed: readonly number[];
  };
}

/** When a run went from one step to the next. */
export interface RunTimes {
  readonly startedAt: string;
  /** The model was read and compared with the snapshot. */
  readonly readAt: string | null;
  readonly plannedAt: string | null;
  readonly batches: number;
  /** The last batch was settled. */
  readonly settledAt: string | null;
  readonly finishedAt: string | null;
}

/** A batch as the ledger has it. Its message names nobody. */
export interface BatchRecord extends TimelineBatch {
  /** The batch whose refusal or unknown outcome it follows. */
  readonly parent: number | null;
  readonly rows: number;
  readonly inserted: number;
  readonly updated: number;
  readonly rejected: number;
  readonly requests: Omit<RequestCounts, 'split'>;
  readonly durationMs: number | null;
  /** Whether its rows went again in parts. */
  readonly split: boolean;
  readonly recordedAt: string;
}

/** Which runs are listed; `null`: all. */
export interface RunsFilter {
  readonly sync: string | null;
  readonly status?: RunStatus | null;
  readonly trigger?: Trigger | null;
}

export interface RunsOptions extends Omit<RunsFilter, 'sync'> {
  /** Whether plans are listed too; they are by default. */
  readonly plans?: boolean;
  /** Only runs older than this one. */
  readonly beforeRunId?: string | null;
}

/** What is on record of runs. */
export interface RunRecords {
  /** Newest first; of one sync or of all. */
  runs(sync: string | null, limit: number, options?: RunsOptions): Promise<readonly RunReport[]>;
  run(runId: string): Promise<RunReport | null>;
  /** Runs of the last days, by time. */
  history(sync: string, days: number): Promise<SyncHistory>;
  runTimes(runId: string): Promise<RunTimes | null>;
  /** Batches of a run after the one with this number. */
  batches(
    runId: string,
    page: { readonly limit: number; readonly after: string | null },
  ): Promise<readonly BatchRecord[]>;
}
