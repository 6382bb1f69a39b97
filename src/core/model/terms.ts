/** The terms of panelsync as types; README and docs use the same words. */

import type { FreshnessReport } from './freshness/data-freshness.ts';

export const modes = ['upsert', 'insert', 'update'] as const;
/** What a sync may do: insert and update, only insert, or only update. */
export type Mode = (typeof modes)[number];

export const triggers = ['manual', 'schedule', 'api', 'plan'] as const;
export type Trigger = (typeof triggers)[number];

export const runStatuses = ['running', 'succeeded', 'partial', 'failed', 'stopped', 'canceled'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** What a change does to the panel. */
export type Operation = 'insert' | 'update';

/** What is sent of people for leaving the model or for being back, besides their rows. */
export type RemovalOperation = 'mark' | 'restore';

export type ChangeOperation = Operation | RemovalOperation;

export function isRemovalOperation(operation: ChangeOperation): operation is RemovalOperation {
  return operation === 'mark' || operation === 'restore';
}

/** Why a row is suppressed: it is not sent, whatever the mode. */
export const suppressionReasons = ['deleted_in_hub', 'forgotten', 'outcome_unknown'] as const;
export type SuppressionReason = (typeof suppressionReasons)[number];

export const skipReasons = [
  'not_in_snapshot',
  'already_in_snapshot',
  'rejected_before',
  ...suppressionReasons,
] as const;
/** Why a row is not sent: the mode, an earlier rejection, or a suppression. */
export type SkipReason = (typeof skipReasons)[number];

export type SkipCounts = Readonly<Record<SkipReason, number>>;

export const zeroSkipCounts: SkipCounts = {
  not_in_snapshot: 0,
  already_in_snapshot: 0,
  rejected_before: 0,
  deleted_in_hub: 0,
  forgotten: 0,
  outcome_unknown: 0,
};

/** The built-in fields of a participant, all text, in the order of the payload. Source: Zeotap's reference. */
export const fieldNames = [
  'email',
  'first_name',
  'last_name',
  'phone_number',
  'title',
  'company',
  'city',
  'state',
  'country',
] as const;

const fieldWords: ReadonlySet<string> = new Set(['characteristics', ...fieldNames.map(toWord)]);

/** Whether the slug of a characteristic could be taken for a built-in field, in whatever case it is written. */
export function looksLikeField(slug: string): boolean {
  return fieldWords.has(toWord(slug));
}

function toWord(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}
export type FieldName = (typeof fieldNames)[number];

export const characteristicTypes = ['text', 'number', 'boolean', 'date'] as const;
/** The kinds of custom field the Research Hub knows; a date is YYYY-MM-DD. */
export type CharacteristicType = (typeof characteristicTypes)[number];

/** What a value of a source's column is, whatever the source calls its type. `float` is a number of limited precision. */
export type ColumnKind =
  'text' | 'number' | 'float' | 'boolean' | 'date' | 'timestamp' | 'timestamptz' | 'time' | 'json' | 'binary' | 'other';

/** A column of a model. `type` is the source's name for the type, for people. */
export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly type: string;
}

/** A model: one SQL query. `location` says where it is written, for messages. */
export interface Model {
  readonly sql: string;
  readonly location: string;
  /** Of a relation that dbt builds. */
  readonly dbt?: DbtRelation;
}

/** What dbt knows of a relation. */
export interface DbtRelation {
  readonly uniqueId: string;
  /** Its name as the warehouse wants it. */
  readonly relation: string;
  /** How an exposure depends on it: `ref('research_panel')`. */
  readonly dependency: string;
  readonly description: string;
  /** Descriptions, by column. */
  readonly columns: Readonly<Record<string, string>>;
}

export type CharacteristicValue = string | number | boolean | null;

/** The canonical content of a participant: what would be sent, before the wire profile gives it its shape. */
export interface Payload {
  readonly fields: Readonly<Partial<Record<FieldName, string | null>>>;
  readonly characteristics: Readonly<Record<string, CharacteristicValue>>;
}

/** One thing wrong with a row. `field` is the participant field, `null` when the whole row is meant. */
export interface RowError {
  readonly code: string;
  readonly message: string;
  readonly field: string | null;
}

/** How many rows share a reason. It names no people. */
export interface ReasonCount {
  /** A code, such as `phone_invalid`. */
  readonly reason: string;
  readonly field: string | null;
  /** In words; `null` where the code says it all. */
  readonly message: string | null;
  readonly count: number;
}

/** Rows of a run by what became of them; `read` is always the sum of all others but `removed`. */
export interface RowCounts {
  readonly read: number;
  readonly duplicate: number;
  readonly invalid: number;
  readonly unchanged: number;
  readonly skipped: number;
  readonly inserted: number;
  readonly updated: number;
  readonly rejected: number;
  readonly unsent: number;
  /** People of the snapshot who are not in the model any more. */
  readonly removed: number;
}

/** People whose absence was marked in the Hub, or whose mark was taken back: no rows, so they stand beside them. */
export interface RemovalCounts {
  readonly marked: number;
  readonly restored: number;
  /** Refused by the Hub, whichever of the two it was. */
  readonly rejected: number;
  readonly unsent: number;
}

/** HTTP requests of a run: all, those repeated, answers 429, and refused batches that were split. */
export interface RequestCounts {
  readonly sent: number;
  readonly retried: number;
  readonly rateLimited: number;
  readonly split: number;
}

/** What a run read from its source. */
export interface SourceWork {
  /** Rows that came from the source: fewer than `rows.read` where the source compares them itself. */
  readonly rowsRead: number;
  /** Buckets of rows that are as the last run left them, so that their rows were not compared. */
  readonly bucketsEqual: number;
  /** Bytes of what came from the source, as text in the form of Postgres' COPY. */
  readonly bytesFromSource: number;
}

export const noWork: SourceWork = { rowsRead: 0, bucketsEqual: 0, bytesFromSource: 0 };

/** What a run cost. */
export interface WorkCounts extends SourceWork {
  /** Bytes of rows and fingerprints that went to the state database: stage, outbox, fingerprints. */
  readonly bytesToState: number;
}

export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** What may become of the plan that a stopped run has left. */
export type ApprovalState = 'waiting' | 'approved' | 'drifted' | 'expired';

/** The saved plan of a stopped run: what approving it would send, and what became of it. */
export interface Approval {
  /** `expired`: a later run of the sync made a plan, or retention deleted this one. */
  readonly state: ApprovalState;
  readonly inserts: number;
  readonly updates: number;
  /** People who left the model, and people who are back: see `RemovalCounts`. */
  readonly marks: number;
  readonly restores: number;
  /** People of the snapshot who are not in the model. */
  readonly removed: number;
  /** Most changes to send; `null`: all. */
  readonly limit: number | null;
  /** Who approved it, and why. */
  readonly by: string | null;
  readonly reason: string | null;
  /** When it was no longer waiting, and the run that approved it, found it drifted, or made a newer plan. */
  readonly at: string | null;
  readonly runId: string | null;
}

/** What became of a run: the document of `run --json` and `show --json`. */
export interface RunReport {
  readonly runId: string;
  readonly sync: string;
  readonly mode: Mode;
  readonly trigger: Trigger;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly rows: RowCounts;
  readonly skips: SkipCounts;
  /** Why rows did not arrive that the sync would send: the most frequent reasons. */
  readonly reasons: readonly ReasonCount[];
  readonly requests: RequestCounts;
  readonly work: WorkCounts;
  /** The age of the data; `null`: nobody watches it, or the model was not read to its end. */
  readonly freshness: FreshnessReport | null;
  /** Inserted rows whose person was known under another e-mail. */
  readonly renamed: number;
  readonly removals: RemovalCounts;
  /** The stopped run whose plan this one sends; `null`: it sends its own. */
  readonly approves: string | null;
  /** What became of the saved plan of a stopped run; `null`: it has none. */
  readonly approval: Approval | null;
  /** Sentences for the person who reads the report. */
  readonly notes: readonly string[];
  readonly error: RunError | null;
}

/** Fields that differ, old and new; `null` where a field is absent. */
export type FieldChanges = Readonly<Record<string, readonly [CharacteristicValue, CharacteristicValue]>>;

/** One change of a plan with its fields, old and new. */
export interface SampleChange {
  readonly operation: ChangeOperation;
  readonly email: string;
  readonly fields: FieldChanges;
  /** Fields that the model has cleared and that are not sent: the Hub keeps its value. */
  readonly kept?: readonly string[];
  /** The e-mail under which a person who is inserted was known before. */
  readonly renamedFrom?: string;
}
