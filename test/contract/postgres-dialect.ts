import { createDatabase, query } from '../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../helpers/postgres/postgres.ts';
import { valuesQuery } from './source-suite.ts';
import type { Dialect } from './source-suite.ts';

/** A warehouse of Postgres and its SQL, for the sources that speak its protocol. */

export const postgresDialect: Dialect = {
  numbers: (count) => `select n, 'row ' || n || repeat('.', 300) as label from generate_series(1, ${count}) n`,
  empty: "select 1 as n, 'x' as label where false",
  text: (value) => `select convert_from('\\x${Buffer.from(value).toString('hex')}', 'UTF8') as t`,
  rows: valuesQuery,
  kinds: {
    sql: `select 'x'::varchar(9) as text, 1.50::numeric as number, 0.1::double precision as float, true as boolean, date '2024-02-29' as date,
      timestamp '2024-02-29 12:00:00.5' as timestamp, timestamptz '2024-02-29 12:00:00+05:30' as timestamptz,
      time '12:00' as time, '{"a": 1}'::jsonb as json, '\\xff'::bytea as binary, array[1, 2] as other`,
    values: {
      text: 'x',
      number: '1.50',
      float: '0.1',
      boolean: 't',
      date: '2024-02-29',
      timestamp: '2024-02-29 12:00:00.5',
      timestamptz: '2024-02-29 06:30:00+00',
      time: '12:00:00',
      json: '{"a": 1}',
      binary: '\\xff',
      other: '{1,2}',
    },
  },
  nulls: "select null::text as a, '' as b, '\\N' as c",
  failsMidway: {
    sql: "select 1 / (20000 - n) || repeat('.', 300) as x from generate_series(1, 30000) n",
    code: 'model_data_error',
  },
  trailers: [' /* a /* nested; */ one */ ;'],
  longRunning: 'select pg_sleep(600)::text as x',
  rejected: [
    ['insert into written values (1)', 'model_not_read_only'],
    ['insert into written values (1) returning n', 'model_not_read_only'],
    ['delete from kept', 'model_not_read_only'],
    ['update kept set n = 2', 'model_not_read_only'],
    ['select 1 as n into written_too', 'model_not_read_only'],
    ['with w as (insert into written values (1) returning n) select n from w', 'model_not_read_only'],
    ['with w as (delete from kept returning n) select n from w', 'model_not_read_only'],
    ['select write_one() as n', 'model_not_read_only'],
    ['create table written_too (n integer)', 'model_not_read_only'],
    ['-- a note\ntruncate kept', 'model_not_read_only'],
    ['copy kept to stdout', 'model_not_read_only'],
    ['set transaction read write', 'model_not_read_only'],
    ['select 1 as n; delete from kept', 'model_several_statements'],
    ['selct 1 as n', 'model_sql_error'],
    ['select 1 as n; select 2 as n', 'model_several_statements'],
    ['commit; insert into written values (1)', 'model_not_read_only'],
    ['select 1 as n) as model; insert into written values (1); select * from (select 1 as n', 'model_sql_error'],
    ['select 1 as n) as model, (select 2 as m', 'model_sql_error'],
    ['', 'model_sql_error'],
    ['-- nothing but a comment', 'model_sql_error'],
  ],
};

export async function createWarehouse(): Promise<TestDatabase> {
  const created = await createDatabase();
  const statements = [
    'create table written (n integer)',
    'create table kept (n integer)',
    'insert into kept values (1)',
    // The source must fix what its sessions would take over from here.
    `alter database ${created.name} set timezone = 'Asia/Kolkata'`,
    `alter database ${created.name} set default_transaction_isolation = serializable`,
    `create function write_one() returns integer language sql volatile as 'insert into written values (1) returning n'`,
  ];
  for (const statement of statements) await query(created.url, statement);
  return created;
}

/** How many rows the models of `Dialect.rejected` have written. */
export async function rowsWritten(url: string): Promise<number> {
  const [found] = await query<{ changes: number }>(
    url,
    `select (select count(*) from written)::int + abs(1 - (select coalesce(sum(n), 0) from kept)::int)
       + (to_regclass('written_too') is not null)::int as changes`,
  );
  return found?.changes ?? Number.NaN;
}
