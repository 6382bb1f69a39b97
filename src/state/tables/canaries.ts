import type { CanaryStore, CanaryVerdict } from '../../core/ports/canary-store.ts';
import type { Database } from '../db/database.ts';

export function openCanaries(database: Database): CanaryStore {
  return {
    last: async (destination) => {
      const [row] = await database.query<{ verdict: CanaryVerdict; at: Date }>({
        text: 'select verdict, recorded_at as at from canaries where destination = $1',
        values: [destination],
      });
      return row === undefined ? null : { verdict: row.verdict, at: row.at.toISOString() };
    },
    record: async (destination, { verdict, ...details }) => {
      const [row] = await database.query<{ at: Date }>({
        text: `insert into canaries (destination, verdict, details) values ($1, $2, $3)
               on conflict (destination) do update set recorded_at = now(), verdict = excluded.verdict, details = excluded.details
               returning recorded_at as at`,
        values: [destination, verdict, JSON.stringify(details)],
      });
      if (row === undefined) throw new RangeError('no canary was recorded');
      return row.at.toISOString();
    },
  };
}
