import { expect } from 'chai';
import type { PanelsyncError } from '../../../src/core/errors.ts';
import type { Approval } from '../../../src/sync/run-sync.ts';
import { testError } from '../../helpers/memory/hub.ts';
import { peopleIn, TestRun } from '../../helpers/memory/run.ts';

function approval(before: PanelsyncError | null, after: PanelsyncError | null): Approval {
  return { note: 'Approved.', precheck: async () => before, checkPlan: async () => after };
}

function scene(): TestRun {
  return new TestRun({ rows: peopleIn('Oslo', 'a', 'b') });
}

describe('a run of an approved plan', () => {
  it('sends it, and says so', async () => {
    const test = scene();
    const report = await test.run({ approval: approval(null, null) });
    expect([report.status, report.notes]).to.deep.equal(['succeeded', ['Approved.']]);
    expect(test.hub.stored).to.have.length(2);
    expect((await scene().run()).notes).to.deep.equal([]);
  });

  it('ends before anything else is done when it cannot hold', async () => {
    const test = scene();
    const report = await test.run({ approval: approval(testError('plan_open_batches', 'fatal'), null) });
    expect(report).to.deep.include({ status: 'stopped', notes: [] });
    expect(report.error).to.have.property('code', 'plan_open_batches');
    expect(test.state.calls).to.deep.equal(['lock panel', 'begin', 'finish 7', 'close']);
    expect(test.hub.batches).to.deep.equal([]);
  });

  it('sends nothing when it came out otherwise', async () => {
    const test = scene();
    const report = await test.run({ approval: approval(null, testError('plan_moved', 'fatal')) });
    expect(report).to.deep.include({ status: 'stopped', notes: [] });
    expect(report.error).to.have.property('code', 'plan_moved');
    expect(test.hub.batches).to.deep.equal([]);
  });

  it('plans as if the snapshot were empty without saying so of later runs', async () => {
    for (const [full, request] of [
      [true, {}],
      [false, { approval: approval(null, null) }],
    ] as const) {
      const test = scene();
      await test.run({ full: true, ...request });
      expect(test.state.startedRuns[0]).to.have.property('full', full);
      expect(test.state.differenceCalls[0]).to.have.property('full', true);
    }
    const usual = scene();
    await usual.run();
    expect(usual.state.startedRuns[0]).to.have.property('full', false);
  });
});
