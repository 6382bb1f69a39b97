import type { AuditQuery, AuditRecord } from './audit-log.ts';
import type { Pause } from './schedule-store.ts';
import type { Rejection, AbsentPeople, AbsentPeopleQuery, RowLists, Skip } from './row-lists.ts';
import type { RunRecords } from './run-details.ts';
import { PanelsyncError } from '../errors.ts';
import type { DataFreshness } from '../model/freshness/data-freshness.ts';
import type { TimelineRecords } from '../model/timeline/timeline-records.ts';
import type { DecisiveStatus } from '../model/sync-state/sync-state.ts';
import type { ReasonCount, RunReport } from '../model/terms.ts';

/** What `status --json` says of a sync. */
export interface SyncStatus {
  readonly running: boolean;
  readonly lastRun: RunReport | null;
  /** People in the snapshot. */
  readonly snapshot: number;
  /** Rejections that are open. */
  readonly rejections: number;
  /** The most frequent reasons of those. */
  readonly reasons: readonly ReasonCount[];
  readonly removed: RemovedCounts;
  /** End of the last run that succeeded or was partial, as ISO 8601. */
  readonly lastSuccessAt: string | null;
  /** How the last run ended that says something of the sync. */
  readonly lastOutcome: DecisiveStatus | null;
  /** When the sync was first recorded or last resumed, as ISO 8601; `null` where it is not on record. */
  readonly watchedSince: string | null;
  readonly pause: Pause | null;
  /** As the last run recorded it that read the model; `null`: it did not watch it, or none has. */
  readonly freshness: DataFreshness | null;
  readonly unresolved: UnresolvedBatches;
}

/** People of the snapshot who are not in the model now, as far as runs have said so. */
export interface RemovedCounts {
  readonly people: number;
  /** Of them: the Hub has accepted their mark; it has refused it. */
  readonly marked: number;
  readonly refused: number;
}

export const nobodyRemoved: RemovedCounts = { people: 0, marked: 0, refused: 0 };

/** Batches with an unknown outcome, whose people are suppressed. */
export interface UnresolvedBatches {
  readonly batches: number;
  readonly people: number;
  /** The runs that sent them. */
  readonly runs: readonly string[];
}

/** Somebody as keys are compared; `sync` null: in every sync. */
export interface PersonSelector {
  readonly email: string;
  /** In syncs whose rows have another key than the e-mail. */
  readonly key: string | null;
  readonly sync: string | null;
}

export type ErasedTable =
  | 'snapshot'
  | 'snapshot_fields'
  | 'outbox'
  | 'rejections'
  | 'past_rejections'
  | 'skips'
  | 'suppressions'
  | 'absences'
  | 'marks'
  | 'renames';

/** Rows that forgetting removed in one sync, by table; tables that held nothing are left out. */
export interface ErasedRows {
  readonly sync: string;
  readonly removed: Readonly<Partial<Record<ErasedTable, number>>>;
}

/** A person who is forgotten in a sync, or in all of them (`sync` null). */
export interface ForgottenRecord {
  readonly sync: string | null;
  /** ISO 8601. */
  readonly since: string;
}

/** Reads and marks what the state database holds, for commands. A database without our tables reads as empty. */
export interface Records extends RunRecords, RowLists {
  status(sync: string): Promise<SyncStatus>;
  /** Whether a living process has the sync: it runs it, or imports or compares its people. */
  isLeased(sync: string): Promise<boolean>;
  /** Open rejections; with a `reason`, only those with such an error. */
  rejections(sync: string, limit: number | null, reason?: string | null): Promise<readonly Rejection[]>;
  /** Rows skipped by a run; with `duplicates`, the keys that came more than once instead. */
  skips(runId: string, options: SkipsOptions): Promise<readonly Skip[]>;
  /** People who left the model, by key. */
  removed(sync: string, query: AbsentPeopleQuery): Promise<AbsentPeople>;
  /** What people did by hand, newest first. */
  audit(query: AuditQuery): Promise<readonly AuditRecord[]>;
  /** Marks rejections to be tried again; returns how many. */
  retry(sync: string, email: string | null): Promise<number>;
  /** Lets the next run plan as if the snapshot were empty; returns how many people it knows. */
  resync(sync: string): Promise<number>;
  /** The Hub of the snapshot has moved to the configured address; `former` is null where nothing changed. */
  acceptHubAddress(sync: string): Promise<{ readonly former: string | null; readonly address: string }>;
  /** Wipes a person and keeps them from being sent again. */
  forget(person: PersonSelector): Promise<readonly ErasedRows[]>;
  /** What is on record of a person, by sync; syncs that hold nothing of them are left out. */
  timelines(person: PersonSelector): Promise<readonly TimelineRecords[]>;
  /** Where and since when a person is forgotten; nothing where they are not. */
  forgotten(person: PersonSelector): Promise<readonly ForgottenRecord[]>;
  /** Lets a forgotten person be sent again; false where nobody was forgotten. */
  allow(person: PersonSelector): Promise<boolean>;
}

export interface SkipsOptions {
  readonly duplicates: boolean;
  /** `null`: all. */
  readonly limit: number | null;
  /** Only those with this reason; absent: all. */
  readonly reason?: string | null;
}

export function unknownRunError(runId: string): PanelsyncError {
  return new PanelsyncError({
    code: 'unknown_run',
    recovery: 'usage',
    message: `There is no run ${runId}.`,
    hint: 'panelsync runs lists those that are on record.',
  });
}

export function noRunsError(): PanelsyncError {
  return new PanelsyncError({
    code: 'unknown_run',
    recovery: 'usage',
    message: 'There are no runs yet.',
    hint: 'Start one with panelsync run <sync>.',
  });
}
