import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import type { CliResult } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada', city: 'London' };
const bob = { email: 'bob@example.test', first_name: 'Bob', plan: 'pro' };
const eve = { email: 'eve@example.test', first_name: 'Eve' };

describe('panelsync verify', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([ada, bob]);
    await panel.run();
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  const verify = (...args: string[]): Promise<CliResult> => runInProcess(['verify', 'panel', ...args], project);

  function changeHub(): void {
    panel.hub.remove('ada@example.test');
    panel.hub.edit('bob@example.test', { first_name: 'Robert' });
    panel.hub.add(eve);
  }

  it('ends with 0 when Hub and snapshot agree', async () => {
    const { code, stdout } = await verify();
    expect(code).to.equal(0);
    expect(stdout.split('  ')[0]).to.equal('agreed');
    const { agreed, same } = parseJsonOutput<{ agreed: boolean; same: number }>(await verify('--json'));
    expect([agreed, same]).to.deep.equal([true, 2]);
  });

  it('ends with 3 and shows who is missing, different and unknown when they do not', async () => {
    changeHub();
    expect((await verify()).code).to.equal(3);
    const json = await verify('--json');
    expect([json.code, parseJsonOutput(json)]).to.deep.equal([
      3,
      {
        sync: 'panel',
        agreed: false,
        sampled: false,
        snapshot: 2,
        hub: 2,
        compared: 2,
        same: 0,
        missing: 1,
        different: 1,
        unknown: 1,
        moved: 0,
        unusable: 0,
        people: {
          missing: ['ada@example.test'],
          different: [{ email: 'bob@example.test', fields: { first_name: ['Bob', 'Robert'] } }],
          unknown: ['eve@example.test'],
        },
        repair: null,
        error: null,
      },
    ]);
    expect((await verify('--limit', '0')).stdout).not.to.contain('@');
  });

  it('ignores people who are in the Hub only with --ignore-unknown', async () => {
    panel.hub.add(eve);
    expect((await verify()).code).to.equal(3);
    expect((await verify('--ignore-unknown')).code).to.equal(0);
  });

  it('repairs what differs, and sends deleted people again only with --recreate', async () => {
    changeHub();
    expect((await verify('--repair')).code).to.equal(3);
    const run = async (): Promise<object> =>
      nonZeroRows(parseJsonOutput<RunReport>(await runInProcess(['run', 'panel', '--json'], project)));
    expect(await run()).to.deep.equal({ read: 2, updated: 1, skipped: 1 });
    expect(panel.people()).not.to.have.property('ada@example.test');
    expect(parseJsonOutput(await verify('--repair', '--recreate', '--json')))
      .to.have.property('repair')
      .that.deep.equals({
        different: 0,
        withheld: 0,
        recreated: 1,
      });
    expect(await run()).to.deep.equal({ read: 2, unchanged: 1, inserted: 1 });
    expect((await verify('--ignore-unknown')).code).to.equal(0);
  });

  it('ends with 4 where a guard keeps it from writing off half a panel', async () => {
    panel.hub.reset();
    const stopped = await verify('--repair');
    expect(stopped.code).to.equal(4);
    expect(parseJsonOutput(await verify('--repair', '--json'))).to.have.nested.property('error.code', 'guard_missing');
    expect((await verify('--repair', '--force')).code).to.equal(3);
    expect((await verify()).code).to.equal(0);
  });

  it('says what a sample can see, and what not', async () => {
    panel.hub.remove('ada@example.test');
    const sample = await verify('--sample', '1');
    expect(sample.code).to.equal(0);
    expect(parseJsonOutput(await verify('--sample', '1', '--json'))).to.include({ sampled: true, missing: null });
  });

  it('refuses options that do not fit together, and has nothing to compare before the first run', async () => {
    const results = await Promise.all([
      verify('--recreate'),
      verify('--sample', '0'),
      runInProcess(['verify', 'panel'], project.withEnv({ DATABASE_URL: '' })),
    ]);
    expect(results.map(({ code }) => code)).to.deep.equal([2, 2, 2]);
  });
});
