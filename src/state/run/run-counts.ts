import { skipReasons } from '../../core/model/terms.ts';

/** What the batches of a run did so far, as columns of `runs`. */
export const batchTotals = `
  select coalesce(sum(inserted), 0)::bigint as inserted, coalesce(sum(updated), 0)::bigint as updated,
    coalesce(sum(rejected), 0)::bigint as rejected, coalesce(sum(requests_sent), 0)::bigint as requests_sent,
    coalesce(sum(requests_retried), 0)::bigint as requests_retried,
    coalesce(sum(requests_rate_limited), 0)::bigint as requests_rate_limited,
    count(*) filter (where split) as requests_split
  from batches where run_id`;

export const skipColumns = skipReasons.map((reason) => `r.${reason}`);

export const plannedRows = ['r.duplicate', 'r.invalid', 'r.unchanged', ...skipColumns].join(' + ');
