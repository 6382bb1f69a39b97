import type { ListedPerson } from './baseline.ts';

/** What the snapshot holds of a person of the Hub. */
export interface Standing {
  readonly key: string;
  /** Canonical payload text; `null` where its hash is that of the Hub's. */
  readonly payload: string | null;
  /** Settled since the comparison began: what the Hub's page says may be older. */
  readonly moved: boolean;
}

export type Verdict = 'same' | 'different' | 'unknown' | 'moved';

export interface Judged extends ListedPerson {
  readonly verdict: Verdict;
}

export interface ComparisonCounts {
  /** People of the Hub by verdict, each once. */
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** People of the snapshot whom the Hub's list did not name. */
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
  /** People whom the Hub does not name any more are forgotten by the snapshot, so that the next run may insert them. */
  readonly recreate: boolean;
  /** Whether the whole list was read: only then somebody can be missing. */
  readonly whole: boolean;
  /** Whether those who differ are taken as the Hub has them. */
  readonly different: boolean;
}

export interface Repair {
  readonly different: number;
  /** Withheld from now on as deleted in the Hub. */
  readonly withheld: number;
  /** Free to be inserted again. */
  readonly recreated: number;
}

/** The Hub's list laid beside the snapshot, in tables that only this session sees. */
export interface Comparison {
  standings(people: readonly ListedPerson[]): Promise<readonly Standing[]>;
  /** Notes what was found of people of one page; returns how many people of the snapshot were named for the first time. */
  note(judged: readonly Judged[]): Promise<number>;
  counts(): Promise<ComparisonCounts>;
  missing(limit: number): Promise<readonly string[]>;
  unknown(limit: number): Promise<readonly string[]>;
  different(limit: number): Promise<readonly DifferentPerson[]>;
  /** Writes what was found into the snapshot; needs the lock. */
  repair(options: RepairOptions): Promise<Repair>;
}
