import { expect } from 'chai';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { createDuckDbFolder } from '../../../helpers/duckdb/duckdb.ts';
import type { DuckDbFolder } from '../../../helpers/duckdb/duckdb.ts';
import { withModel } from '../../../contract/source-suite.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel } from '../../../helpers/panel/panel.ts';

const columns = ['amount', 'ratio', 'whole', 'seen', 'born', 'active', 'noted', 'hour', 'code', 'kind', 'nothing'];

const mapping: SyncSettings['mapping'] = {
  fields: { email: 'email', first_name: 'first_name' },
  characteristics: {
    ...Object.fromEntries(columns.map((column) => [column, { column, type: null }])),
    as_text: { column: 'seen', type: 'text' },
    ratio_text: { column: 'ratio', type: 'text' },
    huge_text: { column: 'huge', type: 'text' },
    id: { column: 'id', type: 'text' },
  },
};

/** One query in the SQL that Postgres and DuckDB have in common, but for the names of two types. */
const values = `select email, first_name, amount::numeric(12, 2) as amount, ratio::double precision as ratio,
  whole::bigint as whole, huge::HUGE as huge, seen::timestamptz as seen, born::date as born, active::boolean as active,
  noted::timestamp as noted, hour::time as hour, code::varchar(8) as code, kind::KIND as kind, nothing::text as nothing, id::uuid as id
from (values
  ('ada@example.test', 'A\\da 👩🏽‍🚀', '12.50', '0.1', '9007199254740991', '12345678901234567890123456789012345678',
    '2024-02-29 23:30:00.120+00', '1999-12-31', 'true', '2024-01-02 03:04:05.5', '07:08:09.250', 'AB', 'b', null,
    'C0FFEE00-0000-4000-8000-000000000000'),
  ('bob@example.test', 'Bob', '-0.10', '0.333333333333333314829616256247', '0', '0', '2024-02-29 23:30:00+05:30', '0001-01-01', 'false',
    '9999-12-31 23:59:59', '00:00', 'AB', 'a', '', null),
  ('nan@example.test', null, null, 'NaN', null, null, null, null, null, null, null, null, null, null, null),
  ('inf@example.test', null, null, '-Infinity', null, null, null, null, null, null, null, null, null, null, null),
  ('late@example.test', null, null, null, null, null, 'infinity', null, null, null, null, null, null, null, null),
  ('eve@example.test', null, null, '1e21', null, null, null, null, null, null, null, null, null, null, null)
) as people (email, first_name, amount, ratio, whole, huge, seen, born, active, noted, hour, code, kind, nothing, id)`;

const csvOf = (people: readonly (readonly [email: string, city: string])[]): string =>
  `email,city\n${people.map((person) => person.join(',')).join('\n')}\n`;

describe('a sync from DuckDB', () => {
  let panel: TestPanel;
  let folder: DuckDbFolder;
  before(async () => {
    panel = await openPanel();
    folder = await createDuckDbFolder();
  });
  beforeEach(() => panel.reset());
  after(async () => {
    await panel.close();
    await folder.remove();
  });

  it('gives every person the payload that Postgres gives, so that a model that moves sends nobody again', async () => {
    await panel.sql("create type kind as enum ('a', 'b')");
    const fromPostgres = values.replace('HUGE', 'numeric(38, 0)').replace('KIND', 'kind');
    const fromDuckDb = values.replace('HUGE', 'hugeint').replace('KIND', "enum('a', 'b')");
    const sync = (sql: string): Partial<SyncSettings> => ({ model: { sql, location: 'models/values.sql' }, mapping });
    const counts = nonZeroRows(await panel.run({ sync: sync(fromPostgres) }));
    expect(counts).to.deep.equal({ read: 6, invalid: 4, inserted: 2 });
    panel.newRequests();
    const moved = await panel.run({ sync: sync(fromDuckDb), otherSource: folder.source() });
    expect([moved.error, nonZeroRows(moved)]).to.deep.equal([null, { read: 6, invalid: 4, unchanged: 2 }]);
    expect(panel.newRequests()).to.equal(0);
  });

  it('compares in DuckDB, and sends only what changed in a file', async () => {
    const people = Array.from({ length: 1200 }, (_, n): [string, string] => [`P${n}@example.test`, 'Rome']);
    await folder.write('people.csv', csvOf(people));
    const options: RunOptions = {
      sync: {
        diff: 'warehouse',
        model: { sql: "from 'people.csv'", location: 'models/people.sql' },
        mapping: { fields: { email: 'email', city: 'city' }, characteristics: {} },
      },
      otherSource: folder.source(),
    };
    expect(nonZeroRows(await panel.run(options))).to.deep.equal({ read: 1200, inserted: 1200 });
    const quiet = await panel.run(options);
    expect([nonZeroRows(quiet), quiet.work.rowsRead]).to.deep.equal([{ read: 1200, unchanged: 1200 }, 0]);
    await folder.write('people.csv', csvOf([...people.slice(0, -1), ['p1199@example.test', 'Oslo']]));
    const changed = await panel.run(options);
    expect(nonZeroRows(changed)).to.deep.equal({ read: 1200, unchanged: 1199, updated: 1 });
    expect(changed.work.rowsRead).to.be.within(1, 100);
  });

  it('gives the rows of a file in their order, which threads read in pieces', async () => {
    const count = 600_000;
    const lines = Array.from({ length: count }, (_, n) => `person number ${n} of the file,${n}\n`);
    await folder.write('long.csv', `name,n\n${lines.join('')}`);
    const source = folder.source({ threads: 8 });
    let next = 0;
    await withModel(source, "from 'long.csv'", async (reader) => {
      for await (const chunk of reader.rows([1]))
        for (const line of chunk.toString('latin1').split('\n').slice(0, -1)) if (Number(line) === next) next += 1;
    });
    expect(next).to.equal(count);
  });

  it('refuses a row with a null character, and sends the others', async () => {
    await folder.write('nul.csv', csvOf([['a\0da@example.test', 'Rome'], ['bob@example.test', 'Ro\0me'], ['eve@example.test', 'Oslo']])); // prettier-ignore
    for (const diff of ['fingerprints', 'warehouse'] as const) {
      await panel.reset();
      const run = await panel.run({
        sync: { diff, model: { sql: "from 'nul.csv'", location: 'models/nul.sql' }, mapping: { fields: { email: 'email', city: 'city' }, characteristics: {} } }, // prettier-ignore
        otherSource: folder.source(),
      });
      expect([run.error, nonZeroRows(run)]).to.deep.equal([null, { read: 3, invalid: 2, inserted: 1 }]);
    }
  });
});
