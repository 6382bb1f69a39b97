import type { PlanCounts } from '../../core/ports/run/plan-store.ts';
import type { Guards } from '../../core/settings.ts';
import { PanelsyncError } from '../../core/errors.ts';

/** What a guard looks at. */
export interface GuardedPlan {
  readonly counts: PlanCounts;
  /** How many people the snapshot had before: on a first run only an empty model matters. */
  readonly snapshotSize: number;
}

/**
 * The guard that a plan violates, as the error that stops the run; `null` when all hold. `planOnly`: the plan belongs to
 * no run, so it lists its invalid rows itself and leaves none behind.
 */
export function violatedGuard(
  guards: Guards,
  { counts, snapshotSize }: GuardedPlan,
  { planOnly }: { readonly planOnly: boolean } = { planOnly: false },
): PanelsyncError | null {
  const { read, removed, invalid } = counts;
  if (read < guards.minRows) {
    return guardError(
      'guard_min_rows',
      `The model returned ${formatRows(read)}, fewer than guards.minRows (${guards.minRows}).`,
      'Check that the warehouse was loaded. If the number is right, lower guards.minRows or pass --force.',
    );
  }
  if (removed * 100 > guards.maxRemovedPercent * snapshotSize) {
    return guardError(
      'guard_max_removed',
      `${removed} of ${snapshotSize} people in the snapshot (${formatPercent(removed, snapshotSize)}) are no longer in the model, more than guards.maxRemovedPercent (${guards.maxRemovedPercent}).`,
      'Check that the model lost no rows. If they should be gone, raise guards.maxRemovedPercent or pass --force.',
    );
  }
  if (snapshotSize > 0 && invalid * 100 > guards.maxInvalidPercent * read) {
    return guardError(
      'guard_max_invalid',
      `${invalid} of ${formatRows(read)} (${formatPercent(invalid, read)}) are invalid, more than guards.maxInvalidPercent (${guards.maxInvalidPercent}).`,
      `${planOnly ? '' : 'List them with panelsync rejections. '}Correct the model, raise guards.maxInvalidPercent, or pass --force.`,
    );
  }
  return null;
}

function guardError(code: string, message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code, recovery: 'fatal', message, hint });
}

function formatRows(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

function formatPercent(part: number, total: number): string {
  return `${Math.round((part * 1000) / total) / 10} %`;
}
