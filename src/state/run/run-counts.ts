import { skipReasons } from '../../core/model/terms.ts';
import type { PlanCounts } from '../../core/ports/run/plan-store.ts';

/** What a plan counts before anything of it is sent, as columns of `runs`. */
export function plannedColumns({ skips, ...counts }: PlanCounts): Readonly<Record<string, number>> {
  const { read, duplicate, invalid, unchanged, removed, marks, restores } = counts;
  return { read, duplicate, invalid, unchanged, ...skips, removed, removals_planned: marks + restores };
}

/** Columns of `runs` that are sums of columns of `batches`. */
export const totalColumns = [
  'inserted',
  'updated',
  'rejected',
  'renamed',
  'marked',
  'restored',
  'removals_rejected',
  'requests_sent',
  'requests_retried',
  'requests_rate_limited',
] as const;

/** What the batches of a run did so far, as columns of `runs`. */
export const batchTotals = `
  select ${totalColumns.map((column) => `coalesce(sum(${column}), 0)::bigint as ${column}`).join(', ')},
    count(*) filter (where split) as requests_split
  from batches where run_id`;

/** The totals `t` as they are set in the run. */
export const setTotals = [...totalColumns, 'requests_split'].map((column) => `${column} = t.${column}`).join(', ');

export const skipColumns = skipReasons.map((reason) => `r.${reason}`);

export const plannedRows = ['r.duplicate', 'r.invalid', 'r.unchanged', ...skipColumns].join(' + ');

/** What is left of the rows and the removals of a plan, when its batches came to the totals `t`. */
export const unacceptedRows = `r.read - (${plannedRows}) - t.inserted - t.updated`;
export const unsentRows = `${unacceptedRows} - t.rejected`;
export const unsentRemovals = 'r.removals_planned - t.marked - t.restored - t.removals_rejected';
