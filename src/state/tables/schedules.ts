import type { Pause, ScheduleStore } from '../../core/ports/schedule-store.ts';
import type { Database } from '../db/database.ts';

/** Clocks that differ by no more count as equal. */
const maxClockSkewMinutes = 1;

/** How long a process that claimed a scheduled time has to start the run before another may catch up. */
const claimTimeoutMinutes = 1;

interface PauseRow {
  readonly name: string;
  readonly paused_at: Date;
  readonly paused_by: string;
  readonly pause_reason: string | null;
}

export function openSchedules(database: Database): ScheduleStore {
  return {
    claimRun: (sync, scheduledAt) => claimScheduledTime(database, sync, scheduledAt),
    claimCatchUp: (sync) => claimCatchUp(database, sync),
    lastScheduledAt: async (sync) => {
      const [row] = await database.query<{ last_scheduled_at: Date | null }>({
        text: 'select last_scheduled_at from syncs where name = $1',
        values: [sync],
      });
      return row?.last_scheduled_at ?? null;
    },
    pause: (sync, pause) => pauseSync(database, sync, pause),
    resume: (sync) => resumeSync(database, sync),
    pauses: () => listPauses(database),
  };
}

/** A claim in the database's future was made before its clock was set back: it would block for as long. */
async function claimScheduledTime(database: Database, sync: string, scheduledAt: Date): Promise<boolean> {
  await ensureSync(database, sync);
  const [claimed] = await database.query<{ paused_at: Date | null }>({
    text: `update syncs set last_scheduled_at = $2,
             pending_scheduled_at = case when paused_at is null then $2 else pending_scheduled_at end,
             claimed_at = case when paused_at is null then clock_timestamp() else claimed_at end
           where name = $1 and $2 <= clock_timestamp() + make_interval(mins => $3)
             and (last_scheduled_at is null or last_scheduled_at < $2
               or last_scheduled_at > clock_timestamp() + make_interval(mins => $3))
           returning paused_at`,
    values: [sync, scheduledAt, maxClockSkewMinutes],
  });
  return claimed !== undefined && claimed.paused_at === null;
}

async function claimCatchUp(database: Database, sync: string): Promise<Date | null> {
  const [claimed] = await database.query<{ pending_scheduled_at: Date }>({
    text: `update syncs set claimed_at = clock_timestamp()
           where name = $1 and pending_scheduled_at is not null and paused_at is null
             and abs(extract(epoch from clock_timestamp() - claimed_at)) > 60 * $2::integer
           returning pending_scheduled_at`,
    values: [sync, claimTimeoutMinutes],
  });
  return claimed?.pending_scheduled_at ?? null;
}

async function pauseSync(database: Database, sync: string, { by, reason }: Omit<Pause, 'at'>): Promise<Pause> {
  await ensureSync(database, sync);
  const [row] = await database.query<PauseRow>({
    text: `update syncs set paused_at = coalesce(paused_at, now()), pause_reason = coalesce($3, pause_reason),
             paused_by = case when $3::text is null then coalesce(paused_by, $2) else $2 end
           where name = $1 returning name, paused_at, paused_by, pause_reason`,
    values: [sync, by, reason],
  });
  if (row === undefined) throw new Error(`sync ${sync} is not on record`);
  return toPause(row);
}

async function resumeSync(database: Database, sync: string): Promise<Pause | null> {
  const [row] = await database.query<PauseRow>({
    text: `update syncs s set paused_at = null, paused_by = null, pause_reason = null
           from (select * from syncs where name = $1 for update) old where s.id = old.id and old.paused_at is not null
           returning old.name, old.paused_at, old.paused_by, old.pause_reason`,
    values: [sync],
  });
  return row === undefined ? null : toPause(row);
}

export async function listPauses(database: Database): Promise<ReadonlyMap<string, Pause>> {
  const rows = await database.query<PauseRow>({
    text: 'select name, paused_at, paused_by, pause_reason from syncs where paused_at is not null order by name',
  });
  return new Map(rows.map((row) => [row.name, toPause(row)]));
}

function toPause({ paused_at: at, paused_by: by, pause_reason: reason }: PauseRow): Pause {
  return { at: at.toISOString(), by, reason };
}

/** Makes sure that a sync is on record. */
export async function ensureSync(database: Database, name: string): Promise<void> {
  await database.query({
    // The conflict alone would use up a number of the sequence each time.
    text: `insert into syncs (name) select $1 where not exists (select from syncs where name = $1)
           on conflict do nothing`,
    values: [name],
  });
}

/** No row has this number: the snapshot of a sync that never ran is empty. */
const noSyncId = 0;

export async function findSyncId(database: Database, name: string): Promise<number> {
  const [row] = await database.query<{ id: number }>({ text: 'select id from syncs where name = $1', values: [name] });
  return row?.id ?? noSyncId;
}
