import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { expectBalancedCounts } from '../../helpers/panel/balanced-counts.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject, peopleModel } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada' };

/** Nobody listens there: the port is kept for that. */
const unreachableUrl = 'postgres://panelsync:secret-word@127.0.0.1:1/panel';

interface ErrorDocument {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

describe('when something is wrong', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([ada]);
    await project.write('config/models/people.sql', peopleModel);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  async function failedRun(env: Readonly<Record<string, string>>, exitCode = 1): Promise<RunReport> {
    const result = await runInProcess(['run', 'panel', '--json'], project.withEnv(env));
    expect(result.code).to.equal(exitCode);
    const report = parseJsonOutput<RunReport>(result);
    expectBalancedCounts(report);
    expect(report.status).to.equal('failed');
    return report;
  }

  it('a wrong key fails the run, names the setting and keeps the key to itself', async () => {
    const report = await failedRun({ HUB_KEY: 'wrong-key' });
    expect([report.error?.code, nonZeroRows(report)]).to.deep.equal(['hub_unauthorized', { read: 1, unsent: 1 }]);
    expect(report.error?.hint).to.contain('destination.apiKey');
    const words = await runInProcess(
      ['run', 'panel', '--log-level', 'debug'],
      project.withEnv({ HUB_KEY: 'wrong-key' }),
    );
    expect(words.stdout).to.contain('destination.apiKey');
    expect(words.stdout + words.stderr).to.not.contain('wrong-key');
  });

  it('a Hub that is not there fails the run and leaves the rows to the next one', async () => {
    const report = await failedRun({ HUB_URL: 'http://127.0.0.1:1/api' });
    expect([report.error?.code, nonZeroRows(report)]).to.deep.equal(['hub_unreachable', { read: 1, unsent: 1 }]);
    const next = await runInProcess(['run', 'panel', '--json'], project);
    expect([next.code, nonZeroRows(parseJsonOutput(next))]).to.deep.equal([0, { read: 1, inserted: 1 }]);
  });

  it('a warehouse that is not there fails the run, which is on record', async () => {
    const report = await failedRun({ WAREHOUSE_URL: unreachableUrl });
    expect([report.error?.code, nonZeroRows(report)]).to.deep.equal(['source_unreachable', {}]);
    expect(JSON.stringify(report)).to.not.contain('secret-word');
    expect(parseJsonOutput(await runInProcess(['show', 'latest', '--json'], project))).to.deep.equal(report);
  });

  it('a model that does not fit the mapping fails the run and names every column', async () => {
    await project.write('config/models/people.sql', 'select email, plan from people');
    const report = await failedRun({}, 2);
    expect(report.error?.code).to.equal('mapping_mismatch');
    expect(report.error?.message).to.contain('mapping.first_name').and.to.contain('mapping.city');
    const plan = await runInProcess(['plan', 'panel', '--json'], project);
    expect([plan.code, parseJsonOutput<ErrorDocument>(plan).error.code]).to.deep.equal([2, 'mapping_mismatch']);
  });

  for (const command of ['run panel', 'plan panel', 'status', 'runs', 'rejections panel', 'retry panel', 'migrate']) {
    it(`${command} says what to do when the state database is not there`, async () => {
      const result = await runInProcess(
        [...command.split(' '), '--json'],
        project.withEnv({ DATABASE_URL: unreachableUrl }),
      );
      expect(result.code).to.equal(1);
      const { error } = parseJsonOutput<ErrorDocument>(result);
      expect([error.code, error.hint.includes('state.url')]).to.deep.equal(['state_unreachable', true]);
      expect(result.stderr).to.contain(error.message).and.to.contain(error.hint);
      expect(result.stdout + result.stderr).to.not.contain('secret-word');
    });
  }

  describe('with nothing but the embedded Postgres', () => {
    let folder: string;
    before(() => {
      folder = join(project.cwd, 'config/.panelsync');
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it('commands that only look make none, and a run makes one that remembers', async () => {
      const environment = project.withEnv({ DATABASE_URL: '' });
      const readOnlyCommands = ['status', 'runs', 'rejections panel', 'retry panel', 'resync panel'];
      const results = await Promise.all(
        readOnlyCommands.map((command) => runInProcess([...command.split(' '), '--json'], environment)),
      );
      expect(results.map(({ code }) => code)).to.deep.equal([0, 0, 0, 0, 0]);
      expect(existsSync(join(folder, 'postgres'))).to.equal(false);
      const run = await runInProcess(['run', 'panel', '--json'], environment);
      expect([run.code, nonZeroRows(parseJsonOutput(run))], run.stderr).to.deep.equal([0, { read: 1, inserted: 1 }]);
      expect(run.stderr).to.contain('state is in embedded Postgres');
      const status = await runInProcess(['status', '--json'], environment);
      expect(parseJsonOutput<readonly { snapshot: number }[]>(status).map(({ snapshot }) => snapshot)).to.deep.equal([
        1, 0,
      ]);
    });
  });
});
