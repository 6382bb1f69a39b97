import { expect } from 'chai';
import type { Source } from '../../../../src/core/ports/source.ts';
import type { PostgresSourceSettings } from '../../../../src/core/settings.ts';
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

  it('repeats nothing of a row, whatever a value was taken for and whatever a function raises', async () => {
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

  it('says of a model that wants parameters that nobody fills them', async () => {
    const { code, message, hint } = await panelsyncErrorOf(readModel(source, 'select n, $1 as name from kept'));
    expect([code, message]).to.deep.equal([
      'model_sql_error',
      'The model models/test.sql wants a parameter such as $1; nothing of it was run.',
    ]);
    expect(hint).to.contain('write the value itself');
  });

  it('tells of TLS and of its files what to change', async () => {
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
