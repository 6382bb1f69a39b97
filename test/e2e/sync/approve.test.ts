import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import type { PlanDrift } from '../../../src/sync/approve/drift.ts';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import type { CliResult } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const people = ['ada', 'bob', 'eve'].map((name) => ({ email: `${name}@example.test`, first_name: name, city: 'Rome' }));

describe('approve', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await panel.setPeople(people);
    await panel.run({ sync: { mapping: { fields: { email: 'email' }, characteristics: {} } } });
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  function cli(...args: readonly string[]): Promise<CliResult> {
    return runInProcess([...args, '--log-level', 'error'], project);
  }

  it('sends the plan of a run that a guard stopped, or says what has drifted', async () => {
    await panel.setPeople(people.slice(0, 1));
    panel.newRequests();
    const stopped = await cli('run', 'panel');
    expect(stopped.code).to.equal(4);
    expect(stopped.stdout).to.match(/Saved plan: 1 to update\. It waits for panelsync approve 2\.$/m);

    await panel.sql("update people set city = 'Oslo'");
    const drifted = await cli('approve', '2', '--json');
    const { error, approves, approval, drift } = parseJsonOutput<RunReport & { drift: PlanDrift }>(drifted);
    expect([drifted.code, error?.code, approves, approval?.state]).to.deep.equal([4, 'plan_moved', '2', 'waiting']);
    expect([drift.people?.different, panel.newRequests()]).to.deep.equal([1, 0]);

    const sent = await cli('approve', '3', '--reason', 'the programme has ended');
    expect([sent.code, sent.stderr, panel.newRequests()]).to.deep.equal([0, '', 1]);
    expect(sent.stdout).to.contain('Note: Sent the plan of run 3, approved by ');
    expect((await cli('show', '3')).stdout).to.match(
      /^Saved plan: approved by .*@.*, 20.*Z \(the programme has ended\), sent by run 4\.$/m,
    );
    expect((await cli('audit')).stdout).to.match(/approve +panel +3 +.*1 update +the programme has ended/);
  });

  it('refuses what cannot be approved, and says what to do', async () => {
    const refusals: readonly (readonly [string, RegExp])[] = [
      ['999', /There is no run 999\./],
      ['1', /Run 1 was not stopped: it succeeded\./],
      ['2', /The plan of run 2 no longer applies: run 3 found that it had drifted\.\n.*panelsync approve 3/],
      ['3', /The plan of run 3 was approved already, by .*\n.*panelsync show 4/],
    ];
    for (const [run, words] of refusals) {
      const result = await cli('approve', run);
      expect([result.code, result.stdout], run).to.deep.equal([2, '']);
      expect(result.stderr).to.match(words);
    }
  });
});
