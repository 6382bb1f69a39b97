import { createForgottenPeople } from '../../core/model/forgotten-people.ts';
import type { ForgottenPeople } from '../../core/model/forgotten-people.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { fetchPages } from '../db/cursor.ts';
import type { Database } from '../db/database.ts';
import type { StateClient } from '../db/state-client.ts';

/** Who is forgotten in a sync; `null` while nobody is, so that nobody is looked for. */
export async function loadForgotten(
  database: Database,
  sync: { readonly id: number; readonly settings: SyncSettings },
  codec: PayloadCodec,
): Promise<ForgottenPeople | null> {
  const rows = await database.query<{ person: string }>({
    text: `select replace(person::text, '-', '') as person from forgotten where sync_id is null or sync_id = $1`,
    values: [sync.id],
  });
  if (rows.length === 0) return null;
  return createForgottenPeople(new Set(rows.map(({ person }) => person)), codec, sync.settings);
}

/**
 * Takes out of the difference who is forgotten and would never be given as a candidate: keys that came more than once,
 * and those that update mode misses. Otherwise they would be listed among the skips. Returns the keys taken out.
 */
export async function excludeForgotten(
  client: StateClient,
  sync: { readonly id: number; readonly updateOnly: boolean },
  people: ForgottenPeople,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ key: string }>('select key from pg_temp.repeated');
  const repeated = rows.map(({ key }) => key).filter((key) => people.hasKey(key));
  await client.query('delete from pg_temp.repeated where key = any($1::text[])', [repeated]);
  if (!sync.updateOnly) return [];
  return client.transaction(async () => {
    const excluded: string[] = [];
    // Forgetting deletes a person's skips, so nobody with an open skip is forgotten.
    const query = {
      text: `select key from pg_temp.difference d where position is not null and not in_snapshot and not exists (
               select from skips s where s.sync_id = $1 and s.key = d.key and s.until_run_id is null
                 and s.reason = 'not_in_snapshot')`,
      values: [sync.id],
    };
    for await (const page of fetchPages<{ key: string }>(client, query)) {
      excluded.push(...page.map(({ key }) => key).filter((key) => people.hasKey(key)));
    }
    await client.query('delete from pg_temp.difference where key = any($1::text[]) and position is not null', [
      excluded,
    ]);
    return excluded;
  });
}
