import { presetEnvironment } from '../../src/config/load.ts';
import { createSnowflakeSource } from '../../src/source/snowflake/snowflake.ts';
import { createDatabase, query, silentLog } from '../helpers/postgres/postgres.ts';
import { startSnowflakeServer } from '../helpers/snowflake/server.ts';
import { snowflakeCredentials, snowflakeSettings } from '../helpers/snowflake/settings.ts';
import { describeBuckets } from './bucket-suite.ts';
import { describeSource, valuesQuery } from './source-suite.ts';
import type { Dialect, SourceUnderTest } from './source-suite.ts';

const dialect: Dialect = {
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
      boolean: 'true',
      date: '2024-02-29',
      timestamp: '2024-02-29T12:00:00.500000000',
      timestamptz: '2024-02-29T06:30:00.000000000Z',
      time: '12:00:00',
      json: '{"a": 1}',
      binary: 'FF',
      other: 'GEOGRAPHY',
    },
  },
  nulls: "select null::text as a, '' as b, '\\N' as c",
  failsMidway: {
    sql: "select 'row ' || n || repeat('.', 300) as x from generate_series(1, 30000) n /* fault: gone 4 */",
    code: 'source_unreachable',
  },
  trailers: [' // the end', '; // the; end'],
  longRunning: 'select pg_sleep(600)::text as x',
  rejected: [
    ['insert into written values (1)', 'model_not_read_only'],
    ['delete from kept', 'model_not_read_only'],
    ['update kept set n = 2', 'model_not_read_only'],
    ['select 1 as n; delete from kept', 'model_several_statements'],
    ['select 1 as n; select 2 as n', 'model_several_statements'],
    ['commit; insert into written values (1)', 'model_sql_error'],
    ['select 1 as n) as model; insert into written values (1); select * from (select 1 as n', 'model_sql_error'],
    ['select 1 as n) as model, (select 2 as m', 'model_sql_error'],
    ['create table written_too (n integer)', 'model_sql_error'],
    ['', 'model_sql_error'],
    ['-- nothing but a comment', 'model_sql_error'],
  ],
};

async function startSnowflakeSource(): Promise<SourceUnderTest> {
  const warehouse = await createDatabase();
  await query(warehouse.url, 'create table written (n integer)');
  await query(warehouse.url, 'create table kept (n integer)');
  await query(warehouse.url, 'insert into kept values (1)');
  const server = await startSnowflakeServer({ ...snowflakeCredentials, url: warehouse.url });
  const source = createSnowflakeSource(snowflakeSettings(server), { log: silentLog, presetEnvironment });
  return {
    source,
    dialect,
    activity: (label) => Promise.resolve(server.activity(label)),
    rowsWritten: async () => {
      const [found] = await query<{ changes: number }>(
        warehouse.url,
        `select (select count(*) from written)::int + abs(1 - (select coalesce(sum(n), 0) from kept)::int) as changes`,
      );
      return found?.changes ?? Number.NaN;
    },
    close: async () => {
      await source.close();
      await server.close();
      await warehouse.drop();
    },
  };
}

describeSource('Snowflake', startSnowflakeSource);
describeBuckets('Snowflake', startSnowflakeSource);
