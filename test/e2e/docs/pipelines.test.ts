import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { CliResult } from '../../helpers/cli/cli.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { neverSchedule, TestDaemons } from '../../helpers/daemon/daemon.ts';
import type { Daemon } from '../../helpers/daemon/daemon.ts';
import { example } from '../../helpers/docs/examples.ts';
import { installPanelsync, installProgram, runProgram, runShell } from '../../helpers/docs/shell.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada' };
const malformed = { email: 'grace@', first_name: 'Grace' };

const hasPython = spawnSync('python3', ['--version']).status === 0;

describe('examples of pipelines', () => {
  let panel: TestPanel;
  let project: Project;
  beforeEach(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await installPanelsync(project);
    const configuration = await readFile(join(project.cwd, 'config/panelsync.yaml'), 'utf8');
    await project.write('config/panelsync.yaml', configuration.replace(/^ {2}panel:/m, '  research-panel:'));
    await panel.setPeople([ada]);
  });
  afterEach(async () => {
    await project.remove();
    await panel.close();
  });

  async function breakModel(): Promise<void> {
    await panel.sql('alter table people rename column email to address');
  }

  describe('cron', () => {
    async function runCrontab(env: Project['env'] = {}): Promise<CliResult> {
      const [, schedule = '', command = ''] =
        /^((?:\S+ ){5})(.*)\n$/.exec(await example('docs/running.md#cron crontab')) ?? [];
      expect(schedule).to.equal('*/15 * * * * ');
      // cron takes a bare % for the end of the line.
      expect(command).to.not.contain('%');
      const script = command.replaceAll('/srv/panelsync', project.cwd);
      return runShell(script, { cwd: project.cwd, env: { ...project.env, ...env } });
    }

    it('prints nothing when a run succeeds, and when rows are invalid', async () => {
      await panel.setPeople([ada, malformed]);
      expect(await runCrontab()).to.deep.equal({ code: 0, stdout: '', stderr: '' });
      expect(Object.keys(panel.people())).to.deep.equal([ada.email]);
    });

    it('prints nothing while another run is active', async () => {
      const session = await panel.session({ name: 'research-panel' });
      expect(await runCrontab()).to.deep.equal({ code: 0, stdout: '', stderr: '' });
      await session.close();
      expect(panel.people()).to.deep.equal({});
    });

    it('prints the error of a run that fails, and of a guard, for cron to mail', async () => {
      expect((await runCrontab({ MIN_ROWS: '10' })).stdout).to.contain('guards.minRows');
      await breakModel();
      expect((await runCrontab()).stdout).to.contain('email');
    });
  });

  describe('dbt', () => {
    async function runChain(dbt: string, env: Project['env'] = {}): Promise<CliResult> {
      await installProgram(project, 'dbt', dbt);
      return runShell(await example('docs/running.md#dbt sh'), { cwd: project.cwd, env: { ...project.env, ...env } });
    }

    it('builds the model, then delivers the valid rows; a malformed e-mail does not fail the chain', async () => {
      await panel.setPeople([ada, malformed]);
      const { code, stdout } = await runChain('echo "dbt $*"');
      expect([code, stdout.split('\n')[0]]).to.deep.equal([0, 'dbt build --select +research_panel']);
      expect(Object.keys(panel.people())).to.deep.equal([ada.email]);
    });

    it('fails with dbt, and with a run that a guard stops', async () => {
      expect((await runChain('exit 1')).code).to.not.equal(0);
      expect((await runChain('exit 0', { MIN_ROWS: '10' })).code).to.not.equal(0);
      expect(panel.people()).to.deep.equal({});
    });
  });

  describe('over HTTP', () => {
    let daemons: TestDaemons;
    let daemon: Daemon;
    beforeEach(async () => {
      daemons = new TestDaemons(project);
      await daemons.configure((text) =>
        text.replace('panel:\n', 'research-panel:\n').replace('{ port:', '{ token: t, port:'),
      );
      daemon = await daemons.start({ SCHEDULE: neverSchedule });
    });
    afterEach(() => daemons.killAll());

    it('starts a run with curl, and reports a refusal', async () => {
      const command = (await example('docs/running.md#dbt sh 2')).replace('http://panelsync:8787', daemon.url);
      const curl = (token: string): Promise<CliResult> =>
        runShell(command, { cwd: project.cwd, env: { PANELSYNC_TOKEN: token } });
      const started = await curl('t');
      expect([started.code, JSON.parse(started.stdout)]).to.deep.equal([0, { runId: '1' }]);
      await daemon.waitForLog('run finished');
      const refused = await curl('wrong');
      expect([refused.code, Object.keys(JSON.parse(refused.stdout))]).to.deep.equal([22, ['error']]);
    });

    if (hasPython) {
      it('starts a run with Airflow and waits for it; invalid rows do not fail it', async () => {
        await panel.setPeople([ada, malformed]);
        const { code, stdout, stderr } = await runAirflow(await example('docs/running.md#airflow python 2'));
        expect([code, stdout], stderr).to.deep.equal([0, 'success: start_sync, wait_for_sync\n']);
        expect(Object.keys(panel.people())).to.deep.equal([ada.email]);
      });

      it('fails in Airflow as soon as the run has failed', async () => {
        await breakModel();
        const { code, stdout } = await runAirflow(await example('docs/running.md#airflow python 2'));
        expect(code, stdout).to.equal(1);
        expect(stdout).to.match(/^AirflowFailException: panelsync run 1 failed: \{'code': /);
      });
    }

    async function runAirflow(text: string): Promise<CliResult> {
      await writeFile(join(project.cwd, 'example.py'), text);
      return runProgram('python3', [resolve('test/helpers/docs/airflow.py'), 'example.py', daemon.url, 't'], project);
    }
  });

  if (hasPython) {
    it('run a task of Airflow that accepts invalid rows, and fails with the run', async () => {
      const task = (await example('docs/running.md#airflow python')).replaceAll('/srv/panelsync', project.cwd);
      await writeFile(join(project.cwd, 'example.py'), task);
      const harness = [resolve('test/helpers/docs/airflow.py'), 'example.py', '', ''];
      await panel.setPeople([ada, malformed]);
      const partial = await runProgram('python3', harness, project);
      expect([partial.code, partial.stdout.split('\n').at(-2)]).to.deep.equal([0, 'success: sync_research_panel']);
      await breakModel();
      expect((await runProgram('python3', harness, project)).code).to.equal(1);
    });
  }

  it('is called on port 8787, the default', async () => {
    const { server } = parse(await readFile('config/panelsync.yaml', 'utf8'));
    expect(await example('docs/running.md#dbt sh 2')).to.contain(`http://panelsync:${server.port}/`);
  });
});
