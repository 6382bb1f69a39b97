import { expect } from 'chai';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { example } from '../../helpers/docs/examples.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createDatabase, query } from '../../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../../helpers/postgres/postgres.ts';
import { thrownError } from '../../helpers/thrown-error.ts';

describe('least rights in the documentation', () => {
  let panel: TestPanel;
  let project: Project;
  let database: TestDatabase;
  beforeEach(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    database = await createDatabase();
    await query(database.url, `revoke all on database ${database.name} from public`);
    await query(database.url, 'revoke all on schema public from public');
    await query(
      database.url,
      `create table public.customers as
         select 'ada@example.test' as email, 'Ada' as first_name, 'London' as city, 'pro' as plan`,
    );
    await project.write('config/models/people.sql', 'select * from customers');
  });
  afterEach(async () => {
    await project.remove();
    await database.drop();
    await panel.close();
  });

  /** Runs the statements one by one for this database, with roles of its own. */
  async function grant(sql: string): Promise<void> {
    const own = sql
      .replaceAll('database shop', `database ${database.name}`)
      .replaceAll('database panelsync_state', `database ${database.name}_state`)
      .replaceAll(/\b(role|owner|to|authorization) (panelsync_\w+)/g, `$1 $2_${database.name}`);
    for (const statement of own.split(';\n')) if (statement.trim() !== '') await query(database.url, statement);
  }

  function urlAs(role: string, name = database.name): string {
    const url = new URL(database.url);
    url.username = `${role}_${database.name}`;
    url.password = 'choose-one';
    url.pathname = `/${name}`;
    return url.href;
  }

  async function expectCheckAndRun(env: Readonly<Record<string, string>>): Promise<void> {
    const environment = project.withEnv(env);
    const check = await runInProcess(['check', 'panel'], environment);
    expect(check.code, check.stdout).to.equal(0);
    const run = await runInProcess(['run', 'panel'], environment);
    expect(run.code, run.stdout + run.stderr).to.equal(0);
    expect(Object.keys(panel.people())).to.deep.equal(['ada@example.test']);
  }

  /** Neither role reaches what is the other's, writes to the warehouse, or creates anything outside of its schema. */
  async function expectNoMore(): Promise<void> {
    const refused: readonly (readonly [string, string])[] = [
      ['panelsync_reader', 'update public.customers set city = city'],
      ['panelsync_reader', 'select 1 from panelsync.runs'],
      ['panelsync_reader', 'create temporary table mine (id integer)'],
      ['panelsync_reader', 'create table public.mine (id integer)'],
      ['panelsync_state', 'select 1 from public.customers'],
      ['panelsync_state', 'create table public.mine (id integer)'],
      ['panelsync_state', 'create schema mine'],
    ];
    for (const [role, statement] of refused) {
      expect(await thrownError(query(urlAs(role), statement)), `${role}: ${statement}`).to.have.property(
        'code',
        '42501',
      );
    }
  }

  /** Each right is needed: without it, `check` ends with another code. */
  async function expectNoLess(env: Readonly<Record<string, string>>): Promise<void> {
    const reader = `panelsync_reader_${database.name}`;
    const state = `panelsync_state_${database.name}`;
    for (const [right, role] of [
      [`connect on database ${database.name}`, reader],
      ['usage on schema public', reader],
      ['select on table public.customers', reader],
      [`connect on database ${database.name}`, state],
      [`temporary on database ${database.name}`, state],
    ] as const) {
      await query(database.url, `revoke ${right} from ${role}`);
      const { code } = await runInProcess(['check', 'panel'], project.withEnv(env));
      expect(code, `without ${right} for ${role}`).to.be.oneOf([1, 2]);
      await query(database.url, `grant ${right} to ${role}`);
    }
  }

  it('are enough for a warehouse and for a state in a shared database', async () => {
    await grant(await example('docs/configuration.md#postgres sql'));
    await grant(await example('docs/state.md#setting-it-up sql 2'));
    await expectCheckAndRun({ WAREHOUSE_URL: urlAs('panelsync_reader'), DATABASE_URL: urlAs('panelsync_state') });
    await expectNoMore();
    await expectNoLess({ WAREHOUSE_URL: urlAs('panelsync_reader'), DATABASE_URL: urlAs('panelsync_state') });
    await query(database.url, `drop owned by panelsync_reader_${database.name}, panelsync_state_${database.name}`);
    await query(database.url, `drop role panelsync_reader_${database.name}, panelsync_state_${database.name}`);
  });

  it('are enough for a state in a database of its own', async () => {
    await grant(await example('docs/configuration.md#postgres sql'));
    await grant(await example('docs/state.md#setting-it-up sql'));
    const state = `${database.name}_state`;
    await expectCheckAndRun({
      WAREHOUSE_URL: urlAs('panelsync_reader'),
      DATABASE_URL: urlAs('panelsync_state', state),
    });
    await query(database.url, `drop database ${state} with (force)`);
    await query(database.url, `drop owned by panelsync_reader_${database.name}`);
    await query(database.url, `drop role panelsync_reader_${database.name}, panelsync_state_${database.name}`);
  });
});
