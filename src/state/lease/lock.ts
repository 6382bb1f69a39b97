import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PanelsyncError } from '../../core/errors.ts';
import { isAlive, processNamespace } from '../../lib/processes.ts';
import type { Database } from '../db/database.ts';
import type { StateClient } from '../db/state-client.ts';

/** How long a lease lasts; measured by the clock of the state database, but for `sendMs`. */
export interface LeaseTimes {
  /** Between two renewals. */
  readonly renewMs: number;
  /** How long after a renewal its holder may put a request on the wire, by its own clocks. */
  readonly sendMs: number;
  /** How long after the last renewal another process waits before it sends: `sendMs` and the way of a request. */
  readonly graceMs: number;
  /** After so long without a renewal the holder counts as frozen or gone, and the connection with its lock is ended. */
  readonly leaseMs: number;
}

export const defaultLeaseTimes: LeaseTimes = { renewMs: 2000, sendMs: 5000, graceMs: 8000, leaseMs: 30_000 };

/** The lock of one sync. */
export interface LockTarget {
  readonly schema: string;
  readonly syncId: number;
  readonly sync: string;
  readonly times: LeaseTimes;
}

/** The lock as it was taken. */
export interface AcquiredLock {
  /** Names the holder in the lease. */
  readonly holder: string;
  /** How long the holder before may still send, which did not let go in good order. */
  readonly graceMs: number;
  /** By the clock of the database, in seconds since 1970. */
  readonly takenAt: string;
}

/** No lease lasts so long: one that seems to was written before the clock of the database was set back. */
const maxLeaseMinutes = 5;

/** The connection of a frozen holder is gone within moments of being ended. */
const maxAttempts = 100;
const retryDelayMs = 100;

/** Advisory locks belong to the whole database: the schema is part of the name. */
const lockKey = "hashtextextended('panelsync:' || $1 || ':' || $2, 0)";

/** The backend of a lease still holds the lock. */
const lockIsHeld = `exists (
  select from pg_locks k
  where k.locktype = 'advisory' and k.granted and k.pid = l.backend_pid and k.objsubid = 1
    and k.database = (select oid from pg_database where datname = current_database())
    and (k.classid::bigint << 32 | k.objid::bigint) = ${lockKey})`;

const isExpired = `l.expires_at not between clock_timestamp()
  and clock_timestamp() + make_interval(mins => ${maxLeaseMinutes})`;

const msFromNow = (parameter: number): string => `clock_timestamp() + $${parameter} * interval '1 millisecond'`;

/**
 * Takes the advisory lock of a sync for the connection, and its lease with it. A lock whose holder has not been heard of
 * for longer than a lease is taken away: its process is frozen, or its machine vanished without a word. So is the lock of
 * a process that is known to be dead, whose connection the database has not missed yet.
 */
export async function acquireLock(client: StateClient, target: LockTarget): Promise<AcquiredLock> {
  const holder = randomUUID();
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const acquired = await tryAcquireLock(client, target, holder);
    if (acquired !== null) return { holder, ...acquired };
    const current = await findHolder(client, target);
    if (current === null || !(current.expired || isDead(current))) throw alreadyRunning(target, current);
    await terminateHolder(client, target, current);
    await sleep(retryDelayMs);
  }
  throw alreadyRunning(target, null);
}

/**
 * One statement, so that nobody ever holds the lock without a lease. A holder before that is known to be dead, and not
 * only cut off, sends nothing more: nobody waits for it.
 */
async function tryAcquireLock(
  client: StateClient,
  target: LockTarget,
  holder: string,
): Promise<Omit<AcquiredLock, 'holder'> | null> {
  const { schema, syncId, sync, times } = target;
  const { rows } = await client.query<{ grace_ms: number; taken_at: string; local_pid: number | null }>(
    `with lock as materialized (select pg_try_advisory_lock(${lockKey}) as taken)
     insert into leases as l (sync_id, holder, backend_pid, host, pid, process_namespace, taken_at, sends_until, expires_at)
     select $3, $4, pg_backend_pid(), $5, $6, $9, clock_timestamp(), ${msFromNow(7)}, ${msFromNow(8)} from lock where taken
     on conflict (sync_id) do update set holder = excluded.holder, backend_pid = excluded.backend_pid,
       host = excluded.host, pid = excluded.pid, process_namespace = excluded.process_namespace, taken_at = excluded.taken_at, sends_until = excluded.sends_until,
       expires_at = excluded.expires_at, grace_until = case when l.holder is not null then l.sends_until end
     returning (1000 * coalesce(extract(epoch from grace_until - clock_timestamp()), 0))::float8 as grace_ms,
       extract(epoch from taken_at)::text as taken_at,
       (select pid from leases where sync_id = $3 and process_namespace = $9) as local_pid`,
    [schema, sync, syncId, holder, hostname(), process.pid, times.graceMs, times.leaseMs, processNamespace()],
  );
  const [acquired] = rows;
  if (acquired === undefined) return null;
  const isDeadNeighbor = acquired.local_pid !== null && !isAlive(acquired.local_pid);
  const graceMs = isDeadNeighbor ? 0 : Math.min(Math.max(acquired.grace_ms, 0), maxLeaseMinutes * 60_000);
  return { graceMs, takenAt: acquired.taken_at };
}

interface Holder {
  readonly holder: string;
  readonly host: string;
  readonly pid: number;
  readonly taken_at: Date;
  readonly run_id: number | null;
  readonly expired: boolean;
  /** Of a process whose id means the same here. */
  readonly is_local: boolean | null;
}

/** Whether a process that counts as alive has the lock of a sync: no other one could take it now. */
export async function isLeased(database: Database, sync: string): Promise<boolean> {
  const [holder] = await database.query<Holder>(holderStatement({ schema: database.schema, sync }));
  return holder !== undefined && !holder.expired && !isDead(holder);
}

function isDead({ is_local, pid }: Holder): boolean {
  return is_local === true && !isAlive(pid);
}

async function findHolder(client: StateClient, target: LockTarget): Promise<Holder | null> {
  const { text, values } = holderStatement(target);
  const { rows } = await client.query<Holder>(text, values);
  return rows[0] ?? null;
}

function holderStatement({ schema, sync }: Pick<LockTarget, 'schema' | 'sync'>) {
  return {
    text: `select l.holder, l.host, l.pid, l.taken_at, ${isExpired} as expired, l.process_namespace = $3 as is_local,
             (select max(id) from runs where sync_id = l.sync_id and status = 'running') as run_id
           from leases l where l.sync_id = (select id from syncs where name = $2) and l.holder is not null and ${lockIsHeld}`,
    values: [schema, sync, processNamespace()],
  };
}

/** Only ever the backend that the lease of this holder names: whoever has taken the lock since is another one. */
async function terminateHolder(client: StateClient, target: LockTarget, current: Holder): Promise<void> {
  const { schema, sync, syncId } = target;
  try {
    await client.query(
      `select pg_terminate_backend(l.backend_pid) from leases l
       where l.sync_id = $3 and l.holder = $4 and ($5 or ${isExpired}) and ${lockIsHeld}`,
      [schema, sync, syncId, current.holder, isDead(current)],
    );
  } catch (error) {
    if (!(error instanceof PanelsyncError) || error.code !== 'state_rights') throw error;
    throw new PanelsyncError({
      code: 'already_running',
      recovery: 'busy',
      message: `The process that runs the sync "${sync}" has not renewed its lease, and the user of state.url may not end its connection.`,
      hint: 'End that process, or grant pg_signal_backend to the user of state.url.',
      cause: error,
    });
  }
}

function alreadyRunning({ sync }: LockTarget, holder: Holder | null): PanelsyncError {
  const run = holder === null || holder.run_id === null ? '' : `, run ${holder.run_id}`;
  const since =
    holder === null ? 'now' : `since ${holder.taken_at.toISOString()} (process ${holder.pid} on ${holder.host}${run})`;
  return new PanelsyncError({
    code: 'already_running',
    recovery: 'busy',
    message: `Another process is running the sync "${sync}" ${since}.`,
    hint: 'Wait until it has finished; panelsync status shows when.',
  });
}

/** Renews a lease whose lock is still held; no row where it is not, or where somebody else has taken it. */
export function renewLeaseStatement({ schema, sync, syncId, times }: LockTarget, holder: string) {
  return {
    name: 'renew_lease',
    text: `update leases l set sends_until = ${msFromNow(5)}, expires_at = ${msFromNow(6)}
           where l.sync_id = $3 and l.holder = $4 and ${lockIsHeld} returning l.sync_id`,
    values: [schema, sync, syncId, holder, times.graceMs, times.leaseMs],
  };
}
