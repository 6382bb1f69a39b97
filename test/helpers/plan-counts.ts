import { noSkips } from '../../src/core/types.ts';
import type { PlanCounts } from '../../src/core/ledger.ts';

/** Counts of a plan, zero but for these. */
export function countsWith(counts: Partial<PlanCounts>): PlanCounts {
  return {
    read: 0,
    duplicate: 0,
    invalid: 0,
    unchanged: 0,
    skips: noSkips,
    inserts: 0,
    updates: 0,
    removed: 0,
    ...counts,
  };
}

/** What a plan's counts say of rows: read, and the sum over all doors that they can leave by. */
export function rowsIn({ read, duplicate, invalid, unchanged, skips, inserts, updates }: PlanCounts): {
  readonly read: number;
  readonly left: number;
} {
  const skipped = Object.values(skips).reduce((sum, count) => sum + count, 0);
  return { read, left: duplicate + invalid + unchanged + skipped + inserts + updates };
}
