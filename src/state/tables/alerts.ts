import type { AlertBook, AlertClaim, AlertState, AlertView, AlertWatch } from '../../core/ports/alert-store.ts';
import type { Database } from '../db/database.ts';
import { runById } from './runs.ts';
import { addSync } from './schedules.ts';

/** Longer than any attempt takes. */
const claimSeconds = 60;

/** No attempt is put off for so long: a time beyond it was written before the clock was set back. */
const longestWaitSeconds = 3600;

interface ViewRow {
  readonly told: AlertState;
  readonly last_run_id: number | null;
  readonly last_success_at: Date | null;
  readonly watched_since: Date;
  readonly paused: boolean;
  readonly same_schedule: boolean;
  readonly now: Date;
}

export function openAlertBook(database: Database): AlertBook {
  return {
    view: (watch) => view(database, watch),
    claim: (watch, told) => claim(database, watch, told),
    settle: async ({ watch, token }, told) => {
      await database.rows({
        text: `update alerts set told = $4, told_at = now(), attempts = 0, due_at = now()
               where webhook = $1 and sync_id = (select id from syncs where name = $2) and due_at = $3`,
        values: [watch.webhook, watch.sync, token, told],
      });
    },
    postpone: async ({ watch, token }, delayMs) => {
      await database.rows({
        text: `update alerts set due_at = now() + make_interval(secs => $4::float8 / 1000)
               where webhook = $1 and sync_id = (select id from syncs where name = $2) and due_at = $3`,
        values: [watch.webhook, watch.sync, token, delayMs],
      });
    },
  };
}

/** Writes only where there is something new: this is asked every few seconds. */
async function view(database: Database, watch: AlertWatch): Promise<AlertView> {
  let row = await viewRow(database, watch);
  if (row === null || !row.same_schedule || row.paused) {
    await addSync(database, watch.sync);
    await database.rows({
      text: `insert into alerts (webhook, sync_id, schedule) select $1, id, $3 from syncs where name = $2
             on conflict (webhook, sync_id) do update set schedule = excluded.schedule, watched_since = now()`,
      values: [watch.webhook, watch.sync, watch.schedule],
    });
    row = await viewRow(database, watch);
  }
  if (row === null) throw new Error(`the alert ${watch.webhook} is not on record`);
  return {
    told: row.told,
    lastRun: row.last_run_id === null ? null : await runById(database, String(row.last_run_id)),
    lastSuccessAt: row.last_success_at,
    watchedSince: row.watched_since,
    paused: row.paused,
    now: row.now,
  };
}

async function viewRow(database: Database, { webhook, sync, schedule, counting }: AlertWatch): Promise<ViewRow | null> {
  const lastOf = (column: string, statuses: string): string =>
    `(select ${column} from runs where sync_id = s.id and trigger <> 'plan' and status = any(${statuses})
       order by id desc limit 1)`;
  const [row] = await database.rows<ViewRow>({
    text: `select a.told, a.watched_since, s.paused_at is not null as paused, now() as now,
             a.schedule is not distinct from $3 as same_schedule,
             ${lastOf('id', '$4::text[]')} as last_run_id,
             ${lastOf('finished_at', "array['succeeded', 'partial']")} as last_success_at
           from alerts a join syncs s on s.id = a.sync_id where a.webhook = $1 and s.name = $2`,
    values: [webhook, sync, schedule, counting],
  });
  return row ?? null;
}

async function claim(database: Database, watch: AlertWatch, told: AlertState): Promise<AlertClaim | null> {
  const [row] = await database.rows<{ attempts: number; token: string }>({
    text: `update alerts set attempts = attempts + 1, due_at = now() + make_interval(secs => $4)
           where webhook = $1 and sync_id = (select id from syncs where name = $2) and told = $3
             and (due_at <= now() or due_at > now() + make_interval(secs => $5))
           returning attempts, due_at::text as token`,
    values: [watch.webhook, watch.sync, told, claimSeconds, longestWaitSeconds],
  });
  return row === undefined ? null : { watch, attempt: row.attempts, token: row.token };
}
