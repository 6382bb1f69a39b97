import type { Operation, ReasonCount, RowError } from '../model/terms.ts';

/** The lists of rows that a run leaves. */
export const runLists = ['rejections', 'skips', 'duplicates', 'renames', 'removed', 'deferred'] as const;
export type RunList = (typeof runLists)[number];

/** By what each list may be sorted. */
export const rowSorts = {
  rejections: ['key', 'reason', 'field', 'firstSeen', 'lastSeen', 'attempts'],
  skips: ['key', 'reason'],
  duplicates: ['key', 'rows'],
  renames: ['key', 'reason', 'at'],
  removed: ['key', 'since'],
  deferred: ['key', 'reason', 'operation'],
} as const satisfies Readonly<Record<RunList, readonly string[]>>;

/** Rows of one run, or of a sync: those that stand rejected now, and everybody who has had a new e-mail. */
export type RowListName =
  | { readonly list: RunList; readonly runId: string }
  | { readonly list: 'rejections' | 'renames'; readonly sync: string };

/** Which rows of a list are wanted; `null`: whatever it is. */
export interface RowFilter {
  /** The group of a reason, as `reasons` counts it. */
  readonly reason: string | null;
  readonly field: string | null;
  readonly message: string | null;
  /** Part of the e-mail, the key or the message, in any case. */
  readonly search: string | null;
}

export interface RowQuery extends RowFilter {
  /** One of `rowSorts`; rows that are equal in it are in the order of their keys. */
  readonly sort: string;
  readonly descending: boolean;
  /**
   * A secret that rows are ordered by in the place of their keys, for those who may not know the keys: where one stands
   * among others would give it away. `null`: rows are in the order of their keys.
   */
  readonly shuffledBy: string | null;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after: string | null;
}

/** A row that is refused, by us or by the Hub, until it changes, leaves the model or is accepted. */
export interface Rejection {
  readonly email: string | null;
  readonly key: string;
  readonly by: 'validation' | 'destination';
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
  /** All errors of the row; the first is above. */
  readonly faults: readonly RowError[];
  readonly runId: string;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly attempts: number;
  /** Whether the next run tries it again, changed or not. */
  readonly retry: boolean;
}

/** A row that stood rejected after a run. */
export interface RunRejection extends Omit<Rejection, 'attempts'> {
  /** Whether it still stands. */
  readonly open: boolean;
  /** `null` once it is closed. */
  readonly attempts: number | null;
}

export interface Skip {
  readonly email: string | null;
  readonly key: string;
  readonly reason: string;
  /** Rows of the model that share the key. */
  readonly rows: number;
}

/** A person of the snapshot who was not in the model. */
export interface RemovedPerson {
  readonly email: string | null;
  readonly key: string;
  /** `left`: with this run; `left_before`: with an earlier one; `renamed`: they have a new e-mail. */
  readonly reason: 'left' | 'left_before' | 'renamed';
  /** Their new e-mail. */
  readonly renamedTo: string | null;
  readonly fromRunId: string;
  /** When that run started; `null` where retention has deleted it. */
  readonly since: string | null;
}

/** What became of the e-mail that somebody had before: see `RenamedPerson`. */
export const renameReasons = ['kept', 'marked', 'back', 'deleted'] as const;

/** A person who was inserted under a new e-mail. */
export interface RenamedPerson {
  readonly email: string;
  readonly key: string;
  readonly previousEmail: string;
  /**
   * What became of the participant with the previous e-mail: kept in the Hub as they were, marked as somebody who left,
   * in the model again, or not in the snapshot any more.
   */
  readonly reason: (typeof renameReasons)[number];
  /** The run that inserted them, and when the Hub had accepted that. */
  readonly runId: string;
  readonly at: string;
}

/** A change that was part of a batch and was neither accepted nor refused for itself: the next run plans it anew. */
export interface DeferredRow {
  readonly email: string | null;
  readonly key: string;
  readonly operation: Operation;
  /** What became of the last batch that it was part of. */
  readonly reason: 'not_sent' | 'unknown' | 'refused' | 'found' | 'in_flight' | 'resent';
  readonly message: string | null;
  readonly batch: number;
}

export type ListedRow = RunRejection | Skip | RenamedPerson | RemovedPerson | DeferredRow;

export interface ListedRows {
  readonly items: readonly ListedRow[];
  readonly next: string | null;
}

/** Rows by list, sorted and searched by the database, page by page. */
export interface RowLists {
  rows(name: RowListName, query: RowQuery): Promise<ListedRows>;
  /** The reasons of a list, the most frequent ones first. */
  reasons(name: RowListName): Promise<readonly ReasonCount[]>;
}

/**
 * Why somebody is listed as removed; `renamed`: they have a new e-mail; `back`: they are in the model again and still
 * marked.
 */
export const absenceReasons = ['left', 'renamed', 'imported', 'suppressed', 'back'] as const;

/** Somebody who is in the snapshot and not in the model, or back and still marked. */
export interface AbsentPerson {
  readonly key: string;
  readonly reason: (typeof absenceReasons)[number];
  /** Their new e-mail, where it is known. */
  readonly renamedTo: string | null;
  /** When the run began that missed them first, and that run; `null`: they are back. */
  readonly since: string | null;
  readonly runId: string | null;
  /** Whether the Hub has accepted a mark that was not taken back, and when. */
  readonly marked: boolean;
  readonly markedAt: string | null;
  /** Why the Hub refused to mark or to restore them last. */
  readonly refusal: (RowError & { readonly runId: string; readonly attempts: number }) | null;
}

export interface AbsentPeople {
  readonly people: readonly AbsentPerson[];
  /** How many there are with the reason that was asked for, listed or not. */
  readonly total: number;
  /** Of all of them, most frequent first. */
  readonly reasons: readonly ReasonCount[];
}

export interface AbsentPeopleQuery {
  /** `null`: all. */
  readonly limit: number | null;
  /** Only those with this reason; `null`: all. */
  readonly reason: string | null;
}
