import type { Mode, Operation, SkipReason, WithheldReason } from '../../core/model/terms.ts';

/** What is known of a row when the mode decides about it. */
export interface Standing {
  /** The snapshot knows the key. */
  readonly known: boolean;
  /** The payload is what the snapshot holds. */
  readonly same: boolean;
  /** The Hub refused this very payload before. */
  readonly rejectedBefore: boolean;
  /** Something other than mode and Hub keeps the person from being sent. */
  readonly withheld: WithheldReason | null;
}

export type Decision = Operation | 'unchanged' | SkipReason;

/** The table of the modes; every combination has one outcome. */
export function decide(mode: Mode, standing: Standing): Decision {
  if (standing.known && standing.same) return 'unchanged';
  if (!standing.known && mode === 'update') return 'not_in_snapshot';
  if (standing.known && mode === 'insert') return 'already_in_snapshot';
  if (standing.withheld !== null) return standing.withheld;
  if (standing.rejectedBefore) return 'rejected_before';
  return standing.known ? 'update' : 'insert';
}
