import type { RequestCounts, RowError } from '../../model/terms.ts';

/** A row waiting to be sent. */
export interface OutboxRow {
  readonly seq: number;
  readonly key: string;
  /** Canonical payload text. */
  readonly payload: string;
  readonly previouslyRejected: boolean;
  /** Marks or restores the person instead of sending their row; never in a batch with rows. */
  readonly isRemoval: boolean;
}

/** A batch about to be sent. `parent` is the batch whose refusal or unknown outcome it follows. */
export interface BatchIntent {
  readonly number: number;
  readonly parent: number | null;
  readonly rows: readonly OutboxRow[];
}

export interface RejectedRow {
  readonly row: OutboxRow;
  readonly error: RowError;
}

/** `found`: the Hub held the people already, with other content. */
export type BatchState = 'accepted' | 'refused' | 'not_sent' | 'unknown' | 'found';

export interface Settlement {
  readonly state: BatchState;
  readonly rejected: readonly RejectedRow[];
  readonly requests: Omit<RequestCounts, 'split'>;
  readonly split: boolean;
  readonly status: number | null;
  readonly requestId: string | null;
  readonly durationMs: number;
  /** Why, where it was not accepted. */
  readonly message: string | null;
}

/** The batches of one run: each on record before it is sent, settled in one transaction with the snapshot. */
export interface Ledger {
  /** Rows to be sent, in their order, after the one numbered `after`: at most `limit`, and none only at the end. */
  outbox(after: number, limit: number): Promise<readonly OutboxRow[]>;
  /** Number that the next batch may take. */
  nextNumber(): Promise<number>;
  /** Throws when this session is no longer the one that may send. */
  record(batch: BatchIntent): Promise<void>;
  settle(batch: BatchIntent, settlement: Settlement): Promise<void>;
  /** Puts rows on record as refused by the Hub, whose batch was settled before. */
  reject(number: number, rejected: readonly RejectedRow[]): Promise<void>;
}
