import type {
  AlertStore,
  AlertClaim,
  AlertState,
  AlertRecord,
  AlertSubscription,
} from '../../core/ports/alert-store.ts';
import { maxComparedRuns, rhythmHours, rhythmToleranceMs } from '../../core/model/sync-state/unusual.ts';
import type { ComparedRun } from '../../core/model/sync-state/unusual.ts';
import type { Database } from '../db/database.ts';
import { runById } from '../queries/runs.ts';
import { latestFreshness, toFreshness } from '../queries/freshness.ts';
import type { FreshnessRow } from '../queries/freshness.ts';
import { ensureSync } from './schedules.ts';

/** Longer than any attempt takes. */
const claimSeconds = 60;

/** No attempt is put off for so long: a time beyond it was written before the clock was set back. */
const maxRetryDelaySeconds = 3600;

interface AlertRow extends FreshnessRow {
  readonly notified_state: AlertState;
  readonly last_run_id: number | null;
  readonly last_success_at: Date | null;
  readonly watched_since: Date;
  readonly paused: boolean;
  readonly same_schedule: boolean;
  readonly state_id: string;
  readonly now: Date;
}

export function openAlertStore(database: Database): AlertStore {
  return {
    read: (watch) => readAlertView(database, watch),
    claim: (watch, state) => claimAlert(database, watch, state),
    settle: async ({ subscription: watch, token }, state) => {
      await database.query({
        text: `update alerts set notified_state = $4, notified_at = now(), attempts = 0, due_at = now()
               where webhook = $1 and sync_id = (select id from syncs where name = $2) and due_at = $3`,
        values: [watch.webhook, watch.sync, token, state],
      });
    },
    postpone: async ({ subscription: watch, token }, delayMs) => {
      await database.query({
        text: `update alerts set due_at = now() + make_interval(secs => $4::float8 / 1000)
               where webhook = $1 and sync_id = (select id from syncs where name = $2) and due_at = $3`,
        values: [watch.webhook, watch.sync, token, delayMs],
      });
    },
  };
}

/** Writes only where there is something new: this is asked every few seconds. */
async function readAlertView(database: Database, watch: AlertSubscription): Promise<AlertRecord> {
  let row = await readAlertRow(database, watch);
  if (row === null || !row.same_schedule || row.paused) {
    await ensureSync(database, watch.sync);
    await database.query({
      text: `insert into alerts (webhook, sync_id, schedule) select $1, id, $3 from syncs where name = $2
             on conflict (webhook, sync_id) do update set schedule = excluded.schedule, watched_since = now()`,
      values: [watch.webhook, watch.sync, watch.schedule],
    });
    row = await readAlertRow(database, watch);
  }
  if (row === null) throw new Error(`the alert ${watch.webhook} is not on record`);
  return {
    notifiedState: row.notified_state,
    lastRun: row.last_run_id === null ? null : await runById(database, String(row.last_run_id)),
    earlierRuns:
      row.last_run_id === null || !watch.comparesRuns ? [] : await readEarlierRuns(database, row.last_run_id),
    lastSuccessAt: row.last_success_at,
    watchedSince: row.watched_since,
    paused: row.paused,
    freshness: toFreshness(row),
    stateId: row.state_id,
    now: row.now,
  };
}

async function readAlertRow(
  database: Database,
  { webhook, sync, schedule, relevantStatuses: counting }: AlertSubscription,
): Promise<AlertRow | null> {
  const latestRun = (column: string, statuses: string): string =>
    `(select ${column} from runs where sync_id = s.id and trigger <> 'plan' and status = any(${statuses})
       order by id desc limit 1)`;
  const [row] = await database.query<AlertRow>({
    text: `select a.notified_state, a.watched_since, s.paused_at is not null as paused, now() as now,
             (select id from state_identity) as state_id, data.*,
             a.schedule is not distinct from $3 as same_schedule,
             ${latestRun('id', '$4::text[]')} as last_run_id,
             ${latestRun('finished_at', "array['succeeded', 'partial']")} as last_success_at
           from alerts a join syncs s on s.id = a.sync_id
             left join lateral (${latestFreshness}) data on true
           where a.webhook = $1 and s.name = $2`,
    values: [webhook, sync, schedule, counting],
  });
  return row ?? null;
}

/** The runs before a run, newest first, and then those at the same time of the day and of the week before. */
async function readEarlierRuns(database: Database, runId: number): Promise<readonly ComparedRun[]> {
  const counts = 'r.read, r.inserted + r.updated + r.rejected + r.unsent as changed, r.invalid, r.removed';
  return database.query<ComparedRun>({
    text: `with earlier as (
             select r.id, r.finished_at, ${counts} from runs r join runs last on last.id = $1
             where r.sync_id = last.sync_id and r.id < last.id and r.trigger <> 'plan'
               and r.status in ('succeeded', 'partial')
           ), compared as (
             (select * from earlier order by id desc limit $2)
             union
             select near.* from runs last
               cross join unnest($3::integer[]) as hours
               cross join lateral (
                 select * from earlier
                 where abs(extract(epoch from last.finished_at - earlier.finished_at) - hours * 3600) <= $4
                 order by abs(extract(epoch from last.finished_at - earlier.finished_at) - hours * 3600) limit 1
               ) near
             where last.id = $1
           )
           select finished_at as "finishedAt", read, changed, invalid, removed from compared order by id desc`,
    values: [runId, maxComparedRuns, rhythmHours, rhythmToleranceMs / 1000],
  });
}

async function claimAlert(database: Database, watch: AlertSubscription, state: AlertState): Promise<AlertClaim | null> {
  const [row] = await database.query<{ attempts: number; token: string }>({
    text: `update alerts set attempts = attempts + 1, due_at = now() + make_interval(secs => $4)
           where webhook = $1 and sync_id = (select id from syncs where name = $2) and notified_state = $3
             and (due_at <= now() or due_at > now() + make_interval(secs => $5))
           returning attempts, due_at::text as token`,
    values: [watch.webhook, watch.sync, state, claimSeconds, maxRetryDelaySeconds],
  });
  return row === undefined ? null : { subscription: watch, attempt: row.attempts, token: row.token };
}
