import type { RateLimitStore } from '../../core/ports/rate-limit-store.ts';
import type { Database } from '../db/database.ts';

/** A state database that does not answer for so long keeps nobody waiting any more. */
const timeoutMs = 30_000;

/**
 * What the database's own clock wrote lies in its past, but for a second that a clock may be corrected by. Anything
 * else was written before the clock was set back, and would hold up everybody for as long.
 */
const isNotInFuture = (column: string): string => `p.${column} <= clock_timestamp() + interval '1 second'`;

const milliseconds = (parameter: number): string => `$${parameter} * interval '1 millisecond'`;

/**
 * The queue of all who send with one key: one row, moved on by one statement, measured by the database's clock. `key`
 * is a hash; the key itself is never stored.
 */
export function openRateLimitStore(open: () => Promise<Database>, key: string): RateLimitStore {
  return {
    reserve: async (count, spacingMs) => reservePermits(await open(), key, count * spacingMs),
    pause: async (durationMs) => pauseKey(await open(), key, durationMs),
    pausedMs: async () => {
      const database = await open();
      const [row] = await database.query<{ paused_ms: number }>({
        name: 'rate_limit_paused',
        text: `select (1000 * extract(epoch from paused_until - clock_timestamp()))::float8 as paused_ms
               from rate_limits p where key_hash = $1 and paused_until > clock_timestamp() and ${isNotInFuture('paused_at')}`,
        values: [key],
        timeoutMs,
      });
      return row?.paused_ms ?? 0;
    },
  };
}

async function reservePermits(database: Database, key: string, durationMs: number): Promise<number> {
  const [row] = await database.query<{ wait_ms: number }>({
    name: 'rate_limit_reserve',
    text: `insert into rate_limits as p (key_hash, next_at, reserved_at)
           values ($1, clock_timestamp() + ${milliseconds(2)}, clock_timestamp())
           on conflict (key_hash) do update set reserved_at = clock_timestamp(), next_at = ${milliseconds(2)} + greatest(
             clock_timestamp(),
             case when ${isNotInFuture('reserved_at')} then p.next_at end,
             case when ${isNotInFuture('paused_at')} then p.paused_until end)
           returning (1000 * extract(epoch from next_at - ${milliseconds(2)} - reserved_at))::float8 as wait_ms`,
    values: [key, durationMs],
    timeoutMs,
  });
  return Math.max(0, row?.wait_ms ?? 0);
}

async function pauseKey(database: Database, key: string, durationMs: number): Promise<void> {
  await database.query({
    text: `insert into rate_limits as p (key_hash, paused_at, paused_until)
           values ($1, clock_timestamp(), clock_timestamp() + ${milliseconds(2)})
           on conflict (key_hash) do update set paused_at = excluded.paused_at, paused_until = greatest(
             excluded.paused_until, case when ${isNotInFuture('paused_at')} then p.paused_until end)`,
    values: [key, durationMs],
    timeoutMs,
  });
}
