/** The documents of the API as the page reads them; docs/openapi.json describes them all. */

import type { FreshnessReport } from '../../core/model/freshness/data-freshness.ts';
import type { TimelineBatch } from '../../core/model/timeline/timeline-records.ts';
import type { FieldChanges, Mode, RowError, RunReport, SampleChange } from '../../core/model/terms.ts';

export interface Session {
  readonly access: 'none' | 'read' | 'operate';
  readonly tokenRequired: boolean;
  /** Whether answers show who people are; `hidden`: lists of people are not served at all. */
  readonly people: 'hidden' | 'masked' | 'shown';
  readonly expiresAt: string | null;
  /** `null` to those who have not signed in, as the address of the Hub. */
  readonly version: string | null;
  readonly hubAddress: string | null;
}

export type SyncState =
  'healthy' | 'refused' | 'failing' | 'stopped' | 'paused' | 'overdue' | 'stale' | 'running' | 'new';

/** Rows that share one reason, most frequent first in lists. */
export interface ReasonCount {
  readonly reason: string;
  readonly field: string | null;
  readonly message: string;
  readonly count: number;
}

export interface SyncDocument {
  readonly sync: string;
  readonly mode: Mode;
  readonly schedule: string | null;
  readonly nextRunAt: string | null;
  readonly paused: boolean;
  readonly pausedAt: string | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  readonly running: boolean;
  readonly lastRun: RunReport | null;
  readonly snapshot: number;
  readonly rejections: number;
  /** Of the snapshot, and not in the model now. */
  readonly removed: { readonly people: number; readonly marked: number; readonly refused: number };
  readonly held: { readonly batches: number; readonly people: number; readonly runs: readonly string[] };
  readonly state: SyncState;
  readonly lastSuccessAt: string | null;
  readonly reasons: readonly ReasonCount[];
  readonly freshness: FreshnessReport | null;
}

export interface SyncDetails extends SyncDocument {
  /** YAML with secrets masked. */
  readonly configuration: string;
  readonly model: { readonly file: string | null; readonly sql: string };
}

export interface Progress {
  readonly sync: string;
  readonly runId: string;
  readonly step: string;
  /** `null` where another process runs it. */
  readonly rowsRead: number | null;
  /** `null` until the plan is made. */
  readonly rowsToSend: number | null;
  readonly rowsSent: number;
  readonly batchesSent: number;
  readonly rowsPerSecond: number | null;
  readonly secondsLeft: number | null;
}

/** Figures over time, column by column; one place in each column is one point. */
export interface History {
  readonly bucketSeconds: number;
  readonly columns: Readonly<Record<HistoryColumn, readonly number[]>>;
}

export type HistoryColumn =
  | 'at'
  | 'durationMs'
  | 'unchanged'
  | 'inserted'
  | 'updated'
  | 'skipped'
  | 'rejected'
  | 'invalid'
  | 'unsent'
  | 'runs'
  | 'failed';

export interface PlanDocument extends RunReport {
  readonly sample: readonly SampleChange[];
}

export interface RunStep {
  readonly step: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
}

export interface BatchDocument {
  readonly number: number;
  readonly parent: number | null;
  readonly state: string;
  readonly rows: number;
  readonly inserted: number;
  readonly updated: number;
  readonly rejected: number;
  readonly requests: { readonly sent: number; readonly retried: number; readonly rateLimited: number };
  readonly status: number | null;
  readonly requestId: string | null;
  readonly durationMs: number | null;
  readonly message: string | null;
  readonly recordedAt: string;
  readonly settledAt: string | null;
}

/** One page of a list; the cursor leads to the next. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** An event of a person's timeline; which members it has depends on the event. */
export interface PersonEvent {
  readonly sync: string | null;
  readonly key?: string;
  readonly event: string;
  readonly at?: string;
  readonly lastAt?: string;
  readonly firstRun?: string;
  readonly lastRun?: string;
  readonly runs?: number;
  readonly outcome?: string;
  readonly fields?: FieldChanges | null;
  readonly faults?: readonly RowError[];
  readonly batches?: readonly TimelineBatch[];
  readonly reason?: string;
  readonly rows?: number;
  readonly from?: string;
  readonly to?: string;
}

/** A row of the lists that belong to a run or a sync; which members it has depends on the list. */
export interface PersonRow {
  readonly email: string | null;
  readonly key: string;
  readonly by?: 'validation' | 'destination';
  readonly code?: string;
  readonly message?: string | null;
  readonly field?: string | null;
  readonly reason?: string;
  readonly rows?: number;
  readonly since?: string | null;
  readonly previousEmail?: string;
  readonly renamedTo?: string | null;
  readonly at?: string;
  readonly operation?: string;
  readonly batch?: number;
  readonly attempts?: number | null;
  readonly open?: boolean;
  readonly retry?: boolean;
  readonly firstSeenAt?: string;
  readonly lastSeenAt?: string;
}
