import { PanelsyncError } from '../../core/errors.ts';
import type { Database } from './database.ts';
import { migrationTexts } from './migrate.ts';
import type { StateClient } from './state-client.ts';

/**
 * Tries what a run does to the state database and rolls all of it back, so that missing rights show before the run:
 * throws what the run would fail with.
 */
export async function rehearse(database: Database): Promise<void> {
  const client = await database.dedicatedClient();
  try {
    await client.query('begin');
    // Each run stages the rows of the model in a temporary table.
    await client.query('create temporary table panelsync_rehearsal (key text) on commit drop');
    const isNew = await createSchema(client, database.schema);
    if (!isNew) await requirePrivileges(client, database.schema);
    await client.query('rollback');
  } finally {
    await client.end();
  }
}

/** Schema and tables as the first run creates them; false where they exist. */
async function createSchema(client: StateClient, schema: string): Promise<boolean> {
  const { rows } = await client.query<{ schema: boolean; tables: boolean }>(
    `select to_regnamespace($1) is not null as schema, to_regclass($1 || '.migrations') is not null as tables`,
    [`"${schema}"`],
  );
  if (rows[0]?.tables === true) return false;
  if (rows[0]?.schema !== true) await client.query(`create schema "${schema}"`);
  for (const text of await migrationTexts()) await client.query(text);
  return true;
}

async function requirePrivileges(client: StateClient, schema: string): Promise<void> {
  const { rows } = await client.query<{ missing: string }>(
    `select string_agg(privilege, ', ') || ' on ' || relname as missing
       from pg_class, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) privilege
      where relnamespace = to_regnamespace($1) and relkind in ('r', 'p') and not has_table_privilege(oid, privilege)
      group by relname order by relname`,
    [`"${schema}"`],
  );
  if (rows.length === 0) return;
  throw new PanelsyncError({
    code: 'state_rights',
    recovery: 'fatal',
    message: `The user of state.url lacks rights in the schema ${schema}: ${rows.map(({ missing }) => missing).join('; ')}.`,
    hint: `grant select, insert, update, delete on all tables in schema ${schema} to the user of state.url`,
  });
}
