import { expect } from 'chai';
import type { Fault } from '../../../../src/simulator/faults/faults.ts';
import { hashedCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel } from '../../../helpers/panel/panel.ts';

const people = ['ada', 'bob', 'eve'].map((name) => ({ email: `${name}@example.test`, first_name: name }));
const sync = { mode: 'insert' as const };

/** A fault that leaves the outcome open, and whether the Hub has stored the batch. */
const faults: readonly (readonly [string, Fault, boolean])[] = [
  ['503 after storing', { kind: 'status', status: 503, when: 'after' }, true],
  ['500 before storing', { kind: 'status', status: 500 }, false],
  ['408 before storing', { kind: 'status', status: 408 }, false],
  ['a time-out after storing', { kind: 'slow', delayMs: 60_000, when: 'after' }, true],
  ['a time-out before storing', { kind: 'slow', delayMs: 60_000 }, false],
  ['a cut after storing', { kind: 'cut', when: 'after' }, true],
  ['a cut in the answer', { kind: 'cut', when: 'in_answer' }, true],
  ['a cut before storing', { kind: 'cut' }, false],
];

/** With one attempt and one sender the first doubt ends the run; with more, the run goes on. */
const singleAttempt: RunOptions['destination'] = { maxAttempts: 1, concurrency: 1, timeoutMs: 1500 };
const severalAttempts: RunOptions['destination'] = { maxAttempts: 3, concurrency: 1, timeoutMs: 1500 };

describe('insert mode, when nobody knows whether a batch was stored,', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel({ characteristics: [{ name: 'Plan', slug: 'plan', type: 'text' }] });
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople(people);
  });
  after(() => panel.close());

  async function states(): Promise<readonly string[]> {
    const rows = await panel.sql<{ state: string }>('select state from panelsync.batches order by run_id, number');
    return rows.map(({ state }) => state);
  }

  /** How often each of the three was sent to somewhere where it was stored. */
  function storedTimes(): readonly (number | undefined)[] {
    return people.map(({ email }) => panel.hub.counters.applied.get(email));
  }

  async function expectSnapshotMatchesHub(): Promise<void> {
    expect(panel.people()).to.deep.equal(Object.fromEntries(people.map((person) => [person.email, person])));
    expect(await panel.snapshot()).to.deep.equal(panel.people());
  }

  it('repeats no batch when only hashes of payloads are kept, either', async () => {
    panel.hub.setFaults({ kind: 'status', status: 503, when: 'after' });
    const report = await panel.run({ sync, destination: severalAttempts, codec: hashedCodec });
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['succeeded', { read: 3, inserted: 3 }]);
    expect(storedTimes()).to.deep.equal([1, 1, 1]);
    expect(report.requests).to.include({ sent: 1, retried: 0 });
  });

  for (const [what, fault, stored] of faults) {
    it(`looks in the same run, after ${what}, and sends only who is not there`, async () => {
      panel.hub.setFaults(fault);
      const report = await panel.run({ sync, destination: severalAttempts });
      expect([report.status, nonZeroRows(report), report.notes]).to.deep.equal([
        'succeeded',
        { read: 3, inserted: 3 },
        [],
      ]);
      expect(storedTimes()).to.deep.equal([1, 1, 1]);
      expect(await states()).to.deep.equal(stored ? ['accepted'] : ['not_sent', 'accepted']);
      expect(report.requests.sent, 'the reading does not count').to.equal(stored ? 1 : 2);
      await expectSnapshotMatchesHub();
    });

    it(`looks in the next run, after ${what} that ended the first, and sends only who is not there`, async () => {
      panel.hub.setFaults(fault);
      const failed = await panel.run({ sync, destination: singleAttempt });
      expect([failed.status, nonZeroRows(failed)]).to.deep.equal(['failed', { read: 3, unsent: 3 }]);
      const next = await panel.run({ sync });
      const expected = stored ? { read: 3, unchanged: 3 } : { read: 3, inserted: 3 };
      expect([next.status, nonZeroRows(next)]).to.deep.equal(['succeeded', expected]);
      const old = await (await panel.records()).run(failed.runId);
      expect(old?.rows).to.include(stored ? { inserted: 3, unsent: 0 } : { inserted: 0, unsent: 3 });
      expect(storedTimes()).to.deep.equal([1, 1, 1]);
      await expectSnapshotMatchesHub();
    });
  }

  it('takes 429 and a refused connection for what they are: nothing was stored, and the batch goes again at once', async () => {
    panel.hub.setFaults({ kind: 'limit', retryAfter: 'none', times: 2 });
    const report = await panel.run({ sync, destination: severalAttempts });
    expect([report.requests, await states()]).to.deep.equal([
      { sent: 3, retried: 2, rateLimited: 2, split: 0 },
      ['accepted'],
    ]);
    const gets = panel.hub.requests.filter(({ path }) => path === '/api/participants');
    expect(gets, 'nothing was looked up').to.deep.equal([]);
  });

  it('goes on with the other batches, and looks all of them up in one reading', async () => {
    panel.hub.setFaults({ kind: 'cut', when: 'after' }, { kind: 'cut', after: 1 });
    const report = await panel.run({ sync, destination: { ...severalAttempts, batchSize: 1 } });
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['succeeded', { read: 3, inserted: 3 }]);
    const gets = panel.hub.requests.filter(({ path }) => path === '/api/participants');
    expect([gets.length, storedTimes()]).to.deep.equal([1, [1, 1, 1]]);
    expect(await states()).to.deep.equal(['accepted', 'not_sent', 'accepted', 'accepted']);
  });

  it('stops when the Hub does not answer any more, instead of trying every batch', async () => {
    panel.hub.setFaults({ kind: 'status', status: 503, times: 1000 });
    const report = await panel.run({ sync, destination: { ...severalAttempts, batchSize: 1, maxAttempts: 2 } });
    expect([report.status, report.error?.code, nonZeroRows(report)]).to.deep.equal([
      'failed',
      'hub_unavailable',
      { read: 3, unsent: 3 },
    ]);
    expect(panel.newRequests()).to.equal(2);
  });

  it('never overwrites somebody who was there already: skipped then, and in later runs', async () => {
    panel.hub.add({ email: 'BOB@example.test', first_name: 'Robert', city: 'Rome' });
    panel.hub.setFaults({ kind: 'cut' });
    const report = await panel.run({ sync, destination: severalAttempts });
    expect([report.status, nonZeroRows(report), report.skips.already_in_snapshot]).to.deep.equal([
      'succeeded',
      { read: 3, inserted: 2, skipped: 1 },
      1,
    ]);
    expect(await states()).to.deep.equal(['found', 'not_sent', 'accepted']);
    expect(panel.people()['bob@example.test']).to.include({ first_name: 'Robert', city: 'Rome' });
    expect((await panel.snapshot())['bob@example.test']).to.deep.equal({
      email: 'BOB@example.test',
      first_name: 'Robert',
      city: 'Rome',
    });
    const skips = await (await panel.records()).skips(report.runId, { duplicates: false, limit: null });
    expect(skips.map(({ key, reason }) => [key, reason])).to.deep.equal([['bob@example.test', 'already_in_snapshot']]);
    panel.newRequests();
    const next = await panel.run({ sync });
    expect([nonZeroRows(next), next.skips.already_in_snapshot, panel.newRequests()]).to.deep.equal([
      { read: 3, unchanged: 2, skipped: 1 },
      1,
      0,
    ]);
  });

  it('counts them as skipped in the run that sent them when only a later run finds out', async () => {
    panel.hub.add({ email: 'bob@example.test', first_name: 'Robert' });
    panel.hub.setFaults({ kind: 'cut' });
    const failed = await panel.run({ sync, destination: singleAttempt });
    const next = await panel.run({ sync });
    expect(nonZeroRows(next)).to.deep.equal({ read: 3, inserted: 2, skipped: 1 });
    const records = await panel.records();
    const old = await records.run(failed.runId);
    expect([old?.rows.unsent, old?.rows.skipped, old?.skips.already_in_snapshot]).to.deep.equal([2, 1, 1]);
    for (const { runId } of [failed, next]) {
      const skips = await records.skips(runId, { duplicates: false, limit: null });
      expect(skips.map(({ key }) => key)).to.deep.equal(['bob@example.test']);
    }
  });

  it('knows a person by all that was sent, in whatever form the Hub keeps it', async () => {
    panel.hub.setOptions({ characteristics: null });
    const mapping = {
      fields: { email: 'email', first_name: 'first_name', phone_number: 'phone' },
      characteristics: { plan: { column: 'plan', type: 'number' as const } },
    };
    await panel.setPeople([{ email: 'Ada@Example.test', first_name: ' Ada ', phone: '+1 202 555 0123', plan: '42' }]);
    panel.hub.setFaults({ kind: 'cut', when: 'after' });
    await panel.run({ sync: { ...sync, mapping }, destination: singleAttempt });
    panel.hub.edit('ada@example.test', { phone_number: '(202) 555-0123', characteristics: { plan: '42' } });
    const phone = { defaultCountry: 'US', invalid: 'keep' as const };
    const next = await panel.run({ sync: { ...sync, mapping, phone } });
    expect(next.rows).to.include({ read: 1, inserted: 0, skipped: 0 });
    expect(await states()).to.deep.equal(['accepted']);
  });
});
