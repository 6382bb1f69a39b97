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
 * The guard that a plan violates, as the error that stops the run; `null` when all hold. Without a run the plan was only
 * looked at: it lists its invalid rows itself, and nobody can approve it.
 */
export function violatedGuard(
  guards: Guards,
  { counts, snapshotSize }: GuardedPlan,
  runId: string | null,
): PanelsyncError | null {
  const { read, removed, invalid, marks } = counts;
  const approve = runId === null ? '' : `approve this plan (panelsync approve ${runId}), `;
  if (read < guards.minRows) {
    return guardError(
      'guard_min_rows',
      `The model returned ${formatRows(read)}, fewer than guards.minRows (${guards.minRows}).`,
      `Check that the warehouse was loaded. If the number is right, ${approve}lower guards.minRows or pass --force.`,
    );
  }
  if (removed * 100 > guards.maxRemovedPercent * snapshotSize) {
    return guardError(
      'guard_max_removed',
      `${removed} of ${snapshotSize} people in the snapshot (${formatPercent(removed, snapshotSize)}) are no longer in the model, more than guards.maxRemovedPercent (${guards.maxRemovedPercent}).${marks === 0 ? '' : ` A run would mark ${marks} of them.`}`,
      `Check that the model lost no rows. If they should be gone, ${approve}raise guards.maxRemovedPercent or pass --force.`,
    );
  }
  if (snapshotSize > 0 && invalid * 100 > guards.maxInvalidPercent * read) {
    return guardError(
      'guard_max_invalid',
      `${invalid} of ${formatRows(read)} (${formatPercent(invalid, read)}) are invalid, more than guards.maxInvalidPercent (${guards.maxInvalidPercent}).`,
      `${runId === null ? '' : 'List them with panelsync rejections. '}Correct the model, ${approve}raise guards.maxInvalidPercent, or pass --force.`,
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
