import type { PlanCounts } from '../../core/ports/run/plan-store.ts';
import type { Guards } from '../../core/settings.ts';
import { PanelsyncError } from '../../core/errors.ts';

/**
 * The guard that a plan breaks, as the error that stops the run; `null` when all hold.
 * `snapshot` is how many people were known before: on a first run there is nothing to lose but an empty model.
 */
export function violatedGuard(guards: Guards, counts: PlanCounts, snapshotSize: number): PanelsyncError | null {
  const { read, removed, invalid } = counts;
  if (read < guards.minRows) {
    return guardError(
      'guard_min_rows',
      `The model gave ${formatRows(read)}, fewer than guards.minRows (${guards.minRows}).`,
      'See whether the warehouse was loaded. Lower guards.minRows, or pass --force, if that is right.',
    );
  }
  if (removed * 100 > guards.maxRemovedPercent * snapshotSize) {
    return guardError(
      'guard_max_removed',
      `${removed} of ${snapshotSize} known people (${formatPercent(removed, snapshotSize)}) are gone from the model, more than guards.maxRemovedPercent (${guards.maxRemovedPercent}).`,
      'See whether the model lost rows. Raise guards.maxRemovedPercent, or pass --force, if they should be gone.',
    );
  }
  if (snapshotSize > 0 && invalid * 100 > guards.maxInvalidPercent * read) {
    return guardError(
      'guard_max_invalid',
      `${invalid} of ${formatRows(read)} (${formatPercent(invalid, read)}) are invalid, more than guards.maxInvalidPercent (${guards.maxInvalidPercent}).`,
      'panelsync rejections lists them with their reasons. Correct the model, raise guards.maxInvalidPercent, or pass --force.',
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
