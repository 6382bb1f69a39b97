import { expect } from 'chai';
import { resolveByHand } from '../../../../src/sync/recover/resolve-by-hand.ts';
import type { ManualResolutionResult, ManualResolution } from '../../../../src/sync/recover/resolve-by-hand.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel } from '../../../helpers/panel/panel.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

const people = ['ada', 'bob', 'eve'].map((name) => ({ email: `${name}@example.test`, first_name: name }));
const insert = { mode: 'insert' as const };
const tries = { maxAttempts: 2, concurrency: 1, batchSize: 2 };

describe('people of a batch that can neither be settled nor looked up', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel({
      allowMissingEmail: true,
      characteristics: [{ name: 'Plan', slug: 'plan', type: 'text' }],
    });
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople(people);
    panel.hub.setOptions({ unavailableLists: { participants: 404 } });
  });
  after(() => panel.close());

  /** A run whose first batch, of ada and bob, is in doubt. */
  async function runWithUnknownOutcome(when: 'before' | 'after', sync: RunOptions['sync'] = insert): Promise<string> {
    panel.hub.setFaults({ kind: 'cut', when });
    const report = await panel.run({ sync, destination: tries });
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['partial', { read: 3, inserted: 1, unsent: 2 }]);
    expect(report.notes).to.have.length(1);
    expect(report.notes[0]).to.contain('2 people in 1 batch').and.to.contain('answered 404');
    return report.runId;
  }

  async function unresolvedBatches(): Promise<object> {
    return (await (await panel.records()).status('panel')).unresolved;
  }

  function resolve(verdict: ManualResolution): Promise<ManualResolutionResult> {
    return resolveByHand({ ...defaultSync, ...insert }, verdict, panel.state());
  }

  for (const status of [403, 404, 405]) {
    it(`are withheld while the Hub answers ${status}, and everybody else goes on`, async () => {
      panel.hub.setOptions({ unavailableLists: { participants: status } });
      panel.hub.setFaults({ kind: 'cut', when: 'after' });
      const first = await panel.run({ sync: insert, destination: tries });
      expect(await unresolvedBatches()).to.deep.equal({ batches: 1, people: 2, runs: [first.runId] });
      await panel.setPeople([...people, { email: 'new@example.test', first_name: 'New' }]);
      const next = await panel.run({ sync: insert, destination: tries });
      expect([next.status, nonZeroRows(next), next.skips.outcome_unknown]).to.deep.equal([
        'succeeded',
        { read: 4, unchanged: 1, inserted: 1, skipped: 2 },
        2,
      ]);
      expect(next.notes.join()).to.contain('2 people in 1 batch');
      expect(panel.hub.counters.applied.get('ada@example.test')).to.equal(1);
    });
  }

  it('are looked up by the next run that can', async () => {
    await runWithUnknownOutcome('after');
    panel.hub.setOptions({ unavailableLists: {} });
    const next = await panel.run({ sync: insert });
    expect([nonZeroRows(next), next.notes, await unresolvedBatches()]).to.deep.equal([
      { read: 3, unchanged: 3 },
      [],
      { batches: 0, people: 0, runs: [] },
    ]);
  });

  it('are withheld as well while the list answers nothing but faults', async () => {
    panel.hub.setOptions({ unavailableLists: {} });
    panel.hub.setFaults({ kind: 'cut' }, { kind: 'status', status: 503, on: 'get', times: 100 });
    const report = await panel.run({ sync: insert, destination: tries });
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['partial', { read: 3, inserted: 1, unsent: 2 }]);
    panel.hub.setFaults();
    expect(nonZeroRows(await panel.run({ sync: insert }))).to.deep.equal({ read: 3, unchanged: 1, inserted: 2 });
  });

  it('count as accepted when somebody says that they were sent', async () => {
    const runId = await runWithUnknownOutcome('after');
    expect(await resolve({ runId, batch: null, outcome: 'sent' })).to.deep.equal({ batches: [1], people: 2 });
    const old = await (await panel.records()).run(runId);
    expect(old?.rows).to.include({ inserted: 3, unsent: 0 });
    expect(nonZeroRows(await panel.run({ sync: insert }))).to.deep.equal({ read: 3, unchanged: 3 });
    expect(panel.hub.counters.repeated).to.equal(0);
  });

  it('go again when somebody says that they were not', async () => {
    const runId = await runWithUnknownOutcome('before');
    expect(await resolve({ runId, batch: 1, outcome: 'unsent' })).to.deep.equal({ batches: [1], people: 2 });
    expect(await unresolvedBatches()).to.include({ people: 0 });
    const next = await panel.run({ sync: insert });
    expect([nonZeroRows(next), next.notes]).to.deep.equal([{ read: 3, unchanged: 1, inserted: 2 }, []]);
    expect([...panel.hub.counters.applied.values()]).to.deep.equal([1, 1, 1]);
  });

  it('are not meant by the number of another batch or run', async () => {
    const runId = await runWithUnknownOutcome('after');
    for (const verdict of [
      { runId, batch: 2 },
      { runId: '999', batch: null },
    ]) {
      expect(await resolve({ ...verdict, outcome: 'sent' })).to.deep.equal({ batches: [], people: 0 });
    }
    expect(await unresolvedBatches()).to.include({ people: 2 });
  });

  it('cannot be settled while a run is under way', async () => {
    const runId = await runWithUnknownOutcome('after');
    const session = await panel.session();
    const busyError = await thrownError(resolve({ runId, batch: null, outcome: 'sent' }));
    await session.close();
    expect(busyError).to.have.property('recovery', 'busy');
  });

  it('go again with the same body once the sync is in upsert mode', async () => {
    const runId = await runWithUnknownOutcome('after');
    await panel.sql("update panelsync.runs set mode = 'upsert' where id = $1", [runId]);
    const next = await panel.run();
    expect([next.status, nonZeroRows(next), await unresolvedBatches()]).to.deep.equal([
      'succeeded',
      { read: 3, unchanged: 3 },
      { batches: 0, people: 0, runs: [] },
    ]);
  });

  it('without an e-mail can only be settled by hand; the others of their batch are looked up', async () => {
    const sync = { ...insert, key: 'note' };
    panel.hub.setOptions({ unavailableLists: {} });
    await panel.setPeople([
      { note: 'A', first_name: 'Ann' },
      { note: 'B', first_name: 'Bob', email: 'bob@example.test' },
    ]);
    panel.hub.setFaults({ kind: 'cut', when: 'after' });
    const report = await panel.run({ sync, destination: tries });
    expect([report.status, nonZeroRows(report), await unresolvedBatches()]).to.deep.equal([
      'partial',
      { read: 2, inserted: 1, unsent: 1 },
      { batches: 1, people: 1, runs: [report.runId] },
    ]);
    expect(Object.keys(await panel.snapshot())).to.deep.equal(['B']);
    await resolve({ runId: report.runId, batch: null, outcome: 'sent' });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 2, unchanged: 2 });
  });
});
