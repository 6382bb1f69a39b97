import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Check } from '../../../src/commands/check/check-result.ts';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import type { CliEnvironment } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createDatabase, query } from '../../helpers/postgres/postgres.ts';
import { createProject, peopleModel } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

interface CheckOutput {
  readonly code: number | null;
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/** Nobody listens there: the port is kept for that. */
const unreachableUrl = 'postgres://panelsync:secret-word@127.0.0.1:1/panel';

async function check(environment: CliEnvironment, ...args: readonly string[]): Promise<CheckOutput> {
  const result = await runInProcess(['check', ...args, '--json'], environment);
  return { code: result.code, ...parseJsonOutput<Omit<CheckOutput, 'code'>>(result) };
}

function statuses({ checks }: CheckOutput): readonly string[] {
  return checks.map(({ name, status }) => `${name}: ${status}`);
}

describe('panelsync check', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
  });
  beforeEach(() => project.write('config/models/people.sql', peopleModel));
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('reports each column when all is well, and changes nothing', async () => {
    const { code, stdout, stderr } = await runInProcess(['check'], project);
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout)
      .to.match(/✓ ok +state: .*up to date/)
      .and.to.match(/✓ ok +hub: .*the key is accepted/);
    expect(stdout).to.contain('first_name ← first_name (text)');
    expect(stdout).to.contain('characteristics.plan ← plan (text), sent as text');
    expect(stdout).to.contain('A run can start.');
    expect(await panel.sql('select from panelsync.syncs')).to.deep.equal([]);
    expect(panel.hub.requests.every(({ method }) => method === 'GET')).to.equal(true);
  });

  it('gives one document, for one sync alone', async () => {
    const checked = await check(project, 'known-only');
    expect([checked.code, checked.ok]).to.deep.equal([0, true]);
    const model = 'model of known-only: ok';
    expect(statuses(checked)).to.deep.equal([
      'configuration: ok',
      'state: ok',
      'source warehouse: ok',
      model,
      'characteristics of known-only: skipped',
      'hub: ok',
    ]);
    const mapping = checked.checks.find(({ name }) => name === 'model of known-only')?.mapping;
    const city = { field: 'city', column: 'city', type: 'text', sentAs: 'text', fits: true, note: null };
    expect(mapping).to.deep.include(city);
  });

  it('reports all issues of the configuration at once, and that nothing else was checked', async () => {
    const environment = project.withEnv({ BATCH_SIZE: '101', HUB_KEY: '' });
    const checked = await check(environment);
    expect([checked.code, checked.ok]).to.deep.equal([2, false]);
    expect(statuses(checked)).to.deep.equal([
      'configuration: fault',
      'configuration: fault',
      'everything else: skipped',
    ]);
    expect(checked.checks.map(({ message }) => message).join('\n'))
      .to.match(/line 6: destination\.apiKey: .*HUB_KEY/)
      .and.to.match(/line 8: destination\.batchSize: /);
    const { code, stdout } = await runInProcess(['check'], environment);
    expect(code).to.equal(2);
    expect(stdout)
      .to.match(/✗ error .*apiKey/)
      .and.to.match(/2 errors; nothing was changed or sent\.\n$/);
  });

  it('names each mapped column that the model lacks, and those it has', async () => {
    await project.write('config/models/people.sql', 'select email, city as town from people');
    const checked = await check(project, 'panel');
    expect(checked.code).to.equal(2);
    const issues = checked.checks.filter(({ status }) => status === 'fault');
    expect(issues.map(({ message }) => message.split(':')[0])).to.deep.equal([
      'syncs.panel.mapping.first_name',
      'syncs.panel.mapping.city',
      'syncs.panel.mapping.characteristics.plan',
    ]);
    expect(issues[0]?.hint).to.contain('email, town');
  });

  it('warns of columns that can never be sent as mapped, and notes what becomes of a time', async () => {
    const model = `select email, '{}'::jsonb as first_name, now() as city, null::text as plan from people`;
    await project.write('config/models/people.sql', model);
    const checked = await check(project, 'panel');
    expect([checked.code, checked.ok]).to.deep.equal([0, true]);
    const found = checked.checks.find(({ status }) => status === 'warning');
    expect(found?.message).to.contain('first_name').and.to.not.contain('city');
    expect(found?.mapping?.find(({ field }) => field === 'first_name')?.note).to.match(/JSON value cannot be sent/);
    await project.write(
      'config/models/people.sql',
      `select email, '' as first_name, '' as city, now() as plan from people`,
    );
    const dated = (await check(project, 'panel')).checks.flatMap(({ mapping = [] }) => mapping);
    expect(dated.find(({ field }) => field === 'characteristics.plan')).to.include({ sentAs: 'date', fits: true });
    expect(dated.find(({ field }) => field === 'characteristics.plan')?.note).to.contain('UTC');
  });

  it('warns of values that would be left out, with what they look like', async () => {
    const model = `select n || '@x.test' as email, '' as first_name, repeat('Zü9 ', 80) as city, '' as plan
      from generate_series(1, 3) n`;
    await project.write('config/models/people.sql', model);
    await project.configure({ 'city: city': 'city: { column: city, onInvalid: omit }' });
    const checked = await check(project, 'panel');
    await project.configure({});
    const found = checked.checks.find(({ name }) => name === 'values of panel');
    expect([checked.code, found?.status]).to.deep.equal([0, 'warning']);
    expect(found?.message).to.match(
      /^In the first 3 rows, 3 of 3 values of city are invalid and left out .* "xx9 xx9 /,
    );
  });

  it('names the columns that are floating point', async () => {
    const model = `select email, 1.5::float8 as first_name, 2::numeric as city, 3::real as plan from people`;
    await project.write('config/models/people.sql', model);
    const { checks } = await check(project, 'panel');
    const floats = checks
      .flatMap(({ mapping = [] }) => mapping)
      .filter(({ note }) => /floating point/.test(note ?? ''));
    expect(floats.map(({ field }) => field)).to.deep.equal(['first_name', 'characteristics.plan']);
  });

  it('reports everything that cannot be reached, without a password', async () => {
    const environment = project.withEnv({
      DATABASE_URL: unreachableUrl,
      WAREHOUSE_URL: unreachableUrl,
      HUB_KEY: 'wrong-key',
    });
    const checked = await check(environment, 'panel');
    expect([checked.code, checked.ok]).to.deep.equal([1, false]);
    expect(statuses(checked)).to.deep.equal([
      'configuration: ok',
      'state: fault',
      'source warehouse: fault',
      'model of panel: skipped',
      'hub: fault',
    ]);
    const failures = checked.checks.filter(({ status }) => status === 'fault');
    expect(failures.map(({ code, retriable }) => [code, retriable])).to.deep.equal([
      ['state_unreachable', true],
      ['source_unreachable', true],
      ['hub_unauthorized', false],
    ]);
    const text = JSON.stringify(checked);
    expect(text).to.contain('state.url').and.to.contain('sources.warehouse.url').and.to.contain('destination.apiKey');
    expect(text).to.not.contain('secret-word').and.to.not.contain('wrong-key');
  });

  it('shows where a model fails', async () => {
    await project.write('config/models/people.sql', 'select email\nfrom nowhere');
    const checked = await check(project, 'panel');
    expect(checked.code).to.equal(2);
    expect(checked.checks.find(({ status }) => status === 'fault')?.message).to.contain('line 2');
  });

  it('neither creates nor starts an embedded Postgres', async () => {
    const checked = await check(project.withEnv({ DATABASE_URL: '' }), 'panel');
    expect(checked.code).to.equal(0);
    expect(checked.checks.find(({ name }) => name === 'state')?.message).to.contain('the first run creates it');
    expect(existsSync(join(project.cwd, 'config/.panelsync'))).to.equal(false);
  });

  it('distinguishes a database without tables from one that a newer version migrated', async () => {
    const empty = await createDatabase();
    try {
      const fresh = await check(project.withEnv({ DATABASE_URL: empty.url }), 'panel');
      expect(fresh.code).to.equal(0);
      expect(fresh.checks.find(({ name }) => name === 'state')?.message).to.contain('the first run creates its tables');
      expect(await query(empty.url, `select from pg_namespace where nspname = 'panelsync'`)).to.deep.equal([]);
    } finally {
      await empty.drop();
    }
    await panel.sql(`insert into panelsync.migrations (name, batch) values ('9999_later.sql', 2)`);
    try {
      const newer = await check(project, 'panel');
      expect(newer.code).to.equal(2);
      expect(newer.checks.find(({ name }) => name === 'state')?.message).to.contain('9999_later.sql');
    } finally {
      await panel.sql(`delete from panelsync.migrations where name = '9999_later.sql'`);
    }
  });

  it('names the existing syncs when there is none of the given name', async () => {
    const { code, stdout } = await runInProcess(['check', 'pannel', '--json'], project);
    expect(code).to.equal(2);
    expect(stdout).to.contain('"unknown_sync"').and.to.contain('panel, known-only');
  });

  describe('of characteristics', () => {
    const name = 'characteristics of known-only';
    afterEach(() => panel.hub.setOptions({ characteristics: null, unavailableLists: {} }));

    async function found(): Promise<readonly unknown[]> {
      const { code, checks } = await check(project, 'known-only');
      return [code, ...checks.filter((one) => one.name === name).map(({ status, message }) => [status, message])];
    }

    it('reports slugs that the Hub does not define, with the nearest one', async () => {
      panel.hub.setOptions({ characteristics: [{ name: 'Plan', slug: 'plann', type: 'text' }] });
      expect(await found()).to.deep.equal([
        2,
        [
          'fault',
          'syncs.known-only.mapping.characteristics.plan: the Hub has no characteristic with this slug; did you mean `plann`?',
        ],
      ]);
      panel.hub.setOptions({
        characteristics: [
          { name: 'Plan', slug: 'plan', type: 'text' },
          { name: 'First name', slug: 'called', type: 'text' },
        ],
      });
      expect(await found()).to.deep.equal([
        0,
        [
          'ok',
          'the Hub has every mapped slug (1), each with a compatible type\nThe Hub defines plan (text), called (text).',
        ],
      ]);
    });

    it('skips them when the Hub does not list them', async () => {
      expect(await found()).to.deep.equal([
        0,
        ['skipped', 'not checked: the Hub gives no readable list of its characteristics'],
      ]);
    });
  });
});
