import type { RowError, ChangeOperation, RunStatus } from '../terms.ts';

/** What the ledger holds of one person in one sync; ids of runs and baselines come out of one row of numbers. */
export interface TimelineRecords {
  readonly sync: string;
  readonly key: string;
  /** Runs that are on record, oldest first; plans are no part of a life. */
  readonly runs: readonly TimelineRun[];
  /** Changes that were part of a batch, oldest first. */
  readonly sent: readonly SentChange[];
  readonly skips: readonly (TimelineSpan & { readonly reason: string; readonly rows: number })[];
  readonly absences: readonly TimelineSpan[];
  readonly rejections: readonly (TimelineSpan & {
    readonly by: 'validation' | 'destination';
    readonly faults: readonly RowError[];
  })[];
  /** What the snapshot holds now; `baselineAt` is when the baseline began that it comes from, if it does. */
  readonly snapshot: { readonly runId: number; readonly baselineAt: string | null } | null;
  /** New e-mails: of this person, and of the one that this e-mail belonged to before. */
  readonly renames: readonly TimelineRename[];
  readonly suppression: { readonly reason: string; readonly since: string } | null;
  /** The last runs whose records, and whose skips, retention has taken; 0: none. */
  readonly prunedRunId: number;
  readonly prunedSkipsRunId: number;
}

export interface TimelineRename {
  readonly runId: number;
  /** When the Hub had accepted the person under the new key. */
  readonly at: string;
  readonly from: string;
  readonly to: string;
}

export interface TimelineRun {
  readonly id: number;
  readonly startedAt: string;
  readonly status: RunStatus;
  readonly planned: boolean;
  /** Rows that the run left for the next. */
  readonly unsent: number;
}

/** Lasts from a run until, and without, another; `null`: to this day. */
export interface TimelineSpan {
  readonly fromRunId: number;
  readonly untilRunId: number | null;
}

export interface SentChange {
  readonly runId: number;
  readonly operation: ChangeOperation;
  /** As it is kept: canonical payload text, or its hashes. */
  readonly payload: string;
  /** Why the Hub refused it, where it marks or restores the person; refusals of rows are spans. */
  readonly refusal: RowError | null;
  /** The batches that it was part of, in their order. */
  readonly batches: readonly TimelineBatch[];
}

export interface TimelineBatch {
  readonly number: number;
  readonly state: 'in_flight' | 'accepted' | 'refused' | 'not_sent' | 'unknown' | 'resent' | 'found';
  readonly status: number | null;
  readonly requestId: string | null;
  readonly settledAt: string | null;
  readonly message: string | null;
}
