import { openDatabase } from '../../../src/state/db/database.ts';
import { migrate } from '../../../src/state/db/migrate.ts';
import { createDatabase, query } from '../postgres/postgres.ts';
import type { TestDatabase } from '../postgres/postgres.ts';

/**
 * A state database and a warehouse with no rows. Panels are copies of it, because the migrations would take as long as
 * most tests.
 */

let own: Promise<TestDatabase> | null = null;

/** Its name. mocha's worker processes inherit it, so that all of them share one. */
export async function templateName(): Promise<string> {
  const inherited = process.env['TEST_TEMPLATE_DATABASE'];
  if (inherited !== undefined) return inherited;
  own ??= createTemplate();
  return (await own).name;
}

/** Drops it if this process has made it. */
export async function dropTemplate(): Promise<void> {
  const created = own;
  own = null;
  await (await created)?.drop();
}

async function createTemplate(): Promise<TestDatabase> {
  const template = await createDatabase();
  const database = openDatabase(template.url, 'panelsync');
  await migrate(database);
  await database.close();
  await query(
    template.url,
    `create table people (id integer generated always as identity primary key, email text, first_name text, city text,
       phone text, plan text, note text)`,
  );
  return template;
}
