import type { NormalizedPerson } from './baseline.ts';

/** What the snapshot holds of a person of the Hub. */
export interface SnapshotEntry {
  readonly key: string;
  /** Canonical payload text; `null` where its hash is that of the Hub's. */
  readonly payload: string | null;
  /** Settled since the comparison began: what the Hub's page says may be older. */
  readonly moved: boolean;
}

export type ComparisonVerdict = 'same' | 'different' | 'unknown' | 'moved';

export interface ComparedPerson extends NormalizedPerson {
  readonly verdict: ComparisonVerdict;
}

export interface ComparisonCounts {
  /** People of the Hub by verdict, each once. */
  readonly verdicts: Readonly<Record<ComparisonVerdict, number>>;
  /** People of the snapshot who are not in the Hub's list. */
  readonly missing: number;
  readonly snapshot: number;
}

/** Someone who differs: what the snapshot holds, and what the Hub does. */
export interface DifferentPerson {
  readonly key: string;
  readonly snapshot: string;
  readonly hub: string;
}

export interface RepairOptions {
  /** Removes people from the snapshot who are no longer in the Hub, so that the next run may insert them. */
  readonly recreate: boolean;
  /** Whether the whole list was read: only then somebody can be missing. */
  readonly complete: boolean;
  /** Whether those who differ are taken as the Hub has them. */
  readonly acceptDifferent: boolean;
}

export interface RepairResult {
  readonly different: number;
  /** Suppressed from now on as deleted in the Hub. */
  readonly withheld: number;
  /** Free to be inserted again. */
  readonly recreated: number;
}

/** The Hub's list compared with the snapshot, in tables that only this session sees. */
export interface Comparison {
  snapshotEntries(people: readonly NormalizedPerson[]): Promise<readonly SnapshotEntry[]>;
  /** Notes what was found of people of one page; returns how many people of the snapshot were named for the first time. */
  record(compared: readonly ComparedPerson[]): Promise<number>;
  counts(): Promise<ComparisonCounts>;
  missing(limit: number): Promise<readonly string[]>;
  unknown(limit: number): Promise<readonly string[]>;
  different(limit: number): Promise<readonly DifferentPerson[]>;
  /** Writes what was found into the snapshot; needs the lock. */
  repair(options: RepairOptions): Promise<RepairResult>;
}
