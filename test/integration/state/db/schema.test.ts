import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openDatabase } from '../../../../src/state/db/database.ts';
import type { Database } from '../../../../src/state/db/database.ts';
import { migrate } from '../../../../src/state/db/migrate.ts';
import { createDatabase } from '../../../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../../../helpers/postgres/postgres.ts';

/** From dist/test/integration/state/db to the source. */
const file = fileURLToPath(new URL('../../../../../test/schema.sql', import.meta.url));

const head = `-- The schema of the state database, as the migrations leave it: for people to read, and compared by a test.
-- Written by: WRITE_SCHEMA=1 npx mocha dist/test/integration/state/db/schema.test.js
`;

/** Every table with its columns, constraints, storage options and indexes; knex's own tables are left out. */
const dump = `
  with tables as (
    select c.oid, c.relname as name, c.reloptions as options, c.relpersistence as persistence
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'panelsync' and c.relkind = 'r' and c.relname not like 'migrations%'
  ), lines as (
    select t.oid, 1 as part, a.attnum::text as place, concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attcollation <> ty.typcollation then 'collate ' || quote_ident(co.collname) end,
      case when a.attnotnull then 'not null' end,
      case when d.oid is not null then 'default ' || pg_get_expr(d.adbin, d.adrelid) end,
      case when a.attidentity = 'a' then 'generated always as identity' end) as line
    from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      join pg_type ty on ty.oid = a.atttypid
      left join pg_collation co on co.oid = a.attcollation
      left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
    union all
    select t.oid, 2, k.conname, 'constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid, true)
    from tables t join pg_constraint k on k.conrelid = t.oid and k.contype <> 'n'
  )
  select t.name, concat_ws(E'\\n',
    'create ' || case t.persistence when 'u' then 'unlogged ' else '' end || 'table ' || t.name || ' (',
    (select string_agg('  ' || line, E',\\n' order by part, case when part = 1 then lpad(place, 5) else place end collate "C")
     from lines l where l.oid = t.oid),
    ')' || coalesce(' with (' || array_to_string(t.options, ', ') || ')', '') || ';',
    'comment on table ' || t.name || ' is ' || quote_literal(obj_description(t.oid, 'pg_class')) || ';',
    (select string_agg(replace(pg_get_indexdef(i.indexrelid), ' panelsync.', ' ') || ';', E'\\n' order by c.relname collate "C")
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indrelid = t.oid and not exists (select from pg_constraint k where k.conindid = i.indexrelid))) as text
  from tables t order by t.name collate "C"`;

/** Every view with its columns, their types and what the database says of them: reports rely on all of it. */
const viewDump = `
  select concat_ws(E'\\n', 'create view ' || c.relname || ' (',
    (select string_agg('  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
        || ' -- ' || col_description(c.oid, a.attnum), E'\\n' order by a.attnum)
     from pg_attribute a where a.attrelid = c.oid and a.attnum > 0),
    ');', 'comment on view ' || c.relname || ' is ' || quote_literal(obj_description(c.oid, 'pg_class')) || ';') as text
  from pg_class c where c.relnamespace = 'panelsync'::regnamespace and c.relkind = 'v'
  order by c.relname collate "C"`;

describe('the schema of the state', () => {
  let created: TestDatabase;
  let database: Database;
  before(async () => {
    created = await createDatabase();
    database = openDatabase(created.url, 'panelsync');
    await migrate(database);
  });
  after(async () => {
    await database.close();
    await created.drop();
  });

  it('is what test/schema.sql says', async () => {
    const tables = await database.query<{ text: string }>({ text: dump });
    const views = await database.query<{ text: string }>({ text: viewDump });
    const now = `${head}\n${[...tables, ...views].map(({ text }) => text).join('\n\n')}\n`;
    if (process.env['WRITE_SCHEMA'] === '1') await writeFile(file, now);
    expect(now).to.equal(await readFile(file, 'utf8'));
  });

  it('holds no function, trigger or type of its own: what is not dumped is not there', async () => {
    const others = await database.query<{ name: string }>({
      text: `select proname as name from pg_proc where pronamespace = 'panelsync'::regnamespace
             union all select relname from pg_class
               where relnamespace = 'panelsync'::regnamespace and relkind not in ('r', 'i', 'S', 'v')
             union all select typname from pg_type
               where typnamespace = 'panelsync'::regnamespace and typtype in ('d', 'e')
             union all select tgname from pg_trigger where not tgisinternal`,
    });
    expect(others).to.deep.equal([]);
  });
});
