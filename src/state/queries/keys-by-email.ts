import { emailKey } from '../../core/model/key.ts';
import { fetchPages } from '../db/cursor.ts';
import type { StateClient } from '../db/state-client.ts';

/** Where rows have another key, the e-mail is in what was sent, as the model wrote it: only our own rules compare it. */
export async function findKeysByEmail(client: StateClient, syncId: number, email: string): Promise<readonly string[]> {
  const keys: string[] = [];
  const query = {
    text: `select distinct key, email from (
             select key, payload #>> '{fields,email}' as email from snapshot_fields where sync_id = $1
             union all
             select key, payload #>> '{fields,email}' from outbox where run_id in (select id from runs where sync_id = $1)
             union all
             select key, email from rejections where sync_id = $1
           ) stored
           where email is not null and exists (select from runs where sync_id = $1 and key_column is not null)`,
    values: [syncId],
  };
  for await (const rows of fetchPages<{ key: string; email: string }>(client, query)) {
    keys.push(...rows.filter((row) => emailKey(row.email) === email).map(({ key }) => key));
  }
  return keys;
}
