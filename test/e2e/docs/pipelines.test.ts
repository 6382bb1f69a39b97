import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { runAction } from '../../helpers/docs/github-action.ts';
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
      return runShell(await example('docs/dbt.md#build-then-sync sh'), {
        cwd: project.cwd,
        env: { ...project.env, ...env },
      });
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
      const command = (await example('docs/dbt.md#build-then-sync sh 2')).replace('http://panelsync:8787', daemon.url);
      const curl = (token: string): Promise<CliResult> =>
        runShell(command, { cwd: project.cwd, env: { PANELSYNC_TOKEN: token } });
      const started = await curl('t');
      expect([started.code, JSON.parse(started.stdout)]).to.deep.equal([0, { runId: '1' }]);
      await daemon.waitForLog('run finished');
      const refused = await curl('wrong');
      expect([refused.code, Object.keys(JSON.parse(refused.stdout))]).to.deep.equal([22, ['error']]);
    });

    it('starts a run for a signed event of dbt Cloud, and for nothing else', async () => {
      const script = (await example('docs/dbt.md#dbt-cloud sh'))
        .replace('DBT_WEBHOOK_SECRET=…', 'DBT_WEBHOOK_SECRET=secret')
        .replace('http://127.0.0.1:8787', daemon.url)
        .replace('PANELSYNC_TOKEN=…', 'PANELSYNC_TOKEN=t')
        .replace('node node_modules/panelsync/docs', `exec node ${resolve('docs')}`);
      const relay = spawn('sh', ['-c', script], {
        env: { ...process.env, PORT: '0' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        const line = String((await once(relay.stdout, 'data'))[0]);
        const url = `http://127.0.0.1:${/\d+/.exec(line)?.[0]}`;
        const send = async (event: object, secret = 'secret'): Promise<number> => {
          const body = JSON.stringify(event);
          const authorization = createHmac('sha256', secret).update(body).digest('hex');
          return (await fetch(url, { method: 'POST', body, headers: { authorization } })).status;
        };
        const completed = {
          eventType: 'job.run.completed',
          data: { runId: '7', runStatus: 'Success', runStatusCode: 10 },
        };
        expect(await send(completed, 'other')).to.equal(401);
        expect((await fetch(url, { method: 'POST', body: '{}' })).status).to.equal(401);
        expect(await send({ ...completed, eventType: 'job.run.started' })).to.equal(204);
        expect(await send({ ...completed, data: { runStatus: 'Errored' } })).to.equal(204);
        expect(await send(completed)).to.equal(202);
        await daemon.waitForLog('run finished');
        expect(Object.keys(panel.people())).to.deep.equal([ada.email]);
      } finally {
        relay.kill();
      }
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

    if (hasPython) {
      it('materializes an asset of Dagster, and fails with the run', async () => {
        await panel.setPeople([ada, malformed]);
        const text = (await example('docs/running.md#dagster python'))
          .replace('http://panelsync:8787', daemon.url)
          .replace('time.sleep(10)', 'time.sleep(0.05)');
        await writeFile(join(project.cwd, 'example.py'), text);
        const run = (): Promise<CliResult> =>
          runProgram('python3', [resolve('test/helpers/docs/dagster.py'), 'example.py'], {
            ...project.withEnv({ PANELSYNC_TOKEN: 't' }),
          });
        const materialized = await run();
        expect([materialized.code, JSON.parse(materialized.stdout)], materialized.stderr).to.deep.include(0);
        expect(JSON.parse(materialized.stdout)).to.include({ run: '1', read: 2, inserted: 1, invalid: 1 });
        await breakModel();
        expect(await run()).to.deep.include({ code: 1 });
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

  describe('GitHub Actions', () => {
    it('run a sync, warn of invalid rows, and show the report', async () => {
      const valid = ['bob', 'eve', 'joan', 'mary'].map((name) => ({ email: `${name}@example.test` }));
      await panel.setPeople([ada, ...valid, malformed]);
      const { code, stdout, summary, outputs } = await runAction(project, { sync: 'research-panel' });
      expect([code, outputs['exit-code']]).to.deep.equal([0, '3']);
      expect(stdout).to.match(/^::warning title=panelsync::/m);
      expect(outputs).to.include({ 'run-id': '1', status: 'partial' });
      expect(summary).to.contain('### panelsync: research-panel partial (run 1)');
      expect(summary).to.match(/^\| inserted \| 5 \|$/m);
      expect(JSON.parse(await readFile(outputs['report'] ?? '', 'utf8'))).to.include({ runId: '1' });
      const strict = await runAction(project, { sync: 'research-panel', 'fail-on-rows': 'true' });
      expect(strict.code).to.equal(3);
    });

    it('fail with the run, whose error is on the summary; a name is no command', async () => {
      const { code, summary, outputs } = await runAction(project, { sync: '$(touch broken); x' });
      expect([code, outputs['run-id']]).to.deep.equal([2, '']);
      expect(summary).to.contain('There is no sync "$(touch broken); x"');
      expect(await readdir(project.cwd)).to.not.contain('broken');
    });

    it('use the action and its inputs and outputs as documented', async () => {
      const { jobs } = parse(await example('docs/running.md#github-actions yaml'));
      const { inputs, outputs } = parse(await readFile('docs/github/action.yml', 'utf8'));
      const [step] = jobs.sync.steps.filter(({ uses }: { uses?: string }) => uses?.startsWith('./'));
      expect(step.uses).to.equal('./node_modules/panelsync/docs/github');
      expect(Object.keys(inputs)).to.include.members(Object.keys(step.with));
      for (const output of ['run-id', 'status', 'exit-code', 'report']) expect(outputs).to.have.property(output);
    });
  });

  it('is called on port 8787, the default', async () => {
    const { server } = parse(await readFile('config/panelsync.yaml', 'utf8'));
    expect(await example('docs/dbt.md#build-then-sync sh 2')).to.contain(`http://panelsync:${server.port}/`);
  });
});
