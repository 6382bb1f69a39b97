import { maxReportedReasons, unlistedReason } from '../../core/model/rules/reason-counter.ts';
import { suppressionReasons } from '../../core/model/terms.ts';
import type { StateClient } from '../db/state-client.ts';

/**
 * Why rows of a run did not arrive, most frequent first: rows that were invalid or rejected, also before and unchanged
 * since, and people who are suppressed. What the mode never sends is none of it.
 */
const reasonsOfRun = `
  select x.code as reason, x.field, x.reason as message, count(*) as count
  from rejections x, run r where x.sync_id = r.sync_id and x.seen_run_id = r.id group by 1, 2, 3
  union all
  select $2, null, $3, r.invalid - count(x.key) from run r
    left join rejections x on x.sync_id = r.sync_id and x.seen_run_id = r.id and x.refused_by = 'validation'
      and x.code <> 'duplicate_key'
  group by r.invalid
  union all
  select s.reason, null, null, s.count
  from run r, lateral (values ${suppressionReasons.map((reason) => `('${reason}', r.${reason})`).join(', ')}) s (reason, count)`;

export async function recordReasons(client: StateClient, runId: string): Promise<void> {
  await client.query(
    `with run as (
       select * from runs
       where id = $1 and planned_at is not null
         and ${['invalid', 'rejected', 'duplicate', 'rejected_before', ...suppressionReasons].join(' + ')} > 0
     ), top as (
       select * from (${reasonsOfRun}) c where count > 0
       order by count desc, reason, field, message limit ${maxReportedReasons}
     )
     update runs set reasons = (
       select coalesce(jsonb_agg(to_jsonb(top) order by count desc, reason, field, message), '[]') from top
     ) where id = (select id from run)`,
    [runId, unlistedReason.reason, unlistedReason.message],
  );
}
