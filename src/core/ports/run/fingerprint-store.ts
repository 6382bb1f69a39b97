import type { Fingerprints, KeyHash } from '../../model/fingerprints.ts';

/** What the last run left for the next one to compare with. */
export interface RememberedFingerprints {
  readonly fingerprints: Fingerprints;
  /** People in the snapshot then. */
  readonly snapshotSize: number;
  /** The run that left it. */
  readonly runId: string;
  /** How many bytes of changes are stored beside the buckets. */
  readonly changeBytes: number;
}

export interface LoadedFingerprints {
  /**
   * Moves whenever something other than a run writes what a run relies on: baseline, repair, resync, retry, forget,
   * resolve. What a run learned before that is not remembered.
   */
  readonly generation: number;
  /** `null` where nothing can be relied on: every row is to be compared. */
  readonly remembered: RememberedFingerprints | null;
}

/** Fingerprints of one sync's model between its runs. They are a filter, never the truth: losing them costs a full read. */
export interface FingerprintStore {
  /** `context` stands for all that shapes what a run makes of a row; under another one nothing is remembered. */
  load(context: string): Promise<LoadedFingerprints>;
}

/** What a run leaves to be remembered in the transaction that finishes it. */
export interface NewFingerprints {
  readonly context: string;
  readonly generation: number;
  /** People in the snapshot when the run compared it. */
  readonly snapshotBefore: number;
  /** What names the buckets. */
  readonly keyHash: KeyHash;
  readonly fingerprints: Fingerprints;
  /** What the run compared with, which is stored already; `null`: nothing. */
  readonly former: RememberedFingerprints | null;
}
