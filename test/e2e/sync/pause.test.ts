import { expect } from 'chai';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';

interface Overview {
  readonly sync: string;
  readonly paused: boolean;
  readonly pausedAt: string | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  readonly nextRunAt: string | null;
}

describe('pause and resume', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([{ email: 'ada@example.test' }]);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  async function overviewOf(sync: string): Promise<Overview | undefined> {
    const overviews = parseJsonOutput<readonly Overview[]>(await runInProcess(['status', '--json'], project));
    return overviews.find((one) => one.sync === sync);
  }

  it('pause says what it did, and status who paused the sync, since when and why', async () => {
    const paused = await runInProcess(['pause', 'panel', '--reason', ' the warehouse moves '], project);
    expect([paused.code, paused.stderr]).to.deep.equal([0, '']);
    const overview = await overviewOf('panel');
    expect(overview).to.include({ paused: true, pauseReason: 'the warehouse moves', nextRunAt: null });
    expect(overview?.pausedBy).to.match(/^\S+@\S+$/);
    expect(await overviewOf('known-only')).to.include({ paused: false, pausedAt: null, pausedBy: null });
  });

  it('run --all leaves a paused sync out and says so; run with its name runs it and says so', async () => {
    await runInProcess(['pause', 'panel'], project);
    const all = await runInProcess(['run', '--all', '--json'], project);
    expect(parseJsonOutput<readonly { sync: string }[]>(all).map(({ sync }) => sync)).to.deep.equal(['known-only']);
    expect([all.code, panel.hub.people.size]).to.deep.equal([0, 0]);
    expect(all.stderr).to.match(/^Skipping panel: paused since /m);

    const one = await runInProcess(['run', 'panel', '--json'], project);
    expect([one.code, panel.hub.people.size]).to.deep.equal([0, 1]);
    expect(one.stderr).to.match(/^Running panel because you named it/m);
  });

  it('run --all with nothing but paused syncs runs nothing, and that is well', async () => {
    await runInProcess(['pause', 'panel'], project);
    await runInProcess(['pause', 'known-only'], project);
    const all = await runInProcess(['run', '--all', '--json'], project);
    expect([all.code, parseJsonOutput(all)]).to.deep.equal([0, []]);
  });

  it('resume ends a pause, and says when there was none', async () => {
    await runInProcess(['pause', 'panel', '--reason', 'x'], project);
    const ended = await runInProcess(['resume', 'panel', '--json'], project);
    expect(ended.code).to.equal(0);
    expect(parseJsonOutput(ended)).to.include({ sync: 'panel', paused: false, pauseReason: 'x' });
    expect((await overviewOf('panel'))?.paused).to.equal(false);
    expect(parseJsonOutput(await runInProcess(['resume', 'panel', '--json'], project))).to.include({ pausedAt: null });
  });

  it('an unknown sync is refused by both', async () => {
    for (const command of ['pause', 'resume']) {
      const result = await runInProcess([command, 'pannel'], project);
      expect([result.code, result.stderr]).to.deep.equal([2, result.stderr]);
      expect(result.stderr).to.contain('There is no sync "pannel"');
    }
  });
});
