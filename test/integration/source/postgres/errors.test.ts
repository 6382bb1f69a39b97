import { expect } from 'chai';
import { Client } from 'pg';
import type { Source } from '../../../../src/core/ports/source.ts';
import type { PostgresSourceSettings } from '../../../../src/core/settings.ts';
import { convert } from '../../../../src/core/model/value.ts';
import { createPostgresSource } from '../../../../src/source/postgres/postgres.ts';
import { redactRowError } from '../../../../src/source/postgres/errors.ts';
import { readModel } from '../../../contract/source-suite.ts';
import { createDatabase, query } from '../../../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../../../helpers/postgres/postgres.ts';
import { panelsyncErrorOf } from '../../../helpers/thrown-error.ts';

function settingsOf(url: string): PostgresSourceSettings {
  return { name: 'warehouse', type: 'postgres', url, statementTimeoutMs: 60_000, connectTimeoutMs: 10_000, tls: null };
}

describe('what a warehouse of Postgres refuses', () => {
  let warehouse: TestDatabase;
  let source: Source;
  before(async () => {
    warehouse = await createDatabase();
    source = createPostgresSource(settingsOf(warehouse.url));
    await query(warehouse.url, 'create table kept as select generate_series(1, 3) as n');
  });
  after(() => warehouse.drop());

  it('quotes nothing of a row, whatever a value was taken for and whatever a function raises', async () => {
    await query(
      warehouse.url,
      `create function raise_as(who text, code text) returns text language plpgsql as
         $$ begin raise 'no % here', who using errcode = code; end $$`,
    );
    const person = "('Ada' || n)";
    const failingValues = [
      `${person}::regclass::text`,
      `(${person} || '@example.test')::regclass::text`,
      `${person}::regrole::text`,
      `current_setting(${person})`,
      `pg_read_file('/nowhere/' || ${person})`,
      `query_to_xml('select ' || ${person}, true, true, '')::text`,
      ...['40001', '42501', '57014', '08006', 'XX001'].map((code) => `raise_as(${person}, '${code}')`),
    ];
    for (const value of failingValues) {
      const { message } = await panelsyncErrorOf(readModel(source, `select ${value} from kept`));
      expect(message, value).to.not.match(/ada1/i);
      expect(message, value).to.match(/\([0-9A-Z]{5}\)\.$/);
    }
  });

  it('takes quotes of a server in another language for quotes', () => {
    for (const said of ['Syntax für Typ integer: »Ada«', 'type integer : « Ada »', '型integer: "Ada"', '值「Ada」']) {
      const error = redactRowError(new Error(said));
      expect(error).to.be.an('error').with.property('message').that.contains('"…"').and.does.not.contain('Ada');
    }
  });

  it('says that a model cannot have parameters', async () => {
    const { code, message, hint } = await panelsyncErrorOf(readModel(source, 'select n, $1 as name from kept'));
    expect([code, message]).to.deep.equal([
      'model_sql_error',
      'The model models/test.sql fails: it uses a parameter such as $1.',
    ]);
    expect(hint).to.contain('write it into the model');
  });

  it('separates busy warehouses, which a later run may find free, from models that are wrong', async () => {
    const recoveryOf = async (sql: string): Promise<readonly string[]> => {
      const { code, recovery } = await panelsyncErrorOf(readModel(source, sql));
      return [code, recovery];
    };
    const locked = new Client({ connectionString: warehouse.url });
    await locked.connect();
    await locked.query('begin; lock table kept in access exclusive mode');
    try {
      await query(warehouse.url, `alter database ${warehouse.name} set lock_timeout = '50ms'`);
      expect(await recoveryOf('select n from kept')).to.deep.equal(['source_busy', 'retriable']);
    } finally {
      await locked.end();
    }
    await query(warehouse.url, `alter database ${warehouse.name} set temp_file_limit = '1kB'; `);
    const sorted = 'select n from generate_series(1, 1000000) n order by md5(n::text)';
    expect(await recoveryOf(sorted)).to.deep.equal(['source_busy', 'retriable']);
    for (const code of ['40001', '40P01', '57P04', '53300']) {
      const sql = `select raise_as('Ada', '${code}') from kept`;
      expect((await recoveryOf(sql))[1], code).to.equal('retriable');
    }
    for (const sql of ['select gone from kept', 'select * from gone', 'selct 1', 'select 1; select 2', 'select 1 +'])
      expect((await recoveryOf(sql))[1], sql).to.equal('usage');
    expect(await recoveryOf('select 1 / (n - 1) from kept')).to.deep.equal(['model_data_error', 'fatal']);
  });

  it('gives floats that a parallel plan adds up in another order each time as the same values', async () => {
    const parallel = ['max_parallel_workers_per_gather = 4', 'min_parallel_table_scan_size = 0'];
    const costs = ['parallel_setup_cost = 0', 'parallel_tuple_cost = 0'];
    for (const setting of [...parallel, ...costs])
      await query(warehouse.url, `alter database ${warehouse.name} set ${setting}`);
    // Twenty visits each, so that every average ends after four digits.
    await query(
      warehouse.url,
      `create table visits as select n % 1000 as person, (n * 7919 % 1000)::float8 / 100 as hours
         from generate_series(0, 19999) n order by random()`,
    );
    await query(warehouse.url, 'alter table visits set (parallel_workers = 4)');
    await query(warehouse.url, 'analyze visits');
    const sql = 'select person, avg(hours) as a, sum(hours) as b from visits group by person order by person';
    const readings: string[] = [];
    for (let reading = 0; reading < 5; reading += 1) {
      const rows = await readModel(source, sql);
      const converted = rows.map(([, ...values]) => values.map((value) => convert(value ?? null, 'float', 'number')));
      readings.push(JSON.stringify(converted));
    }
    expect(new Set(readings).size).to.equal(1);
  });

  it('names host, port and database when it cannot connect', async () => {
    const { port } = new URL(warehouse.url);
    const messageOf = async (url: string): Promise<string> =>
      (await panelsyncErrorOf(createPostgresSource(settingsOf(url)).check(AbortSignal.timeout(60_000)))).message;
    expect(await messageOf('postgres://somebody@127.0.0.1:1/people')).to.equal(
      'Cannot connect to the warehouse "warehouse" at 127.0.0.1:1, database "people": connection refused (ECONNREFUSED).',
    );
    const missing = new URL(warehouse.url);
    missing.pathname = '/nowhere';
    expect(await messageOf(missing.href)).to.contain(
      `:${port}, database "nowhere": database "nowhere" does not exist (3D000)`,
    );
    expect(await messageOf('postgres://somebody@/people?host=/nowhere')).to.contain(
      'at socket /nowhere/.s.PGSQL.5432, database "people"',
    );
  });

  it('names row and column of a text in a bad encoding', async () => {
    const name = `${warehouse.name}_ascii`;
    await query(warehouse.url, `create database ${name} template template0 encoding 'SQL_ASCII' locale 'C'`);
    const url = new URL(warehouse.url);
    url.pathname = `/${name}`;
    try {
      await query(
        url.href,
        `create table people as select n, 'person ' || n as email, 'Z' || chr(195) || chr(188) || 'rich' as city,
           'name'::text as name from generate_series(1, 5000) n`,
      );
      await query(url.href, `update people set city = 'M' || chr(252) || 'nchen' where n = 4321`);
      const ascii = createPostgresSource(settingsOf(url.href));
      const { code, message, hint } = await panelsyncErrorOf(
        readModel(ascii, 'select email, city, name from people order by n'),
      );
      expect([code, message]).to.deep.equal([
        'model_encoding',
        'The model models/test.sql returns text that is not valid UTF-8 in row 4321, column "city".',
      ]);
      expect(hint).to.contain('convert_from(convert_to("city"');
    } finally {
      await query(warehouse.url, `drop database ${name} with (force)`);
    }
  });

  it('says what to change about TLS and its files', async () => {
    const url = `${warehouse.url}?sslmode=verify-full`;
    for (const [address, said] of [
      [url, /does not support TLS/],
      [`${url}&sslrootcert=/nowhere.pem`, /a file that the URL names/],
    ] as const) {
      const { code, message, hint } = await panelsyncErrorOf(
        readModel(createPostgresSource(settingsOf(address)), 'select 1'),
      );
      expect([code, hint.includes('sslmode in sources.')]).to.deep.equal(['source_tls', true]);
      expect(message).to.match(said);
    }
  });
});
