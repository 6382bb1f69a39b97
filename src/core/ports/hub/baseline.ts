import type { UnusableEntry } from '../../model/hub-person.ts';

/** Where a baseline reads what the Hub holds. */
export const baselineSources = ['hub', 'csv'] as const;
export type BaselineSource = (typeof baselineSources)[number];

/** A person of the Hub in the canonical form of the sync's participants. */
export interface NormalizedPerson {
  readonly key: string;
  /** As the snapshot is to hold it. */
  readonly payload: string;
  readonly payloadHash: string;
}

/** An entry that stands for nobody, and where it stands: `entries 1 to 200`, `line 17`. */
export interface LocatedUnusableEntry extends UnusableEntry {
  readonly place: string;
}

export interface BaselineCounts {
  /** People who were unknown. */
  readonly added: number;
  /** Known from an earlier baseline (or replaced) with other values. */
  readonly different: number;
  readonly same: number;
  /** Sent by us, and left as they are. */
  readonly kept: number;
  /** Of those kept: the Hub holds something else. */
  readonly keptDifferent: number;
  /** Entries whose person had come before. */
  readonly repeated: number;
  readonly unusable: number;
  /** People who are no longer suppressed as deleted in the Hub. */
  readonly returned: number;
}

/** Counts of invalid values, by field and code of the validation error. */
export type InvalidValueCounts = Readonly<Record<string, number>>;

export interface BaselineOptions {
  readonly source: BaselineSource;
  /** What is read and how it is brought into form: only the same can be continued. */
  readonly inputFingerprint: string;
  readonly replace: boolean;
  /** Starts over even where an interrupted baseline could be continued. */
  readonly restart: boolean;
}

/** A baseline as it is on record. */
export interface BaselineState {
  readonly id: string;
  readonly startedAt: string;
  /** Entries of the list or rows of the file that are merged. */
  readonly position: number;
  readonly total: number | null;
  readonly counts: BaselineCounts;
  readonly unusableEntries: readonly LocatedUnusableEntry[];
  readonly invalidValues: InvalidValueCounts;
}

/** People read in one go, each key once. */
export interface BaselinePage {
  readonly people: readonly NormalizedPerson[];
  /** Keys of people whose payload in the snapshot has another form and the same meaning. */
  readonly same: ReadonlySet<string>;
  readonly unusable: readonly LocatedUnusableEntry[];
  /** Entries that repeat another of the same part. */
  readonly repeated: number;
  readonly invalidValues: InvalidValueCounts;
  readonly position: number;
  readonly total: number | null;
}

/** What became of an unfinished baseline that was found. */
export type Resumption = 'none' | 'resumed' | 'restarted' | 'too_old' | 'other_mark';

/** A baseline under way: what is merged stays merged, whatever happens. */
export interface BaselineRecorder {
  readonly initial: BaselineState;
  readonly resumption: Resumption;
  /** Payloads that the snapshot holds of these people, where they are not the Hub's. */
  otherPayloads(people: readonly NormalizedPerson[]): Promise<ReadonlyMap<string, string>>;
  /** People, counts and place move together or not at all. */
  merge(page: BaselinePage): Promise<BaselineState>;
  finish(): Promise<BaselineState>;
}
