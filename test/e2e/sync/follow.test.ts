import { expect } from 'chai';
import { Client } from 'pg';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput, runCli, startCli } from '../../helpers/cli/cli.ts';
import type { CliProcess } from '../../helpers/cli/cli.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

describe('a run that is under way', () => {
  let panel: TestPanel;
  let project: Project;
  let warehouse: Client;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    const emails = ['ada', 'bob', 'eve', 'joan', 'mary'].map((name) => `${name}@example.test`);
    await panel.setPeople([...emails, 'grace@'].map((email) => ({ email })));
  });
  beforeEach(async () => {
    warehouse = new Client(panel.url);
    await warehouse.connect();
    await warehouse.query('begin; lock table people');
  });
  afterEach(() => warehouse.end());
  after(async () => {
    await project.remove();
    await panel.close();
  });

  const letThemRead = (): Promise<unknown> => warehouse.query('rollback');

  /** A run that waits for the table of its model. */
  async function startBlockedRun(runId: string): Promise<CliProcess> {
    const run = startCli(['run', 'panel', '--json'], project);
    await waitUntil(async () => (await (await panel.records()).run(runId))?.status === 'running');
    return run;
  }

  it('is joined by run --wait and followed by show --follow, which end as it does', async () => {
    const run = await startBlockedRun('1');
    const joining = startCli(['run', 'panel', '--wait', '--json'], project);
    const following = startCli(['show', 'latest', '--follow', '--progress', 'json', '--json'], project);
    await joining.waitForOutput('stderr', 'Waiting for run 1 of panel, which is under way.');
    await following.waitForOutput('stderr', 'Following run 1 of panel.');
    await letThemRead();
    const results = await Promise.all([run, joining, following].map(({ ended }) => ended));
    expect(results.map(({ code }) => code)).to.deep.equal([3, 3, 3]);
    const [report, ...others] = results.map((result) => parseJsonOutput<RunReport>(result));
    expect(report?.rows.inserted).to.equal(5);
    expect(others).to.deep.equal([report, report]);
    expect(await (await panel.records()).runs(null, 10)).to.have.length(1);
    const [progress] = (results[2]?.stderr ?? '').split('\n').filter((line) => line.includes('"event":"progress"'));
    expect(JSON.parse(progress ?? '')).to.include({ sync: 'panel', runId: '1', step: 'read' });
  });

  it('is taken over by run --wait when its process dies', async () => {
    const run = await startBlockedRun('2');
    const joining = startCli(['run', 'panel', '--wait', '--json'], project);
    await joining.waitForOutput('stderr', 'Waiting for run 2 of panel');
    run.signal('SIGKILL');
    await run.ended;
    await waitUntil(async () => (await (await panel.records()).run('3')) !== null);
    await letThemRead();
    const joined = await joining.ended;
    expect([joined.code, parseJsonOutput<RunReport>(joined).runId]).to.deep.equal([3, '3']);
    expect((await (await panel.records()).run('2'))?.status).to.equal('failed');
    const { code } = await runCli(['show', '2', '--follow'], project);
    expect(code, 'of the run that died').to.equal(1);
  });

  it('is waited for until --timeout is over', async () => {
    const session = await panel.session();
    const { code, stdout } = await runCli(['run', 'panel', '--wait', '--timeout', '1s', '--json'], project);
    await session.close();
    expect(code).to.equal(5);
    expect(JSON.parse(stdout).error).to.include({ code: 'already_running' });
  });
});
