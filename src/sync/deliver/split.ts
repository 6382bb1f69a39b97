import type { OutboxRow, RejectedRow } from '../../core/ports/run/ledger.ts';
import type { BatchOutcome } from '../../core/ports/destination.ts';

/** What an answer leaves to do: rows that are done, rows that were refused, and parts that are to be sent anew. */
export interface SplitResult {
  readonly rejected: readonly RejectedRow[];
  readonly remaining: readonly (readonly OutboxRow[])[];
}

type RefusedOutcome = Extract<BatchOutcome, { kind: 'rows_refused' | 'batch_refused' | 'too_large' }>;

/**
 * Takes a refused batch apart. Rows that the Hub named are set aside and the rest goes again as one; where it named
 * none, both halves go again, until a bad row stands alone.
 */
export function splitRefused(rows: readonly OutboxRow[], outcome: RefusedOutcome): SplitResult {
  if (outcome.kind === 'rows_refused') {
    const refusalByIndex = new Map(outcome.refusals.map((refusal) => [refusal.index, refusal]));
    const rejected = rows.flatMap((row, index) => {
      const error = refusalByIndex.get(index);
      return error === undefined ? [] : [{ row, error }];
    });
    const rest = rows.filter((_, index) => !refusalByIndex.has(index));
    return { rejected, remaining: rest.length === 0 ? [] : [rest] };
  }
  const { reason: error } = outcome;
  if (rows.length === 1) return { rejected: rows.map((row) => ({ row, error })), remaining: [] };
  const middle = Math.ceil(rows.length / 2);
  return { rejected: [], remaining: [rows.slice(0, middle), rows.slice(middle)] };
}
