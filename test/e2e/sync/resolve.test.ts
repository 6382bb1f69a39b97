import { expect } from 'chai';
import type { SyncOverview } from '../../../src/app/sync-overviews.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import type { CliResult, CliEnvironment } from '../../helpers/cli/cli.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

const people = ['ada', 'bob', 'eve'].map((name) => ({ email: `${name}@example.test`, first_name: name }));

describe('a batch of insert mode that nobody can look up', () => {
  let panel: TestPanel;
  let project: Project;
  let environment: CliEnvironment;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    environment = project.withEnv({ MODE: 'insert', MAX_ATTEMPTS: '2', BATCH_SIZE: '2' });
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople(people);
    panel.hub.setOptions({ unavailableLists: { participants: 404 } });
    panel.hub.setFaults({ kind: 'cut', when: 'after' });
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  function cli(...args: readonly string[]): Promise<CliResult> {
    return runCli(args, environment);
  }

  async function overview(): Promise<SyncOverview | undefined> {
    return parseJsonOutput<readonly SyncOverview[]>(await cli('status', '--json')).find(({ sync }) => sync === 'panel');
  }

  it('is told by run and status, and settled by resolve', async () => {
    const result = await cli('run', 'panel');
    expect(result.code, result.stderr).to.equal(3);
    expect(result.stdout).to.match(/Note: 2 people in 1 batch withheld: the Hub may have stored them/);
    expect((await overview())?.held).to.deep.equal({ batches: 1, people: 2, runs: ['1'] });
    expect((await cli('status')).stdout).to.contain('panel: 2 people in 1 batch of run 1 withheld: nobody knows');

    const resolved = await cli('resolve', '1', '--sent');
    expect(resolved).to.deep.equal({
      code: 0,
      stdout: '1 batch of run 1 (2 people) count as sent: the snapshot of panel has them as they were sent.\n',
      stderr: '',
    });
    expect((await overview())?.held).to.deep.equal({ batches: 0, people: 0, runs: [] });
    const next = await cli('run', 'panel', '--json');
    expect(nonZeroRows(parseJsonOutput<RunReport>(next))).to.deep.equal({ read: 3, unchanged: 3 });
  });

  it('goes again after resolve --unsent, of one batch or of all', async () => {
    await cli('run', 'panel');
    const resolved = await cli('resolve', 'latest', '--unsent', '--batch', '1', '--json');
    expect([resolved.code, parseJsonOutput(resolved)]).to.deep.equal([
      0,
      { sync: 'panel', runId: '1', outcome: 'unsent', batches: [1], people: 2 },
    ]);
    const next = parseJsonOutput<RunReport>(await cli('run', 'panel', '--json'));
    expect([next.status, nonZeroRows(next)]).to.deep.equal(['succeeded', { read: 3, unchanged: 1, inserted: 2 }]);
  });

  it('is not settled by words that do not fit', async () => {
    await cli('run', 'panel');
    const wrong: readonly (readonly [readonly string[], string])[] = [
      [['1'], 'resolve takes either --sent or --unsent.'],
      [['1', '--sent', '--unsent'], 'resolve takes either --sent or --unsent.'],
      [['99', '--sent'], 'There is no run 99.'],
      [['1', '--sent', '--batch', '2'], 'Run 1 has no batch 2 whose outcome is unknown.'],
    ];
    for (const [args, words] of wrong) {
      const result = await cli('resolve', ...args);
      expect([result.code, result.stdout, result.stderr.split('\n')[0]]).to.deep.equal([2, '', words]);
    }
    expect((await overview())?.held.people).to.equal(2);
  });
});
