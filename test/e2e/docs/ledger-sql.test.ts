import { expect } from 'chai';
import type { QueryResultRow } from 'pg';
import { keyedCodec as codec } from '../../helpers/fixtures/payload-codecs.ts';
import { expandSql, expectPanelsApart, readDashboard } from '../../helpers/docs/dashboard.ts';
import { example } from '../../helpers/docs/examples.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { query } from '../../helpers/postgres/postgres.ts';
import { thrownError } from '../../helpers/thrown-error.ts';

const ada = { email: 'ada@example.com', first_name: 'Augusta', city: 'Marylebone' };
const eve = { email: 'eve@example.com', first_name: 'Evelyn', city: 'Montmartre' };
const refused = { email: 'refused@example.com', first_name: 'Theophilus' };

const withoutPeople = ['v_rejection_counts', 'v_runs', 'v_skip_counts', 'v_syncs'];
const withPeople = ['v_changes', 'v_people', 'v_rejections', 'v_renames', 'v_skips'];

describe('the ledger as SQL', () => {
  let panel: TestPanel;
  let role: string;
  beforeEach(async () => {
    panel = await openPanel({ rejectedEmails: [refused.email] });
    const { pathname } = new URL(panel.url);
    role = `panelsync_reports${pathname.replace('/', '_')}`;
    await panel.setPeople([ada, ada, eve, refused, { email: 'not an e-mail' }]);
    await panel.run({ codec });
    await panel.setPeople([{ ...ada, city: 'Ockham' }, refused, { email: 'not an e-mail' }]);
    await panel.run({ codec });
    await panel.run({ codec, sync: { name: 'known', mode: 'update' } });
    await panel.plan({ codec });
  });
  afterEach(async () => {
    await panel.sql(`drop owned by ${role}`);
    await panel.sql(`drop role ${role}`);
    await panel.close();
  });

  async function grant(sql: string): Promise<void> {
    const name = new URL(panel.url).pathname.slice(1);
    const own = sql.replaceAll('panelsync_reports', role).replaceAll('database panelsync_state', `database ${name}`);
    for (const statement of own.split(';\n')) if (statement.trim() !== '') await panel.sql(statement);
  }

  /** One statement on a connection of the role. */
  async function read(sql: string): Promise<QueryResultRow[]> {
    const url = new URL(panel.url);
    url.username = role;
    url.password = 'choose-one';
    return query(url.href, sql);
  }

  /** What of the schema the role may read: each relation is tried. */
  async function readable(): Promise<readonly string[]> {
    const relations = await panel.sql<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'panelsync'::regnamespace and relkind in ('r', 'v', 'S')
       order by relname collate "C"`,
    );
    const names: string[] = [];
    for (const { name } of relations) {
      const error = await thrownError(read(`select * from panelsync.${name}`));
      if (error === 'nothing was thrown') names.push(name);
      else expect(error, name).to.have.property('code', '42501');
    }
    return names;
  }

  it('is what a role without people may read, and nothing else; the dashboard needs no more', async () => {
    await grant(await example('docs/sql.md#a-role-for-reports sql'));
    expect(await readable()).to.deep.equal(withoutPeople);
    for (const statement of [
      'delete from panelsync.v_runs',
      'update panelsync.v_syncs set sync = sync',
      'create table panelsync.mine (id integer)',
      'create view panelsync.mine as select 1',
      'set transaction read write; delete from panelsync.runs',
    ]) {
      expect(await thrownError(read(statement)), statement)
        .to.have.property('code')
        .that.matches(/^(42501|25006|55000)$/);
    }

    const shown: string[] = [];
    const dashboard = await readDashboard('panelsync-ledger');
    expectPanelsApart(dashboard);
    const syncs = await read(expandSql(dashboard.templating.list.at(-1)?.definition ?? '', { schema: 'panelsync' }));
    expect(syncs).to.deep.equal([{ sync: 'known' }, { sync: 'panel' }]);
    const variables = { schema: 'panelsync', sync: syncs.map(({ sync }) => `'${sync}'`).join(', ') };
    for (const { title, targets = [] } of dashboard.panels) {
      for (const { rawSql = '' } of targets) {
        const rows = await read(expandSql(rawSql, variables));
        expect(rows.length, title).to.be.above(0);
        shown.push(JSON.stringify(rows));
      }
    }
    expect(shown.join('\n'))
      .to.contain('validation')
      .and.not.match(/@|Augusta|Evelyn|Theophilus/);
  });

  it('answers the questions of the page with people, and holds nothing that was sent of them', async () => {
    await grant(await example('docs/sql.md#a-role-for-reports sql'));
    await grant(await example('docs/sql.md#a-role-for-reports sql 2'));
    expect(await readable()).to.deep.equal([...withPeople, ...withoutPeople].toSorted());

    const days = await read(await example('docs/sql.md#questions sql'));
    expect(days.map(({ sync, delivered, refused: bad }) => [sync, delivered, bad])).to.deep.equal([
      ['known', '0', '0'],
      ['panel', '3', '3'],
    ]);
    const reasons = await read(await example('docs/sql.md#questions sql 2'));
    expect(reasons.map(({ sync, people, refused_by: by }) => [sync, people, by])).to.include.deep.members([
      ['panel', '1', 'validation'],
      ['panel', '1', 'destination'],
    ]);
    const sent = (await example('docs/sql.md#questions sql 3')).replaceAll('current_date', 'current_date + 1');
    expect((await read(sent)).map(({ operation, outcome, count }) => [operation, outcome, count])).to.deep.equal([
      ['insert', 'accepted', '2'],
      ['insert', 'rejected', '1'],
      ['update', 'accepted', '1'],
    ]);
    const timeline = await read(await example('docs/sql.md#questions sql 4'));
    expect(timeline.map(({ operation, outcome }) => [operation, outcome])).to.deep.equal([
      ['insert', 'accepted'],
      ['update', 'accepted'],
    ]);
    const left = await read(await example('docs/sql.md#questions sql 5'));
    expect(left.map(({ key, marked }) => [key, marked])).to.deep.equal([[eve.email, false]]);
    expect(await read(await example('docs/sql.md#questions sql 6'))).to.deep.equal([]);
    await panel.sql(`update panelsync.runs set freshness_column = 'at', max_data_age_seconds = 60 where id = 3`);
    const stale = await read(await example('docs/sql.md#questions sql 7'));
    expect(stale.map(({ sync }) => sync)).to.deep.equal(['known']);

    const everything = await Promise.all(
      [...withPeople, ...withoutPeople].map((view) => read(`select * from panelsync.${view}`)),
    );
    expect(JSON.stringify(everything))
      .to.contain(eve.email)
      .and.not.match(/Augusta|Evelyn|Theophilus|Marylebone/);
  });

  it('does not show people who are forgotten', async () => {
    await grant(await example('docs/sql.md#a-role-for-reports sql'));
    await grant(await example('docs/sql.md#a-role-for-reports sql 2'));
    for (const { email } of [ada, eve, refused]) {
      await (await panel.records(codec)).forget({ email, key: null, sync: null });
    }
    await panel.run({ codec });
    for (const view of [...withPeople, ...withoutPeople]) {
      const rows = JSON.stringify(await read(`select * from panelsync.${view}`));
      for (const { email } of [ada, eve, refused]) expect(rows, view).not.to.contain(email);
    }
    const runs = await read('select run_id, inserted from panelsync.v_runs where inserted > 0');
    expect(runs, 'the counts stay').to.deep.equal([{ run_id: '1', inserted: '2' }]);
  });
});
