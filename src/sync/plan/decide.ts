import type { Mode, Operation, SkipReason, SuppressionReason } from '../../core/model/terms.ts';

/** What is known about a row when the mode decides. */
export interface RowState {
  /** The snapshot knows the key. */
  readonly known: boolean;
  /** It does, even where everything is to be sent again as if it did not. */
  readonly inSnapshot: boolean;
  /** The payload is what the snapshot holds. */
  readonly unchanged: boolean;
  /** The Hub refused this very payload before. */
  readonly payloadRejected: boolean;
  /** Something other than mode and Hub keeps the person from being sent. */
  readonly suppression: SuppressionReason | null;
}

export type Decision = Operation | 'unchanged' | SkipReason;

/** The table of modes; every combination has one outcome. */
export function decide(mode: Mode, row: RowState): Decision {
  if (row.known && row.unchanged) return 'unchanged';
  if (!row.known && mode === 'update') return 'not_in_snapshot';
  if (row.known && mode === 'insert') return 'already_in_snapshot';
  if (row.suppression !== null) return row.suppression;
  if (row.payloadRejected) return 'rejected_before';
  if (row.known) return 'update';
  // Sent again after a resync, somebody known is not new; insert mode takes them for new, or it could not send them.
  return row.inSnapshot && mode === 'upsert' ? 'update' : 'insert';
}
