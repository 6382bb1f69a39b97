import type { DataFreshness } from '../../core/model/freshness/data-freshness.ts';

/** The age of the data as a run recorded it; no column: nobody watched it. */
export interface FreshnessRow {
  readonly freshness_column: string | null;
  readonly newest_data_at: Date | null;
  readonly max_data_age_seconds: number | null;
}

/** The same of a sync `s`, by the last run that read its model. */
export const latestFreshness = `
  select freshness_column, newest_data_at, max_data_age_seconds from runs
  where sync_id = s.id and trigger <> 'plan' and planned_at is not null and finished_at is not null order by id desc limit 1`;

export function toFreshness(row: FreshnessRow): DataFreshness | null {
  const { freshness_column: column, newest_data_at: newestAt, max_data_age_seconds: maxAgeSeconds } = row;
  return column === null ? null : { column, newestAt, maxAgeMs: (maxAgeSeconds ?? 0) * 1000 };
}

/** In the order of the columns above. */
export function freshnessColumns(freshness: DataFreshness | null): FreshnessRow {
  return {
    freshness_column: freshness?.column ?? null,
    newest_data_at: freshness?.newestAt ?? null,
    max_data_age_seconds: freshness === null ? null : freshness.maxAgeMs / 1000,
  };
}
