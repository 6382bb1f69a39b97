import type { Mode } from '../../model/terms.ts';
import type { OutboxRow } from './ledger.ts';

/** Batches whose outcome is unknown: the Hub may or may not have applied them. */
export interface UnknownOutcomes {
  /** Those of all runs of the sync, oldest first. */
  list(): Promise<readonly UnknownBatch[]>;
  /** Settles a batch by what was found out about its rows; the others stay unknown. */
  resolve(batch: UnknownBatch, resolution: Resolution): Promise<void>;
}

export interface UnknownBatch {
  readonly runId: string;
  readonly number: number;
  /** Of the run that sent it. */
  readonly mode: Mode;
  readonly rows: readonly OutboxRow[];
  /** Those that a repair has found deleted in the Hub since. */
  readonly deleted: readonly OutboxRow[];
}

/** What was found out about rows of a batch with an unknown outcome. */
export interface Resolution {
  /** The Hub holds them as they were sent: the batch arrived. */
  readonly applied: readonly OutboxRow[];
  /** The Hub holds these people with other content, which is not overwritten. */
  readonly conflicting: readonly ConflictingRow[];
  /** The Hub does not hold them: nothing was stored. */
  readonly notApplied: readonly OutboxRow[];
}

export interface ConflictingRow {
  readonly row: OutboxRow;
  /** Canonical payload text of what the Hub holds. */
  readonly payload: string;
}
