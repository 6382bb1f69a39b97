import { expect } from 'chai';
import { projectMappingOrThrow } from '../../src/core/model/projection.ts';
import type { Source } from '../../src/core/ports/source.ts';
import type { Mapping, PostgresSourceSettings } from '../../src/core/settings.ts';
import { createPostgresSource } from '../../src/source/postgres/postgres.ts';
import { startFaultProxy } from '../helpers/network/fault-proxy.ts';
import { defaultSync } from '../helpers/fixtures/default-sync.ts';
import { query } from '../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../helpers/postgres/postgres.ts';
import { describeBuckets } from './bucket-suite.ts';
import { createWarehouse, postgresDialect, rowsWritten } from './postgres-dialect.ts';
import { describeSource, neverAborted, read, readModel, withModel } from './source-suite.ts';
import type { SourceUnderTest } from './source-suite.ts';
import { panelsyncErrorOf } from '../helpers/thrown-error.ts';

function settingsOf(url: string, changes: Partial<PostgresSourceSettings> = {}): PostgresSourceSettings {
  const timeouts = { statementTimeoutMs: 60_000, connectTimeoutMs: 10_000 };
  return { name: 'warehouse', type: 'postgres', url, ...timeouts, tls: null, ...changes };
}

async function startPostgresSource(): Promise<SourceUnderTest> {
  const warehouse = await createWarehouse();
  const source = createPostgresSource(settingsOf(warehouse.url));
  return {
    source,
    dialect: postgresDialect,
    activity: async (label) => {
      const [found] = await query<{ wait: string | null }>(
        warehouse.url,
        'select wait_event as wait from pg_stat_activity where application_name = $1',
        [label],
      );
      if (found === undefined) return 'nothing';
      return found.wait === 'ClientWrite' ? 'waits for us' : 'works';
    },
    rowsWritten: () => rowsWritten(warehouse.url),
    close: async () => {
      await source.close();
      await warehouse.drop();
    },
  };
}

describeSource('Postgres', startPostgresSource);
describeBuckets('Postgres', startPostgresSource);

describe('Postgres as a source', () => {
  let warehouse: TestDatabase;
  let source: Source;
  before(async () => {
    warehouse = await createWarehouse();
    source = createPostgresSource(settingsOf(warehouse.url));
  });
  after(() => warehouse.drop());

  function mappingOf(city: string): Mapping {
    return { fields: { email: 'email', city }, characteristics: {} };
  }

  async function cityOf(sql: string, column: string): Promise<string | null | undefined> {
    return withModel(source, sql, async (reader) => {
      const { positions } = projectMappingOrThrow({ ...defaultSync, mapping: mappingOf(column) }, reader.columns);
      const [row] = await read(reader, positions);
      return row?.[1];
    });
  }

  it('finds a column without regard to case where only one fits, and by its exact name first', async () => {
    expect(await cityOf('select \'a\' as "EMAIL", \'Rome\' as "City"', 'city')).to.equal('Rome');
    expect(await cityOf("select 'a' as email, 'Rome' as city, 'Oslo' as \"CITY\"", 'CITY')).to.equal('Oslo');
  });

  it('names a column that is missing, or could be several', async () => {
    const missing = await panelsyncErrorOf(cityOf("select 'a' as email", 'city'));
    expect([missing.code, missing.recovery]).to.deep.equal(['mapping_mismatch', 'usage']);
    expect(missing.message).to.include('syncs.panel.mapping.city: the model has no column "city"');
    const twice = await panelsyncErrorOf(cityOf("select 'a' as email, 'Rome' as \"City\", 'Oslo' as \"CITY\"", 'city'));
    expect(twice.message).to.include('the model has 2 columns that "city" could mean');
    const same = await panelsyncErrorOf(cityOf("select 'a' as email, 'Rome' as city, 'Oslo' as city", 'city'));
    expect(same.message).to.include('the model has 2 columns that "city" could mean');
  });

  it('reads domains, enums, citext-like and unknown types by what they are', async () => {
    await query(warehouse.url, "create type mood as enum ('good', 'bad'); create domain town as text");
    const sql =
      "select 'x'::town as a, 'good'::mood as b, 'x'::name as c, interval '1 day' as d, null as e, 1::money as f";
    await withModel(source, sql, async ({ columns }) => {
      expect(columns.map(({ kind }) => kind)).to.deep.equal(['text', 'text', 'text', 'other', 'text', 'other']);
      expect(columns[1]?.type).to.equal('mood');
    });
  });

  it('reports line and column of an error in the model', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['select email,\n  nothing\nfrom kept', 'line 1, column 8'],
      ['select n,\n  nothing\nfrom kept', 'line 2, column 3'],
      ['-- people\nselect n\nfrom nowhere', 'line 3, column 6'],
      ['select n\nfrom kept\nwhere n === 1;', 'line 3, column 9'],
      ["select 'a' as email, 1 + as n from kept", 'line 1, column 26'],
    ];
    for (const [sql, place] of cases) {
      const { code, message } = await panelsyncErrorOf(readModel(source, sql));
      expect([code, message]).to.deep.equal(['model_sql_error', message]);
      expect(message, sql).to.include(`models/test.sql fails at ${place}:`);
    }
  });

  it('lets all statements of a model see the same data, as a standby can too', async () => {
    const sql =
      "select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as x";
    expect(await readModel(source, sql)).to.deep.equal([['repeatable read', 'on']]);
  });

  it('does not repeat the value that a model choked on', async () => {
    const { code, message } = await panelsyncErrorOf(readModel(source, "select ('ada@' || n)::integer from kept"));
    expect([code, /22P02/.test(message), /ada@/.test(message)]).to.deep.equal(['model_data_error', true, false]);
  });

  it('cancels a model that runs into the statement timeout, before its rows and in the middle of them', async () => {
    const shortTimeoutSource = createPostgresSource(settingsOf(warehouse.url, { statementTimeoutMs: 150 }));
    for (const sql of ['select pg_sleep(600)', 'select n, pg_sleep(n / 10000) from generate_series(1, 20000) n']) {
      const error = await panelsyncErrorOf(readModel(shortTimeoutSource, sql));
      expect([error.code, error.recovery]).to.deep.equal(['model_timeout', 'fatal']);
      expect(error.hint).to.include('statementTimeoutMs');
    }
  });

  it('says what is wrong with a server, a database or a login, and never with which password', async () => {
    const urlWith = (change: (url: URL) => void): string => {
      const url = new URL(warehouse.url);
      url.password = 'wrong-secret';
      change(url);
      return url.href;
    };
    const correctPassword = new URL(warehouse.url).password;
    const cases: readonly (readonly [string, string, string])[] = [
      [urlWith(() => undefined), 'source_login', 'fatal'],
      [urlWith((url) => (url.username = 'nobody_of_this_name')), 'source_login', 'fatal'],
      [
        urlWith((url) => ((url.password = correctPassword), (url.pathname = '/no_such_database'))),
        'source_missing',
        'fatal',
      ],
      [urlWith((url) => (url.port = '1')), 'source_unreachable', 'retriable'],
      [urlWith((url) => (url.hostname = 'no-such-host.invalid')), 'source_unreachable', 'retriable'],
    ];
    for (const [url, code, recovery] of cases) {
      const broken = createPostgresSource(settingsOf(url));
      for (const work of [() => readModel(broken, 'select 1'), () => broken.check(neverAborted)]) {
        const error = await panelsyncErrorOf(work());
        expect([error.code, error.recovery]).to.deep.equal([code, recovery]);
        expect(`${error.message}${error.hint}`).to.include('warehouse').and.not.include('wrong-secret');
      }
    }
  });

  it('says so when the rights for a table are missing', async () => {
    const role = `reader_${warehouse.name.slice(-8)}`;
    await query(warehouse.url, `create role ${role} login password 'x'`);
    const url = new URL(warehouse.url);
    url.username = role;
    url.password = 'x';
    try {
      const error = await panelsyncErrorOf(readModel(createPostgresSource(settingsOf(url.href)), 'select * from kept'));
      expect(error.message).to.include('models/test.sql').and.include('permission denied');
    } finally {
      await query(warehouse.url, `drop role ${role}`);
    }
  });

  it('distinguishes a connection that is cut in the middle of the rows from the end of the rows', async () => {
    const { hostname, port } = new URL(warehouse.url);
    const proxy = await startFaultProxy({ target: { host: hostname, port: Number(port) } });
    try {
      const url = new URL(warehouse.url);
      url.port = String(proxy.port);
      for (const cut of ['reset', 'end'] as const) {
        const reading = withModel(
          createPostgresSource(settingsOf(url.href)),
          postgresDialect.numbers(100_000),
          async (reader) => {
            let chunks = 0;
            for await (const _ of reader.rows([0, 1])) {
              chunks += 1;
              if (chunks === 3 && cut === 'reset') proxy.cutAll();
              if (chunks === 3 && cut === 'end') proxy.cutAfterBytes(100_000, 'to-client');
            }
          },
        );
        const error = await panelsyncErrorOf(reading);
        expect([error.code, error.recovery], cut).to.deep.equal(['source_unreachable', 'retriable']);
      }
    } finally {
      await proxy.close();
    }
  });
});
