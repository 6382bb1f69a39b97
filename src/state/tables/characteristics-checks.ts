import type { CheckedCharacteristics } from '../../core/ports/run/run-session.ts';
import type { Database } from '../db/database.ts';

/** What a sync remembers of having asked the Hub. */
export function openCharacteristics(database: Database, syncId: number): CheckedCharacteristics {
  return {
    isChecked: async (destination, mapping) => {
      const rows = await database.query({
        text: 'select from characteristics_checks where sync_id = $1 and destination = $2 and mapping = $3',
        values: [syncId, destination, mapping],
      });
      return rows.length > 0;
    },
    remember: async (destination, { mapping, outcome }) => {
      await database.query({
        text: `insert into characteristics_checks (sync_id, destination, mapping, outcome) values ($1, $2, $3, $4)
               on conflict (sync_id, destination, mapping) do update set outcome = excluded.outcome, checked_at = now()`,
        values: [syncId, destination, mapping, outcome],
      });
    },
    forget: async () => {
      await database.query({ text: 'delete from characteristics_checks where sync_id = $1', values: [syncId] });
    },
  };
}
