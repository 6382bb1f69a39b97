import { expect } from 'chai';
import type { SyncOverview } from '../../../src/app/sync-overviews.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import type { CliResult, CliEnvironment } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

const people = ['ada', 'bob', 'eve'].map((name) => ({ email: `${name}@example.test`, first_name: name }));

describe('a batch of insert mode that cannot be looked up', () => {
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
    return runInProcess(args, environment);
  }

  async function overview(): Promise<SyncOverview | undefined> {
    return parseJsonOutput<readonly SyncOverview[]>(await cli('status', '--json')).find(({ sync }) => sync === 'panel');
  }

  it('is shown by status and resolved by resolve', async () => {
    const result = await cli('run', 'panel');
    expect(result.code, result.stderr).to.equal(3);
    expect((await overview())?.held).to.deep.equal({ batches: 1, people: 2, runs: ['1'] });

    const resolved = await cli('resolve', '1', '--sent');
    expect([resolved.code, resolved.stderr]).to.deep.equal([0, '']);
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

  it('is not resolved by options that do not fit', async () => {
    await cli('run', 'panel');
    const wrong: readonly (readonly [readonly string[], string])[] = [
      [['1'], 'usage'],
      [['1', '--sent', '--unsent'], 'usage'],
      [['99', '--sent'], 'unknown_run'],
      [['1', '--sent', '--batch', '2'], 'nothing_unknown'],
    ];
    for (const [args, errorCode] of wrong) {
      const result = await cli('resolve', ...args, '--json');
      const { error } = parseJsonOutput<{ readonly error: { readonly code: string } }>(result);
      expect([result.code, error.code]).to.deep.equal([2, errorCode]);
    }
    expect((await overview())?.held.people).to.equal(2);
  });
});
