import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { presetEnvironment } from '../../../../src/config/load.ts';
import type { Log } from '../../../../src/core/ports/log.ts';
import type { Source } from '../../../../src/core/ports/source.ts';
import type { SnowflakeSourceSettings } from '../../../../src/core/settings.ts';
import { createSnowflakeSource } from '../../../../src/source/snowflake/snowflake.ts';
import { neverAborted, readModel, withModel } from '../../../contract/source-suite.ts';
import { createDatabase, query } from '../../../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../../../helpers/postgres/postgres.ts';
import { startSnowflakeServer } from '../../../helpers/snowflake/server.ts';
import type { SnowflakeServer } from '../../../helpers/snowflake/server.ts';
import { snowflakeCredentials, snowflakeSettings } from '../../../helpers/snowflake/settings.ts';
import { panelsyncErrorOf } from '../../../helpers/thrown-error.ts';

describe('Snowflake as a source', () => {
  let warehouse: TestDatabase;
  let server: SnowflakeServer;
  let logged: string[];
  const capture = (event: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    logged.push(JSON.stringify([event, fields]));
  };
  const log: Log = { debug: capture, info: capture, warn: capture, error: capture };

  before(async () => {
    warehouse = await createDatabase();
    await query(warehouse.url, 'create table kept (n integer)');
    await query(warehouse.url, 'insert into kept values (1)');
  });
  after(() => warehouse.drop());
  beforeEach(async () => {
    logged = [];
    server = await startSnowflakeServer({
      ...snowflakeCredentials,
      url: warehouse.url,
      chunkRows: 1000,
      pollTimeoutMs: 20,
    });
  });
  afterEach(() => server.close());

  function sourceWith(changes: Partial<SnowflakeSourceSettings> = {}, silenceMs = 10_000): Source {
    return createSnowflakeSource(snowflakeSettings(server, changes), {
      log,
      presetEnvironment,
      responseTimeoutMs: silenceMs,
    });
  }

  const numbers = (count: number, comment = ''): string =>
    `select n from generate_series(1, ${count}) n ${comment === '' ? '' : `/* fault: ${comment} */`}`;

  it('logs in with a key pair, a password, an OAuth token and a programmatic access token', async () => {
    const { password, token } = snowflakeCredentials;
    const logins = [
      { by: 'password', password } as const,
      { by: 'oauth', token } as const,
      { by: 'pat', token } as const,
    ];
    for (const login of logins) expect(await readModel(sourceWith({ login }), 'select 1 as n')).to.deep.equal([['1']]);
    expect(await readModel(sourceWith(), 'select 1 as n')).to.deep.equal([['1']]);
    expect(server.activity('panelsync:test:1')).to.equal('nothing');
  });

  it('says what it is connected to', async () => {
    expect(await sourceWith().check(neverAborted)).to.equal(
      'Snowflake 9.9.9, database ANALYTICS, user PANELSYNC_USER, role PANELSYNC, warehouse COMPUTE_WH',
    );
  });

  it('separates the failures of a login, without a secret', async () => {
    const wrong = { by: 'password', password: 'wrong-secret' } as const;
    const cases: readonly (readonly [Partial<SnowflakeSourceSettings>, string, string])[] = [
      [{ login: wrong }, 'source_login', 'fatal'],
      [{ login: { by: 'oauth', token: 'wrong-secret' } }, 'source_login', 'fatal'],
      [{ account: 'ORG-OTHER' }, 'source_account', 'fatal'],
      [{ role: 'NOBODY' }, 'source_role', 'fatal'],
      [{ warehouse: 'NO_WH' }, 'source_warehouse', 'fatal'],
    ];
    for (const [changes, code, recovery] of cases) {
      const source = sourceWith(changes);
      for (const work of [() => readModel(source, 'select 1 as n'), () => source.check(neverAborted)]) {
        const error = await panelsyncErrorOf(work());
        expect([error.code, error.recovery], `${error.message} ${error.hint}`).to.deep.equal([code, recovery]);
        expect(error.message).to.include('snow').and.not.include('wrong-secret');
      }
    }
  });

  it('gives up on a host that refuses, or that never responds', async () => {
    const refused = await panelsyncErrorOf(
      sourceWith({ accessUrl: 'http://127.0.0.1:1', connectTimeoutMs: 300 }).check(neverAborted),
    );
    server.stopResponding();
    const silent = await panelsyncErrorOf(sourceWith({ connectTimeoutMs: 300 }).check(neverAborted));
    for (const error of [refused, silent])
      expect([error.code, error.recovery]).to.deep.equal(['source_unreachable', 'retriable']);
  });

  it('reports line and column of an error in the model, with the code of Snowflake', async () => {
    const cases: readonly (readonly [string, string, string])[] = [
      ['select email,\n  nothing\nfrom kept', 'line 1, column 8', '904'],
      ['select n\nfrom nowhere', 'line 2, column 6', '2003'],
      ['-- people\nselect n\nfrom kept\nwhere n === 1;', 'line 4, column 9', '1003'],
    ];
    for (const [sql, place, code] of cases) {
      const error = await panelsyncErrorOf(readModel(sourceWith(), sql));
      expect([error.code, error.message.endsWith(`(${code}).`)]).to.deep.equal(['model_sql_error', true]);
      expect(error.message).to.include(`models/test.sql fails at ${place}:`);
    }
  });

  it('does not repeat the value that a model choked on', async () => {
    const { code, message } = await panelsyncErrorOf(
      readModel(sourceWith(), "select ('ada@' || n)::integer as x from kept"),
    );
    expect([code, /100038/.test(message), /ada@/.test(message)]).to.deep.equal(['model_data_error', true, false]);
  });

  it('cancels a model that runs into the statement timeout', async () => {
    const error = await panelsyncErrorOf(
      readModel(sourceWith({ statementTimeoutMs: 1000 }), 'select pg_sleep(600)::text as x'),
    );
    expect([error.code, error.recovery]).to.deep.equal(['model_timeout', 'fatal']);
  });

  it('renews a session token in the middle of a run', async () => {
    const rows = await withModel(sourceWith(), numbers(100), async (reader) => {
      server.expireTokens();
      let text = '';
      for await (const chunk of reader.rows([0])) text += chunk.toString();
      return text.trim().split('\n');
    });
    expect([rows.length, server.renewedTokens]).to.deep.equal([100, 1]);
  });

  it('gets a chunk again that could not be had, or that was cut in the middle', async () => {
    for (const fault of ['fail-once 1', 'cut-once 2']) {
      const rows = await readModel(sourceWith(), numbers(5000, fault));
      expect(
        rows.map(([n]) => Number(n)),
        fault,
      ).to.deep.equal(Array.from({ length: 5000 }, (_, at) => at + 1));
    }
  });

  it('fails when the rest of a result cannot be had, and never takes a part for the whole', async () => {
    for (const fault of ['gone 2', 'cut 2', 'stall 2']) {
      const error = await panelsyncErrorOf(readModel(sourceWith({}, 1500), numbers(5000, fault)));
      expect([error.code, error.recovery], fault).to.deep.equal(['source_unreachable', 'retriable']);
    }
  });

  it('fails when a chunk has fewer rows than were announced', async () => {
    const error = await panelsyncErrorOf(readModel(sourceWith(), numbers(5000, 'short 1')));
    expect([error.code, error.recovery]).to.deep.equal(['source_incomplete', 'retriable']);
    expect(error.message).to.match(/announced 5,000 rows .* delivered 4,600 rows;/);
  });

  it('reads every row whatever ROWS_PER_RESULTSET of the account says, and fails where it cannot', async () => {
    for (const fixed of [false, true]) {
      const limited = await startSnowflakeServer({
        ...snowflakeCredentials,
        url: warehouse.url,
        rowLimit: { rows: 100, fixed },
      });
      try {
        const source = createSnowflakeSource(snowflakeSettings(limited), { log, presetEnvironment });
        if (fixed) {
          const error = await panelsyncErrorOf(readModel(source, numbers(300)));
          expect([error.code, error.hint.includes('ROWS_PER_RESULTSET')]).to.deep.equal(['source_incomplete', true]);
        } else expect(await readModel(source, numbers(300))).to.have.length(300);
      } finally {
        await limited.close();
      }
    }
  });

  it('reads FLOAT and REAL as floats, and NUMBER as it is', async () => {
    const sql = 'select 0.1::double precision + 0.2::double precision as a, 0.1::real as b, 0.1::numeric(9, 4) as c';
    await withModel(sourceWith(), sql, async ({ columns }) => {
      expect(columns.map(({ kind, type }) => [kind, type])).to.deep.equal([
        ['float', 'FLOAT'],
        ['float', 'FLOAT'],
        ['number', 'NUMBER(9,4)'],
      ]);
    });
    expect(await readModel(sourceWith(), sql)).to.deep.equal([['0.30000000000000004', '0.1', '0.1000']]);
  });

  it('writes no file, logs through our log, and sends no telemetry and no secret in a log', async () => {
    await readModel(sourceWith(), numbers(10));
    await panelsyncErrorOf(
      readModel(sourceWith({ login: { by: 'password', password: 'wrong-secret' } }), 'select 1 as n'),
    );
    expect(existsSync('snowflake.log')).to.equal(false);
    expect(server.requests.filter((request) => request.includes('telemetry'))).to.deep.equal([]);
    expect(logged.some((line) => line.includes('snowflake driver'))).to.equal(true);
    expect(logged.join('\n')).to.not.match(/wrong-secret|open-sesame|PRIVATE KEY/);
  });
});
