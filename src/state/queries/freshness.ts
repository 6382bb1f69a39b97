/** How old the data of a sync `s` is: column and newest time of the last run that read them. */
export const latestFreshness = `
  select freshness_column, newest_data_at from runs
  where sync_id = s.id and trigger <> 'plan' and planned_at is not null and finished_at is not null order by id desc limit 1`;
