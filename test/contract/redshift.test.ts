import { expect } from 'chai';
import type { RedshiftSourceSettings } from '../../src/core/settings.ts';
import { createPostgresSource } from '../../src/source/postgres/postgres.ts';
import { createRedshiftSource } from '../../src/source/redshift/redshift.ts';
import { startFaultProxy } from '../helpers/network/fault-proxy.ts';
import { query } from '../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../helpers/postgres/postgres.ts';
import { startRedshiftServer } from '../helpers/redshift/redshift-server.ts';
import type { RedshiftServer } from '../helpers/redshift/redshift-server.ts';
import { panelsyncErrorOf } from '../helpers/thrown-error.ts';
import { createWarehouse, postgresDialect, rowsWritten } from './postgres-dialect.ts';
import { describeSource, neverAborted, read, readModel, withModel } from './source-suite.ts';
import type { Dialect, SourceUnderTest } from './source-suite.ts';

const { kinds } = postgresDialect;

const dialect: Dialect = {
  ...postgresDialect,
  // Redshift has no arrays.
  kinds: { sql: kinds.sql.replace('array[1, 2]', "interval '1 day'"), values: { ...kinds.values, other: '1 day' } },
};

function settingsOf(url: string, changes: Partial<RedshiftSourceSettings> = {}): RedshiftSourceSettings {
  const timeouts = { statementTimeoutMs: 60_000, connectTimeoutMs: 10_000 };
  return { name: 'warehouse', type: 'redshift', url, ...timeouts, tls: null, ...changes };
}

async function startRedshiftSource(): Promise<SourceUnderTest> {
  const warehouse = await createWarehouse();
  const server = await startRedshiftServer(warehouse.url);
  const source = createRedshiftSource(settingsOf(server.url));
  return {
    source,
    dialect,
    activity: async (label) => {
      const [found] = await query<{ state: string }>(
        warehouse.url,
        'select state from pg_stat_activity where application_name = $1',
        [label],
      );
      if (found === undefined) return 'nothing';
      return found.state === 'idle in transaction' ? 'waits for us' : 'works';
    },
    rowsWritten: () => rowsWritten(warehouse.url),
    close: async () => {
      await source.close();
      await server.close();
      await warehouse.drop();
    },
  };
}

describeSource('Redshift', startRedshiftSource);

describe('Redshift as a source', () => {
  let warehouse: TestDatabase;
  let server: RedshiftServer;
  before(async () => {
    warehouse = await createWarehouse();
    server = await startRedshiftServer(warehouse.url);
  });
  after(async () => {
    await server.close();
    await warehouse.drop();
  });

  it('refuses what Redshift refuses: the tests would prove nothing otherwise', async () => {
    const refused: readonly (readonly [sql: string, code: string])[] = [
      ['copy (select 1) to stdout', '42601'],
      ["set intervalstyle = 'iso_8601'", '42704'],
      ['select typcategory from pg_type', '42703'],
      ["select hashtext('a')", '42883'],
      ['fetch forward 5000 from c', 'XX000'],
    ];
    for (const [sql, code] of refused) {
      const error = await query(server.url, sql).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error, sql).to.include({ code });
    }
  });

  it('names the release', async () => {
    const release = await createRedshiftSource(settingsOf(server.url)).check(neverAborted);
    expect(release).to.match(/^Redshift 1\.0\.115000, database panelsync_test_\w+, user \w+$/);
  });

  it('is not taken for Postgres, nor Postgres for it', async () => {
    const postgres = createPostgresSource({ ...settingsOf(server.url), type: 'postgres' });
    for (const [source, type] of [
      [postgres, 'redshift'],
      [createRedshiftSource(settingsOf(warehouse.url)), 'postgres'],
    ] as const) {
      const error = await panelsyncErrorOf(readModel(source, 'select 1'));
      expect([error.code, error.recovery]).to.deep.equal(['source_type', 'usage']);
      expect(error.hint).to.include(`type: ${type}`);
    }
  });

  it('labels its queries for the query history', async () => {
    await readModel(createRedshiftSource(settingsOf(server.url)), 'select 1 as n');
    expect(server.statements.join('\n')).to.contain("set query_group to 'panelsync:test:1'");
  });

  it('asks for a thousand rows at a time, and for columns that are mapped only', async () => {
    const source = createRedshiftSource(settingsOf(server.url));
    const before = server.statements.length;
    await withModel(source, dialect.numbers(1000), async (reader) => {
      for await (const chunk of reader.rows([0])) expect(chunk.toString().split('\n')).to.have.length(1001);
    });
    const statements = server.statements.slice(before).map((sql) => sql.replaceAll(/\s+/g, ' '));
    expect(statements.filter((sql) => sql.startsWith('fetch'))).to.deep.equal([
      'fetch forward 1000 from panelsync_rows',
      'fetch forward 1000 from panelsync_rows',
    ]);
    expect(statements.find((sql) => sql.startsWith('declare'))).to.match(
      /for select c0 from \(.*\) as model \(c0, c1\)$/,
    );
  });

  it('reports the timeout of a statement by the clock: the server calls it a cancellation', async () => {
    const source = createRedshiftSource(settingsOf(server.url, { statementTimeoutMs: 150 }));
    const error = await panelsyncErrorOf(readModel(source, 'select pg_sleep(600)::text as x'));
    expect([error.code, error.recovery]).to.deep.equal(['model_timeout', 'fatal']);
    expect(error.hint).to.include('statementTimeoutMs').and.include('WLM');
  });

  it('reports a query that somebody else canceled as what may pass', async () => {
    const source = createRedshiftSource(settingsOf(server.url));
    const reading = panelsyncErrorOf(readModel(source, 'select pg_sleep(600)::text as x'));
    const cancel = "select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'panelsync:test:1'";
    let canceled: readonly unknown[] = [];
    while (canceled.length === 0) canceled = await query(warehouse.url, `${cancel} and query like 'fetch%'`);
    const error = await reading;
    expect([error.code, error.recovery]).to.deep.equal(['source_canceled', 'retriable']);
  });

  it('says where to read an error of the compute nodes, whose text may contain values', async () => {
    await query(
      warehouse.url,
      `create function overflow(n integer) returns integer language plpgsql volatile as $$
         begin raise exception using errcode = 'XX000', message = 'Overflow, Value=ada@example.test, Max=127'; end $$`,
    );
    const source = createRedshiftSource(settingsOf(server.url));
    const error = await panelsyncErrorOf(readModel(source, 'select overflow(n) as n from kept'));
    expect([error.code, error.recovery]).to.deep.equal(['model_data_error', 'fatal']);
    expect(error.hint).to.include('sys_query_history');
    expect(error.message).to.include('models/test.sql').and.include('XX000').and.not.include('ada@');
  });

  it('reports line and column of an error in the model', async () => {
    const source = createRedshiftSource(settingsOf(server.url));
    const error = await panelsyncErrorOf(readModel(source, 'select n,\n  nothing\nfrom kept'));
    expect([error.code, /line 2, column 3/.test(error.message)]).to.deep.equal(['model_sql_error', true]);
  });

  it('sends nothing of a result that did not arrive whole', async () => {
    const source = createRedshiftSource(settingsOf(server.url));
    const losing = withModel(source, dialect.numbers(2500), async (reader) => {
      server.loseRow();
      await read(reader, [0]);
    });
    const lost = await panelsyncErrorOf(losing);
    expect([lost.code, lost.message]).to.deep.equal(['source_incomplete', lost.message]);
    expect(lost.message).to.include('announced 2,500 rows').and.include('delivered 2,499 rows');

    const { hostname, port } = new URL(server.url);
    const proxy = await startFaultProxy({ target: { host: hostname, port: Number(port) } });
    const cutUrl = new URL(server.url);
    cutUrl.port = String(proxy.port);
    const cut = withModel(createRedshiftSource(settingsOf(cutUrl.href)), dialect.numbers(100_000), async (reader) => {
      for await (const _ of reader.rows([0, 1])) proxy.cutAfterBytes(100_000, 'to-client');
    });
    expect((await panelsyncErrorOf(cut)).code).to.equal('source_unreachable');
    await proxy.close();
  });

  it('recognizes types of its own', async () => {
    const source = createRedshiftSource(settingsOf(server.url));
    const sql = `select '{"a": 1}'::jsonb as s, '\\xff'::bytea as b, 'a'::char(3) as c, 1::real as r, '12:00+00'::timetz as t, '{1}'::int[] as x`;
    await withModel(source, sql, async ({ columns }) => {
      expect(columns.map(({ type, kind }) => `${type} ${kind}`)).to.deep.equal([
        'super json',
        'varbyte binary',
        'character text',
        'real float',
        'time with time zone time',
        'type 1007 other',
      ]);
    });
  });
});
