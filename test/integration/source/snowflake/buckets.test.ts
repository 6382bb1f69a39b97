import { expect } from 'chai';
import { presetEnvironment } from '../../../../src/config/load.ts';
import type { Source } from '../../../../src/core/ports/source.ts';
import { createSnowflakeSource } from '../../../../src/source/snowflake/snowflake.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel } from '../../../helpers/panel/panel.ts';
import { query, silentLog } from '../../../helpers/postgres/postgres.ts';
import { startSnowflakeServer } from '../../../helpers/snowflake/server.ts';
import type { SnowflakeServer } from '../../../helpers/snowflake/server.ts';
import { snowflakeCredentials, snowflakeSettings } from '../../../helpers/snowflake/settings.ts';

// Two columns have one name, one has a name that needs quotes, and one is a FLOAT.
const model = {
  sql: 'select "Mail" as "email", city, 1 as extra, 2 as extra, score from members order by id',
  location: 'models/members.sql',
};
const mapping = {
  fields: { email: 'email', city: 'city' },
  characteristics: { score: { column: 'score', type: null } },
};

describe('comparing buckets in Snowflake', () => {
  let panel: TestPanel;
  let server: SnowflakeServer;
  let source: Source;
  before(async () => {
    panel = await openPanel();
    await panel.sql('create table members (id serial, "Mail" text, city text, score double precision)');
    await panel.sql(
      `insert into members ("Mail", city, score) select 'P' || n || '@example.test', 'Oslo', n / 7.0 from generate_series(1, 1200) n`,
    );
    server = await startSnowflakeServer({ ...snowflakeCredentials, url: panel.url, chunkRows: 100 });
    source = createSnowflakeSource(snowflakeSettings(server), { log: silentLog, presetEnvironment });
  });
  beforeEach(async () => {
    await panel.run({ sync: { diff: 'warehouse', model, mapping }, otherSource: source });
  });
  after(async () => {
    await server.close();
    await panel.close();
  });

  const options = (): RunOptions => ({ sync: { diff: 'warehouse', model, mapping }, otherSource: source });

  /** The statements that a run executes, and the chunks that it fetches. */
  async function observe(): Promise<{ readonly statements: readonly string[]; readonly chunks: number }> {
    const [requests, bodies] = [server.requests.length, server.requestBodies.length];
    await panel.run(options());
    return {
      statements: server.requestBodies.slice(bodies).flatMap((body) => {
        const { sqlText, describeOnly } = (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>;
        return typeof sqlText === 'string' && describeOnly !== true ? [sqlText] : [];
      }),
      chunks: server.requests.slice(requests).filter((request) => request.startsWith('GET /chunks')).length,
    };
  }

  it('fetches the sums only while nothing changes, and then the rows of the changed buckets', async () => {
    const quiet = await panel.run(options());
    expect(nonZeroRows(quiet)).to.deep.equal({ read: 1200, unchanged: 1200 });
    expect([quiet.work.rowsRead, quiet.work.bucketsEqual]).to.deep.equal([0, 64]);
    await panel.sql(`update members set score = score + 1e-9 where id = 700`);
    const changed = await panel.run(options());
    expect(nonZeroRows(changed)).to.deep.equal({ read: 1200, unchanged: 1199, updated: 1 });
    expect([changed.work.rowsRead < 60, changed.work.bucketsEqual]).to.deep.equal([true, 63]);
    await panel.sql(
      `update members set "Mail" = ' p700@example.test' where id = 700; delete from members where id = 9`,
    );
    expect(nonZeroRows(await panel.run(options()))).to.deep.equal({ read: 1199, unchanged: 1199, removed: 1 });
    expect(nonZeroRows(await panel.run(options()))).to.deep.equal({ read: 1199, unchanged: 1199, removed: 1 });
  });

  it('runs the model once, fetches nothing of it, and reads its persisted result', async () => {
    const quiet = await observe();
    expect([quiet.statements.length, quiet.chunks]).to.deep.equal([2, 1]);
    await panel.sql(`update members set city = 'Rome' where id = 3`);
    const { statements } = await observe();
    const id = /result_scan\('([^']*)'\)/.exec(statements[1] ?? '')?.[1] ?? 'no id';
    expect(statements.map((sql) => sql.replaceAll(id, 'ID').split('\n'))).to.deep.equal([
      [
        'with panelsync_model (c0, c1, c2, c3, c4) as (',
        model.sql,
        ") select collate(c0, '') as r0, collate(c1, '') as r1, c4 as r2, seq8() + 1 as n from panelsync_model",
      ],
      [
        'select iff(bucket is null, r0, null), bucket::varchar, count(*)::varchar, sum(hash1)::varchar, sum(hash2)::varchar',
        'from (select r0, bucket, md5_number_upper64(row_text) as hash1, md5_number_lower64(row_text) as hash2',
        `from (select *, iff(regexp_instr(r0, '[^!-&(-_a-~]|--') = 0 and length(r0) between 1 and 320, bitand(to_number(left(sha2(lower(r0), 256), 8), 'XXXXXXXX'), 63), null) as bucket, iff(r0 is null, '-', length(r0) || ':' || r0) || iff(r1 is null, '-', length(r1) || ':' || r1) || iff(r2 is null, '-', length(hash(r2)::varchar) || ':' || hash(r2)::varchar) as row_text from table(result_scan('ID'))) as rows_in_buckets) as hashed`,
        'group by 1, 2',
      ],
      [
        'select r0, r1, r2, n::varchar as row_number, md5_number_upper64(row_text)::varchar, md5_number_lower64(row_text)::varchar',
        `from (select *, iff(regexp_instr(r0, '[^!-&(-_a-~]|--') = 0 and length(r0) between 1 and 320, bitand(to_number(left(sha2(lower(r0), 256), 8), 'XXXXXXXX'), 63), null) as bucket, iff(r0 is null, '-', length(r0) || ':' || r0) || iff(r1 is null, '-', length(r1) || ':' || r1) || iff(r2 is null, '-', length(hash(r2)::varchar) || ':' || hash(r2)::varchar) as row_text from table(result_scan('ID'))) as rows_in_buckets`,
        `where bucket is null or bitand(to_number(substr(?, bitshiftright(bucket, 3) * 2 + 1, 2), 'XX'), bitshiftleft(1, bitand(bucket, 7))) <> 0`,
        'order by n',
      ],
    ]);
  });

  it('does the same as comparing every row, once the source is another', async () => {
    const rows = await panel.run({ ...options(), sync: { diff: 'rows', model, mapping } });
    expect([rows.rows.inserted, rows.rows.updated]).to.deep.equal([0, 0]);
  });

  it('reports a result that is cut short, and sends nothing', async () => {
    const limited = await startSnowflakeServer({
      ...snowflakeCredentials,
      url: panel.url,
      rowLimit: { rows: 500, fixed: true },
    });
    const otherSource = createSnowflakeSource(snowflakeSettings(limited), { log: silentLog, presetEnvironment });
    const { error, rows } = await panel.run({ ...options(), otherSource });
    expect([error?.code, rows.read]).to.deep.equal(['source_incomplete', 0]);
    await limited.close();
  });

  it('is tested with the hashes that Snowflake documents', async () => {
    const [hashes] = await query<{ upper: string; lower: string; number: string }>(
      panel.url,
      `select snowflake.md5_number_upper64('Snowflake')::text as upper, snowflake.md5_number_lower64('Snowflake')::text as lower,
         snowflake.hex_to_number('ae', 'XX')::text as number`,
    );
    expect(hashes).to.deep.equal({ upper: '17145559544104499780', lower: '9203306159527282910', number: '174' });
  });
});
