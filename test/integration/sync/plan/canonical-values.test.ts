import { expect } from 'chai';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const columns = ['amount', 'ratio', 'count', 'seen', 'born', 'active', 'at', 'code', 'kind', 'tags'];

const sync: Partial<SyncSettings> = {
  model: { sql: 'select * from values_of_people', location: 'models/values.sql' },
  mapping: {
    fields: { email: 'email' },
    characteristics: Object.fromEntries(columns.map((column) => [column, { column, type: null }])),
  },
};

describe('values of a warehouse', () => {
  let panel: TestPanel;
  beforeEach(async () => {
    panel = await openPanel();
    await panel.sql("create type level as enum ('low', 'high')");
    await panel.sql(
      `create table values_of_people (email text, amount numeric(12, 2), ratio double precision, count bigint,
         seen timestamptz, born date, active boolean, at timestamp, code char(8), kind level, tags uuid)`,
    );
    await panel.sql(
      `insert into values_of_people values ('ada@example.test', 12.50, 0.30000000000000004, 9007199254740991, '2024-02-29 23:30:00.120+00',
         '1999-12-31', true, '2024-01-02 03:04:05.5', 'AB', 'high', '6f1c1f9e-3c5e-4b7e-9d0c-0a1b2c3d4e5f')`,
    );
  });
  afterEach(() => panel.close());

  it('arrive typed and in their canonical form', async () => {
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 1, inserted: 1 });
    expect(panel.people()).to.deep.equal({
      'ada@example.test': {
        email: 'ada@example.test',
        amount: 12.5,
        ratio: 0.3,
        count: 9007199254740991,
        seen: '2024-02-29',
        born: '1999-12-31',
        active: true,
        at: '2024-01-02',
        code: 'AB',
        kind: 'high',
        tags: '6f1c1f9e-3c5e-4b7e-9d0c-0a1b2c3d4e5f',
      },
    });
  });

  it('look the same whatever scale, type or session settings they come through', async () => {
    await panel.run({ sync });
    panel.newRequests();
    const database = new URL(panel.url).pathname.slice(1);
    const sessions = [
      "timezone = 'Asia/Kolkata'",
      "datestyle = 'SQL, DMY'",
      'extra_float_digits = -3',
      "intervalstyle = 'postgres_verbose'",
      "bytea_output = 'escape'",
    ];
    for (const setting of sessions) await panel.sql(`alter database "${database}" set ${setting}`);
    await panel.sql('alter table values_of_people alter amount type numeric(20, 6), alter count type numeric(30, 4)');
    await panel.sql('alter table values_of_people alter code type text, alter kind type text, alter tags type text');
    const report = await panel.run({ sync });
    expect([nonZeroRows(report), panel.newRequests()]).to.deep.equal([{ read: 1, unchanged: 1 }, 0]);
  });

  it('are invalid for a text field when they are JSON, binary or an array, and say what to do', async () => {
    const reports = await Promise.all(
      ["'{}'::jsonb", "'\\x00'::bytea", "'{a,b}'::text[]"].map(async (value, at) => {
        const model = { sql: `select 'x@example.test' as email, ${value} as city`, location: 'models/odd.sql' };
        const fields = { email: 'email', city: 'city' };
        const name = `odd-${at}`;
        const report = await panel.run({ sync: { name, model, mapping: { fields, characteristics: {} } } });
        const [rejection] = await (await panel.records()).rejections(name, null);
        return [report.rows.invalid, rejection?.code, rejection?.field, rejection?.message];
      }),
    );
    expect(reports).to.deep.equal(
      ['a JSON value', 'a binary value', 'a value of this type'].map((value) => [
        1,
        'unsupported_type',
        'city',
        `${value} cannot be sent as text; cast it in the model`,
      ]),
    );
  });

  it('are sent as the characteristic type that the mapping asks for', async () => {
    const model = {
      sql: "select 'x@example.test' as email, '007' as a, 'Yes' as b, '2024-05-06 07:08' as c, 1.50 as d",
      location: 'm',
    };
    const typed = [
      ['a', 'number'],
      ['b', 'boolean'],
      ['c', 'date'],
      ['d', 'text'],
    ] as const;
    const characteristics = Object.fromEntries(typed.map(([column, type]) => [column, { column, type }]));
    await panel.run({ sync: { ...defaultSync, model, mapping: { fields: { email: 'email' }, characteristics } } });
    expect(panel.people()['x@example.test']).to.deep.include({ a: 7, b: true, c: '2024-05-06', d: '1.5' });
  });
});
