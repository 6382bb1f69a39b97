import type { OutboxRow, RejectedRow } from '../../core/ports/run-store.ts';
import type { Meaning } from '../../core/ports/ports.ts';

/** What an answer leaves to do: rows that are done, rows that were refused, and parts that are to be sent anew. */
export interface Verdict {
  readonly rejected: readonly RejectedRow[];
  readonly again: readonly (readonly OutboxRow[])[];
}

type RefusingMeaning = Extract<Meaning, { kind: 'rows_refused' | 'batch_refused' | 'too_large' }>;

/**
 * Takes a refused batch apart. Rows that the Hub named are set aside and the rest goes again as one; where it named
 * none, both halves go again, until a bad row stands alone.
 */
export function splitRefused(rows: readonly OutboxRow[], meaning: RefusingMeaning): Verdict {
  if (meaning.kind === 'rows_refused') {
    const refused = new Map(meaning.refusals.map((refusal) => [refusal.index, refusal]));
    const rejected = rows.flatMap((row, index) => {
      const fault = refused.get(index);
      return fault === undefined ? [] : [{ row, fault }];
    });
    const rest = rows.filter((_, index) => !refused.has(index));
    return { rejected, again: rest.length === 0 ? [] : [rest] };
  }
  const { fault } = meaning;
  if (rows.length === 1) return { rejected: rows.map((row) => ({ row, fault })), again: [] };
  const middle = Math.ceil(rows.length / 2);
  return { rejected: [], again: [rows.slice(0, middle), rows.slice(middle)] };
}
