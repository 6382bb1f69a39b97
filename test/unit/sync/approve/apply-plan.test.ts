import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { outboxRow } from '../../../helpers/memory/hub.ts';
import { peopleIn, TestRun } from '../../../helpers/memory/run.ts';

describe('applying a saved plan, in memory', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'panelsync-apply-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const scene = (): TestRun => new TestRun({ rows: peopleIn('Oslo', 'a', 'b') });

  it('sends it, and says so', async () => {
    const test = scene();
    const { report, drift } = await test.apply(await test.savePlan(join(folder, 'plan')));
    expect([report.status, report.notes.length, drift]).to.deep.equal(['succeeded', 1, null]);
    expect(test.hub.stored).to.have.length(2);
  });

  it('stops before anything else is done while batches of earlier runs have an unknown outcome', async () => {
    const test = scene();
    const savedPlan = await test.savePlan(join(folder, 'plan'));
    test.source.calls.splice(0);
    test.state.unknown = [{ runId: '5', number: 1, mode: 'upsert', rows: [outboxRow(1)], deleted: [] }];
    const { report } = await test.apply(savedPlan);
    expect(report).to.deep.include({ status: 'stopped', notes: [] });
    expect(report.error).to.have.property('code', 'plan_open_batches');
    expect([test.source.calls, test.hub.batches]).to.deep.equal([[], []]);
  });

  it('sends nothing when the snapshot has moved', async () => {
    const test = scene();
    const savedPlan = await test.savePlan(join(folder, 'plan'));
    test.state.snapshot.set('z@example.test', '{}');
    const { report, drift } = await test.apply(savedPlan);
    expect(report).to.deep.include({ status: 'stopped', notes: [] });
    expect([report.error?.code, drift?.snapshot === null]).to.deep.equal(['plan_moved', false]);
    expect(test.hub.batches).to.deep.equal([]);
  });

  it('plans as if the snapshot were empty without saying so of later runs', async () => {
    const test = scene();
    await test.apply(await test.savePlan(join(folder, 'plan'), true));
    expect(test.state.startedRuns.at(-1)).to.have.property('full', false);
    expect(test.state.differenceCalls.at(-1)).to.have.property('full', true);
    await test.run({ full: true });
    expect(test.state.startedRuns.at(-1)).to.have.property('full', true);
  });
});
