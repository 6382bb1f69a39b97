import { expect } from 'chai';
import { outboxRow } from '../../../helpers/memory/hub.ts';
import { peopleIn, TestRun } from '../../../helpers/memory/run.ts';

const guards = { minRows: 0, maxRemovedPercent: 0, maxInvalidPercent: 100 };

/** A run is stopped because one of two people has left the model; the other one would be sent. */
async function stopped(): Promise<TestRun> {
  const test = new TestRun({ rows: peopleIn('Oslo', 'a'), sync: { guards } });
  test.state.snapshot.set('z@example.test', '{}');
  const report = await test.run({ limit: 5 });
  expect(report.error?.code).to.equal('guard_max_removed');
  return test;
}

describe('approving the plan of a stopped run, in memory', () => {
  it('finds what the run has left: what the plan was made from, and how much it sends', async () => {
    const test = await stopped();
    const savedPlan = test.state.runEnds.at(-1)?.savedPlan;
    expect(savedPlan?.counts).to.include({ inserts: 1, updates: 0 });
    expect(savedPlan).to.deep.include({ limit: 5, full: false, payloads: 'full' });
    expect(savedPlan?.snapshot.people).to.equal(1);
  });

  it('sends it past the guards, once the approval is on record', async () => {
    const test = await stopped();
    test.state.onCall = (call) => call === 'approve' && expect(test.hub.batches).to.deep.equal([]);
    const { report, drift } = await test.approve();
    expect([report.status, drift]).to.deep.equal(['succeeded', null]);
    expect(test.state.approvals).to.deep.equal([{ runId: '6', by: 'tester', reason: null, sendingRunId: '7' }]);
    expect(test.state.startedRuns.at(-1)).to.deep.include({ approves: '6', full: false });
    expect(test.hub.stored).to.have.length(1);
  });

  it('saves the plan as it is now when it has drifted, and sends nothing', async () => {
    const test = await stopped();
    test.state.snapshot.set('y@example.test', '{}');
    const { report, drift } = await test.approve();
    expect([report.status, report.error?.code, drift?.counts]).to.deep.equal([
      'stopped',
      'plan_moved',
      ['1 removed then, 2 now'],
    ]);
    expect(test.state.runEnds.at(-1)?.savedPlan).to.have.property('limit', 5);
    expect([test.state.approvals, test.hub.batches]).to.deep.equal([[], []]);
  });

  it('stops before anything else while batches of earlier runs have an unknown outcome, and saves no plan', async () => {
    const test = await stopped();
    test.state.unknown = [{ runId: '5', number: 1, mode: 'upsert', rows: [outboxRow(1)], deleted: [] }];
    const { report } = await test.approve();
    expect(report.error?.code).to.equal('plan_open_batches');
    expect(test.state.runEnds.at(-1)).to.not.have.property('savedPlan');
  });
});
