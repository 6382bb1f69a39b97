import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { TestDaemons } from '../../helpers/daemon/daemon.ts';
import type { Daemon } from '../../helpers/daemon/daemon.ts';
import { expectBalancedCounts } from '../../helpers/panel/balanced-counts.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

describe('several daemons on one state database', () => {
  let panel: TestPanel;
  let project: Project;
  let daemons: TestDaemons;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    daemons = new TestDaemons(project);
    await daemons.configure();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople(Array.from({ length: 50 }, (_, at) => ({ email: `person${at}@example.test`, plan: 'pro' })));
  });
  afterEach(() => daemons.killAll());
  after(async () => {
    await project.remove();
    await panel.close();
  });

  async function runs(): Promise<readonly RunReport[]> {
    return (await panel.records()).runs(null, 1000);
  }

  function scheduledTimes(all: readonly Daemon[], message: string): readonly unknown[] {
    return all
      .flatMap((daemon) => daemon.log().filter((line) => line.message === message))
      .map(({ scheduledAt }) => scheduledAt);
  }

  it('start one run per scheduled time together, and none overlaps another', async () => {
    const all = await Promise.all([1, 2, 3].map(() => daemons.start({}, ['--log-level', 'debug'])));
    await waitUntil(async () => (await runs()).length >= 12);
    for (const daemon of all) daemon.signal('SIGTERM');
    expect((await Promise.all(all.map(({ ended }) => ended))).map(({ code }) => code)).to.deep.equal([0, 0, 0]);

    const started = scheduledTimes(all, 'scheduled run started');
    expect(new Set(started).size, 'a scheduled time has one run').to.equal(started.length);
    const reports = await runs();
    expect(reports).to.have.length(started.length);
    const oldestFirst = reports.toReversed();
    for (const [at, report] of oldestFirst.entries()) {
      expectBalancedCounts(report);
      expect(report.trigger).to.equal('schedule');
      expect(report.startedAt >= (oldestFirst[at - 1]?.finishedAt ?? ''), 'after the one before').to.equal(true);
    }
    expect([panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([50, 0]);
  });

  it('continue when one is killed during a run', async () => {
    panel.hub.setFaults({ kind: 'slow', delayMs: 600_000, when: 'after', times: 1 });
    const first = await daemons.start();
    await waitUntil(() => panel.hub.counters.batchesApplied === 1);
    const second = await daemons.start();
    first.signal('SIGKILL');
    await first.ended;
    await second.waitForLog('run finished');
    const old = (await runs()).at(-1);
    expect([old?.status, old?.error?.code]).to.deep.equal(['failed', 'interrupted']);
    await waitUntil(async () => (await runs()).some(({ rows }) => rows.unchanged === 50));
    expect(await panel.snapshot()).to.deep.equal(panel.people());
    expect(panel.hub.counters.repeated, 'what was in flight went again').to.equal(50);
  });

  it('skip scheduled runs while the sync is running, in any of them', async () => {
    panel.hub.setFaults({ kind: 'slow', delayMs: 600_000, when: 'after', times: 1 });
    const first = await daemons.start();
    const second = await daemons.start();
    await waitUntil(
      () => scheduledTimes([first, second], 'scheduled run skipped: the sync is already running').length >= 2,
    );
    expect(await runs()).to.have.length(1);
  });
});
