import { expect } from 'chai';
import type { SyncSettings } from '../../../src/core/settings.ts';
import { crashPoints } from '../../helpers/crash/crash-points.ts';
import { runUntilKilled } from '../../helpers/crash/run-until-killed.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel, WarehouseRow } from '../../helpers/panel/panel.ts';

const removed: SyncSettings['removed'] = {
  action: 'mark',
  set: { fields: {}, characteristics: { in_panel: false } },
  restore: { fields: {}, characteristics: { in_panel: true } },
};

const person = (name: string): WarehouseRow => ({ email: `${name}@example.test`, city: 'Rome' });
const staying = ['ada', 'bob'].map(person);
const leaving = ['p1', 'p2', 'p3', 'p4', 'p5'].map(person);
const returning = ['q1', 'q2', 'q3'].map(person);

/** Marks and restores of the run that dies, in batches of two: one batch was settled before it, others are to come. */
const batchSize = 2;
const removals = leaving.length + returning.length;

describe('a run that is killed while it marks people', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  after(() => panel.close());

  for (const point of crashPoints.filter((one) => !one.includes('stage'))) {
    it(`${point} leaves nobody unmarked, and marks nobody twice but who was in flight`, async () => {
      await panel.reset();
      await panel.setPeople([...staying, ...leaving, ...returning]);
      await panel.run({ sync: { removed } });
      await panel.setPeople([...staying, ...leaving]);
      expect((await panel.run({ sync: { removed } })).removals.marked).to.equal(returning.length);
      await panel.setPeople([...staying, ...returning]);
      const appliedBefore = totalApplied();
      await runUntilKilled(panel, { point, batchSize, sync: { removed } });

      const repaired = await panel.run({ sync: { removed }, destination: { batchSize } });
      expect([repaired.status, repaired.removals.unsent, repaired.removals.rejected]).to.deep.equal([
        'succeeded',
        0,
        0,
      ]);
      const inHub = Object.values(panel.people()).map(({ email, in_panel: value }) => [email, value]);
      expect(Object.fromEntries(inHub)).to.deep.equal({
        ...Object.fromEntries(staying.map(({ email }) => [email, undefined])),
        ...Object.fromEntries(leaving.map(({ email }) => [email, false])),
        ...Object.fromEntries(returning.map(({ email }) => [email, true])),
      });
      expect(totalApplied() - appliedBefore - removals, 'people sent twice').to.be.oneOf([0, batchSize]);
      await expectSums();

      panel.newRequests();
      const quiet = await panel.run({ sync: { removed } });
      expect([panel.newRequests(), quiet.rows.unchanged]).to.deep.equal([0, staying.length + returning.length]);
    });
  }

  function totalApplied(): number {
    return [...panel.hub.counters.applied.values()].reduce((sum, times) => sum + times, 0);
  }

  /** What the runs say they sent is what was settled. */
  async function expectSums(): Promise<void> {
    const runs = await (await panel.records()).runs('panel', 10);
    const settled = runs.reduce((sum, run) => sum + run.removals.marked + run.removals.restored, 0);
    expect(settled).to.equal(returning.length + removals);
    const [marks] = await panel.sql<{ people: number }>('select count(*)::int as people from panelsync.marks');
    expect(marks?.people).to.equal(leaving.length);
  }
});
