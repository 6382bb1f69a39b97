import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuOf, createDuckDbFolder, engineProcesses, runInDuckDb } from '../helpers/duckdb/duckdb.ts';
import { describeBuckets } from './bucket-suite.ts';
import { describeSource } from './source-suite.ts';
import type { Dialect, SourceUnderTest } from './source-suite.ts';

const textOf = (value: string | null): string =>
  value === null ? 'null' : `decode('${Buffer.from(value).toString('hex').replace(/../g, '\\x$&')}'::blob)`;

const dialect: Dialect = {
  numbers: (count) => `select n, 'row ' || n || repeat('.', 300) as label from range(1, ${count + 1}) as numbers (n)`,
  empty: "select 1 as n, 'x' as label where false",
  text: (value) => `select ${textOf(value)} as t`,
  rows: (rows) => `select * from (values ${rows.map((row) => `(${row.map(textOf).join(', ')})`).join(', ')}) as v`,
  kinds: {
    sql: `select 'x'::varchar as text, 1.50::decimal(9, 2) as number, 0.1::double as float, true as boolean, date '2024-02-29' as date,
      timestamp '2024-02-29 12:00:00.5' as timestamp, timestamptz '2024-02-29 12:00:00+05:30' as timestamptz,
      time '12:00' as time, '{"a": 1}'::json as json, '\\xff'::blob as binary, interval 2 days as other`,
    values: {
      text: 'x',
      number: '1.50',
      float: '0.1',
      boolean: 'true',
      date: '2024-02-29',
      timestamp: '2024-02-29 12:00:00.5',
      timestamptz: '2024-02-29 06:30:00+00',
      time: '12:00:00',
      json: '{"a": 1}',
      binary: 'FF',
      other: 'INTERVAL',
    },
  },
  nulls: "select null::varchar as a, '' as b, '\\N' as c",
  failsMidway: {
    sql: "select case when n = 20000 then error('raised') else repeat('.', 300) end as x from range(30000) as numbers (n)",
    code: 'model_data_error',
    rowsBefore: false,
  },
  trailers: [' /* a /* nested; */ one */ ;'],
  longRunning: `select count(*)::varchar as x from range(1000000000) as a (i), range(1000000000) as b (j) where hash(i + j) = 5`,
  rejected: [
    ['insert into written values (1)', 'model_not_read_only'],
    ['delete from kept', 'model_not_read_only'],
    ['create table written_too (n integer)', 'model_not_read_only'],
    ['-- a note\ntruncate kept', 'model_not_read_only'],
    ["copy (select 1 as n) to 'kept.csv'", 'model_not_read_only'],
    ["attach 'other.duckdb'", 'model_not_read_only'],
    ['install httpfs', 'model_not_read_only'],
    ['set threads = 1', 'model_not_read_only'],
    ["from enable_logging(storage = 'file', storage_path = 'kept')", 'model_not_read_only'],
    ["select * from query('from enable_logging()')", 'model_not_read_only'],
    ['select * from "force_checkpoint" ()', 'model_not_read_only'],
    ['select (select count(*) from logging) as n', 'model_not_read_only'],
    ['explain select 1 as n', 'model_not_read_only'],
    ['select 1 as n; delete from kept', 'model_several_statements'],
    ['pivot kept on n using sum(n)', 'model_several_statements'],
    ['commit; insert into written values (1)', 'model_several_statements'],
    ['selct 1 as n', 'model_sql_error'],
    ['select 1 as n) as model; insert into written values (1); select * from (select 1 as n', 'model_sql_error'],
    ["select * from 'https://example.test/people.csv'", 'model_sql_error'],
    ["select * from read_xlsx('people.xlsx')", 'model_sql_error'],
    ['', 'model_sql_error'],
    ['-- nothing but a comment', 'model_sql_error'],
  ],
};

async function startDuckDb(): Promise<SourceUnderTest> {
  const folder = await createDuckDbFolder();
  const database = join(folder.path, 'shop.duckdb');
  await runInDuckDb(database, [
    'create table written (n integer)',
    'create table kept (n integer)',
    'insert into kept values (1)',
    "create view logging as from enable_logging(storage = 'file', storage_path = 'kept')",
  ]);
  const source = folder.source({ database });
  return {
    source,
    dialect,
    activity: async (label) => {
      const [pid] = await engineProcesses(label);
      const before = pid === undefined ? null : await cpuOf(pid);
      if (pid === undefined || before === null) return 'nothing';
      await delay(60);
      const after = await cpuOf(pid);
      if (after === null) return 'nothing';
      return after === before ? 'waits for us' : 'works';
    },
    rowsWritten: async () => {
      const [row] = await runInDuckDb(database, [
        'select ((select count(*) from written) + abs(1 - (select sum(n) from kept)))::varchar',
      ]);
      return Number(row?.[0]);
    },
    close: async () => {
      await source.close();
      await folder.remove();
    },
  };
}

describeSource('DuckDB', startDuckDb);
describeBuckets('DuckDB', startDuckDb);
