import { historyCounts } from '../../core/ports/run-details.ts';
import type { SyncHistory } from '../../core/ports/run-details.ts';
import { skipReasons } from '../../core/model/terms.ts';
import type { Database } from '../db/database.ts';

const maxPoints = 2000;
const daySeconds = 86_400;

/** Widths that people read off an axis; all divide a day or are whole days. */
const bucketWidths = [60, 300, 900, 1800, 3600, 7200, 14_400, 43_200, daySeconds, 7 * daySeconds, 28 * daySeconds];

/** The narrowest buckets of which so many days have no more than a chart can show. */
export function bucketSecondsOf(days: number): number {
  return bucketWidths.find((seconds) => (days * daySeconds) / seconds <= maxPoints) ?? 28 * daySeconds;
}

const columnNames = ['at', 'durationMs', ...historyCounts, 'runs', 'failed'] as const;

/** The finished runs of a sync, plans left out; buckets without a run are left out, too. */
export async function readHistory(database: Database, sync: string, days: number): Promise<SyncHistory> {
  const bucketSeconds = bucketSecondsOf(days);
  const sums = historyCounts.map(
    (count) => `sum(${count === 'skipped' ? skipReasons.join(' + ') : count}) as ${count}`,
  );
  const [columns] = await database.query<SyncHistory['columns']>({
    text: `with buckets as (
             select (floor(extract(epoch from started_at) / $3::integer) * $3::integer)::bigint as at, ${sums.join(', ')},
               round(1000 * avg(extract(epoch from finished_at - started_at))) as "durationMs",
               count(*) as runs, count(*) filter (where status in ('failed', 'stopped')) as failed
             from runs
             where sync_id = (select id from syncs where name = $1) and trigger <> 'plan' and finished_at is not null
               and started_at >= now() - make_interval(days => $2)
             group by 1
           )
           select ${columnNames.map((name) => `coalesce(json_agg("${name}" order by at), '[]') as "${name}"`).join(', ')}
           from buckets`,
    values: [sync, days, bucketSeconds],
  });
  return columns === undefined ? emptyHistory(days) : { bucketSeconds, columns };
}

/** Of a sync that never ran. */
export function emptyHistory(days: number): SyncHistory {
  const columns = { at: [], durationMs: [], runs: [], failed: [] };
  const counts = { duplicate: [], invalid: [], unchanged: [], skipped: [], inserted: [], updated: [] };
  const others = { rejected: [], unsent: [], removed: [] };
  return { bucketSeconds: bucketSecondsOf(days), columns: { ...columns, ...counts, ...others } };
}
