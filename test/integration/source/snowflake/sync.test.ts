import { expect } from 'chai';
import { presetEnvironment } from '../../../../src/config/load.ts';
import type { Source } from '../../../../src/core/ports/source.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { createSnowflakeSource } from '../../../../src/source/snowflake/snowflake.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';
import { silentLog } from '../../../helpers/postgres/postgres.ts';
import { startSnowflakeServer } from '../../../helpers/snowflake/server.ts';
import type { SnowflakeServer } from '../../../helpers/snowflake/server.ts';
import { snowflakeCredentials, snowflakeSettings } from '../../../helpers/snowflake/settings.ts';

const columns = ['amount', 'ratio', 'whole', 'huge', 'seen', 'born', 'active', 'at', 'hour', 'code', 'nothing'];

const model = { sql: 'select * from values_of_people order by email; // all of them', location: 'models/values.sql' };

const mapping: SyncSettings['mapping'] = {
  fields: { email: 'email', first_name: 'firstName' },
  characteristics: {
    ...Object.fromEntries(columns.map((column) => [column, { column, type: null }])),
    as_text: { column: 'seen', type: 'text' },
    ratio_text: { column: 'ratio', type: 'text' },
    huge_text: { column: 'huge', type: 'text' },
  },
};

describe('a sync from Snowflake', () => {
  let panel: TestPanel;
  let server: SnowflakeServer;
  let source: Source;
  beforeEach(async () => {
    panel = await openPanel();
    await panel.sql(
      `create table values_of_people (email text, "firstName" text, amount numeric(12, 2), ratio double precision,
         whole bigint, huge numeric(38, 0), seen timestamptz, born date, active boolean, at timestamp, hour time,
         code char(8), nothing text)`,
    );
    await panel.sql(
      `insert into values_of_people values
         ('ada@example.test', E'A\\\\da 👩🏽‍🚀', 12.50, 0.1, 9007199254740991, 12345, '2024-02-29 23:30:00.120+00',
           '1999-12-31', true, '2024-01-02 03:04:05.5', '07:08:09.250', 'AB', null),
         ('bob@example.test', 'Bob', -0.10, 1.0 / 3, 0, 0, '2024-02-29 23:30:00+05:30', '0001-01-01', false,
           '9999-12-31 23:59:59', '00:00', 'AB', ''),
         ('eve@example.test', null, null, 1e21, null, null, null, null, null, null, null, null, null)`,
    );
    server = await startSnowflakeServer({ ...snowflakeCredentials, url: panel.url, chunkRows: 500 });
    source = createSnowflakeSource(snowflakeSettings(server), {
      log: silentLog,
      presetEnvironment,
      responseTimeoutMs: 1500,
    });
  });
  afterEach(async () => {
    await server.close();
    await panel.close();
  });

  it('gives every person the payload that Postgres gives, so that a model that moves sends nobody again', async () => {
    const fromPostgres = { ...model, sql: model.sql.replace('//', '--') };
    const sync = { model: fromPostgres, mapping };
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 3, invalid: 1, inserted: 2 });
    panel.newRequests();
    const moved = await panel.run({ sync: { model, mapping }, otherSource: source });
    expect([nonZeroRows(moved), panel.newRequests()]).to.deep.equal([{ read: 3, invalid: 1, unchanged: 2 }, 0]);
  });

  it('sends what changed, and nothing when the result cannot be had whole', async () => {
    await panel.setPeople(Array.from({ length: 1200 }, (_, at) => ({ email: `p${at}@example.test`, city: 'Rome' })));
    const whole = 'select email, first_name, city, plan from people order by id';
    const sync = (sql: string) => ({ sync: { model: { sql, location: 'models/people.sql' } }, otherSource: source });
    const first = await panel.run(sync(whole));
    expect(nonZeroRows(first)).to.deep.equal({ read: 1200, inserted: 1200 });
    await panel.sql("update people set city = 'Oslo' where id <= 700");
    panel.newRequests();
    const cut = await panel.run(sync(`${whole} /* fault: cut 1 */`));
    expect([cut.status, cut.error?.code, panel.newRequests()]).to.deep.equal(['failed', 'source_unreachable', 0]);
    expect(nonZeroRows(await panel.run(sync(whole)))).to.deep.equal({ read: 1200, unchanged: 500, updated: 700 });
  });
});
