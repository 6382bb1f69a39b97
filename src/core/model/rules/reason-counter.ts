import { sharedReason } from '../redaction/redaction.ts';
import type { ReasonCount, RowError } from '../terms.ts';

/** So many reasons does a report name. */
export const maxReportedReasons = 3;

/** Of rows without a usable key only the first are listed. */
export const unlistedReason = { reason: 'not_listed', field: null, message: 'the row has no usable key' } as const;

/** Counts why rows do not arrive. */
export class ReasonCounter {
  readonly #counts = new Map<string, ReasonCount>();

  add({ reason, field, message, count }: ReasonCount): void {
    if (count === 0) return;
    const group = JSON.stringify([reason, field, message]);
    const before = this.#counts.get(group)?.count ?? 0;
    this.#counts.set(group, { reason, field, message, count: before + count });
  }

  /** A row with these errors: the first one stands for it. */
  addInvalid([error]: readonly RowError[]): void {
    if (error === undefined) return;
    const { code, field, message } = error;
    this.add({ reason: code, field, message: sharedReason(message, []), count: 1 });
  }

  /** The most frequent ones first. */
  top(): readonly ReasonCount[] {
    const counts = [...this.#counts.values()];
    return counts.toSorted((one, other) => other.count - one.count).slice(0, maxReportedReasons);
  }
}
