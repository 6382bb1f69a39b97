import { expect } from 'chai';
import type { OutboxRow } from '../../../../src/core/ports/run/ledger.ts';
import type { PlannedChange } from '../../../../src/core/ports/run/plan-store.ts';
import type { RunSession } from '../../../../src/core/ports/run/run-session.ts';
import { canonicalText } from '../../../../src/core/model/participant.ts';
import { rowHash, textHash } from '../../../../src/core/model/hash.ts';
import type { Mode, RunReport } from '../../../../src/core/model/terms.ts';
import type { Fault } from '../../../../src/simulator/faults/faults.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';
import { countsWith } from '../../../helpers/fixtures/plan-counts.ts';
import { newShutdownSignals, sendOptions } from '../../../helpers/hub/scripted-hub.ts';

const people = ['ada', 'bob', 'eve'].map((name) => ({ email: `${name}@example.test`, first_name: name }));

function change({ email, first_name }: (typeof people)[number]): PlannedChange {
  const payload = canonicalText({ fields: { email, first_name }, characteristics: {} });
  const hash = Buffer.from(rowHash('', email), 'latin1').toString('hex');
  return {
    key: email,
    operation: 'insert',
    rowHash: hash,
    payloadHash: textHash(payload),
    payload,
    previouslyRejected: false,
  };
}

describe('a batch with an unknown outcome', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
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

  async function expectSnapshotMatchesHub(): Promise<void> {
    const expected = Object.fromEntries(people.map((person) => [person.email, person]));
    expect(panel.people()).to.deep.equal(expected);
    expect(await panel.snapshot()).to.deep.equal(expected);
  }

  const faults: readonly (readonly [string, Fault, string])[] = [
    ['whose connection was cut after it was applied', { kind: 'cut', when: 'after' }, 'hub_connection_lost'],
    ['whose connection was cut in the middle of the answer', { kind: 'cut', when: 'in_answer' }, 'hub_connection_lost'],
    ['whose connection was cut before it was applied', { kind: 'cut' }, 'hub_connection_lost'],
    ['answered 503 after it was applied', { kind: 'status', status: 503, when: 'after' }, 'hub_unavailable'],
    ['answered 500 before it was applied', { kind: 'status', status: 500 }, 'hub_unavailable'],
    ['answered too late', { kind: 'slow', delayMs: 60_000, when: 'after' }, 'hub_timeout'],
  ];
  for (const [what, fault, code] of faults) {
    it(`${what} fails the run and goes again, with the same body, in the next one`, async () => {
      panel.hub.setFaults(fault);
      const failed = await panel.run({
        destination: { maxAttempts: 1, timeoutMs: fault.kind === 'slow' ? 1500 : 30_000 },
      });
      expect([failed.status, failed.error?.code, nonZeroRows(failed)]).to.deep.equal([
        'failed',
        code,
        { read: 3, unsent: 3 },
      ]);
      expect([await states(), await panel.snapshot()]).to.deep.equal([['unknown'], {}]);

      const next = await panel.run();
      expect([next.status, nonZeroRows(next), next.requests.sent]).to.deep.equal([
        'succeeded',
        { read: 3, unchanged: 3 },
        0,
      ]);
      expect(await states()).to.deep.equal(['resent', 'accepted']);
      const old = await (await panel.records()).run(failed.runId);
      expect(old?.rows).to.deep.include({ read: 3, inserted: 3, unsent: 0 });
      expect(old?.requests.sent).to.equal(2);
      await expectSnapshotMatchesHub();
    });
  }

  it('is repaired within the run while there are attempts left', async () => {
    panel.hub.setFaults({ kind: 'cut', when: 'after' }, { kind: 'status', status: 502, when: 'after', after: 1 });
    const report = await panel.run();
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['succeeded', { read: 3, inserted: 3 }]);
    expect(report.requests).to.deep.equal({ sent: 3, retried: 2, rateLimited: 0, split: 0 });
    expect(await states()).to.deep.equal(['accepted']);
    await expectSnapshotMatchesHub();
  });

  it('that fails again stays unknown, and no newer batch overtakes it', async () => {
    panel.hub.setFaults({ kind: 'cut', when: 'after', times: 2 });
    await panel.run({ destination: { maxAttempts: 1 } });
    await panel.setPeople([{ ...people[0], first_name: 'Newer' }, ...people.slice(1)]);
    const second = await panel.run({ destination: { maxAttempts: 1 } });
    expect([second.status, nonZeroRows(second), await states()]).to.deep.equal(['failed', {}, ['resent', 'unknown']]);
    const third = await panel.run();
    expect(nonZeroRows(third)).to.deep.equal({ read: 3, unchanged: 2, updated: 1 });
    expect(panel.people()['ada@example.test']).to.include({ first_name: 'Newer' });
    expect(await panel.snapshot()).to.deep.equal(panel.people());
    expect(await states()).to.deep.equal(['resent', 'resent', 'accepted', 'accepted']);
  });

  it('stays unknown while the Hub turns it away for other reasons, also when its people have left the model', async () => {
    panel.hub.setFaults({ kind: 'cut', when: 'after' });
    await panel.run({ destination: { maxAttempts: 1 } });
    panel.hub.setFaults({ kind: 'status', status: 401 });
    const second = await panel.run();
    expect([second.error?.code, await states()]).to.deep.equal(['hub_unauthorized', ['resent', 'unknown']]);
    await panel.setPeople([]);
    const third = await panel.run();
    expect([third.status, nonZeroRows(third)]).to.deep.equal(['succeeded', { removed: 3 }]);
    expect(await states()).to.deep.equal(['resent', 'resent', 'accepted']);
    await expectSnapshotMatchesHub();
  });

  it('that the Hub refuses the second time is taken apart as any other', async () => {
    panel.hub.setFaults({ kind: 'cut' });
    const failed = await panel.run({ destination: { maxAttempts: 1 } });
    panel.hub.setOptions({ rejectedEmails: ['bob@example.test'], pointerFormat: 'none' });
    const next = await panel.run();
    expect([next.status, nonZeroRows(next)]).to.deep.equal(['succeeded', { read: 3, unchanged: 2, skipped: 1 }]);
    const old = await (await panel.records()).run(failed.runId);
    expect(old?.rows).to.deep.include({ read: 3, inserted: 2, rejected: 1, unsent: 0 });
    expect(Object.keys(await panel.snapshot())).to.have.members(['ada@example.test', 'eve@example.test']);
  });

  /** A run as if the disk were full whenever something is to be settled. */
  async function runWithoutSettling(): Promise<RunReport> {
    await panel.sql(
      `create function panelsync.fail() returns trigger language plpgsql as $$ begin raise 'no' using errcode = '53100'; end $$`,
    );
    await panel.sql(
      'create trigger fail before insert on panelsync.snapshot for each statement execute function panelsync.fail()',
    );
    const report = await panel.run();
    await panel.sql('drop function panelsync.fail() cascade');
    return report;
  }

  it('whose second answer could not be recorded is resolved all the same, and the Hub follows the model back', async () => {
    await panel.run();
    await panel.setPeople(people.map((person) => ({ ...person, first_name: 'Other' })));
    panel.hub.setFaults({ kind: 'cut', when: 'after' });
    await panel.run({ destination: { maxAttempts: 1 } });
    const failed = await runWithoutSettling();
    expect([failed.error?.code, await states()]).to.deep.equal(['state_full', ['accepted', 'resent', 'unknown']]);
    await panel.setPeople(people);
    expect((await panel.run()).status).to.equal('succeeded');
    await expectSnapshotMatchesHub();
  });

  it('whose answer could not be recorded is unknown as well, and is resolved by the next run', async () => {
    const failed = await runWithoutSettling();
    expect([failed.status, failed.error?.code, nonZeroRows(failed)]).to.deep.equal([
      'failed',
      'state_full',
      { read: 3, unsent: 3 },
    ]);
    expect(await states()).to.deep.equal(['unknown']);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, unchanged: 3 });
    expect(await states()).to.deep.equal(['resent', 'accepted']);
    await expectSnapshotMatchesHub();
  });

  /** What a process leaves that dies with a batch in flight: a running run, its plan, and one batch on record. */
  async function crashInFlight(mode: Mode, session: RunSession): Promise<readonly OutboxRow[]> {
    const { fingerprint } = panel.destination();
    const { runs, plans } = session.stores;
    const runId = await runs.begin({ trigger: 'manual', destination: fingerprint, full: false });
    const stage = await plans.stage();
    await stage.finish();
    await plans.difference({ staged: 0, updateOnly: mode === 'update', duplicates: 'first', full: false });
    const plan = await plans.open(runId);
    await plan.add({
      changes: people.map(change),
      skips: [],
      invalid: [],
      refreshed: [],
      forgotten: 0,
      identities: [],
    });
    await plan.commit(countsWith({ read: 3, inserts: 3 }));
    const ledger = session.stores.ledger(runId);
    const rows = await ledger.outbox(0, 2);
    await ledger.record({ number: 1, parent: null, rows });
    await session.close();
    return rows;
  }

  for (const mode of ['upsert', 'insert'] as const) {
    for (const applied of [true, false]) {
      it(`of a process that is gone is resolved in ${mode} mode (${applied ? '' : 'not '}applied by the Hub)`, async () => {
        const rows = await crashInFlight(mode, await panel.session({ mode }));
        const payloads = rows.map(({ payload }) => payload);
        if (applied) await panel.destination().send(payloads, sendOptions());
        const report = await panel.run({ sync: { ...defaultSync, mode } });
        // Insert mode looks them up first: who is not there is planned anew, by this run.
        const resolved = mode === 'upsert' || applied ? 2 : 0;
        const expected = resolved === 2 ? { read: 3, unchanged: 2, inserted: 1 } : { read: 3, inserted: 3 };
        expect([report.status, nonZeroRows(report)]).to.deep.equal(['succeeded', expected]);
        const [, old] = await (await panel.records()).runs('panel', 10);
        expect([old?.status, old?.error?.code, old?.rows.inserted, old?.rows.unsent]).to.deep.equal([
          'failed',
          'interrupted',
          resolved,
          3 - resolved,
        ]);
        await expectSnapshotMatchesHub();
        const once = panel.hub.counters.applied.get('eve@example.test');
        const lookedUpStates = [applied ? 'accepted' : 'not_sent', 'accepted'];
        expect([once, await states()]).to.deep.equal([
          1,
          mode === 'insert' ? lookedUpStates : ['resent', 'accepted', 'accepted'],
        ]);
      });
    }
  }

  it('stays for later when a stop comes before it is resolved', async () => {
    panel.hub.setFaults({ kind: 'cut', when: 'after' });
    await panel.run({ destination: { maxAttempts: 1 } });
    const stop = newShutdownSignals();
    stop.drainer.abort();
    const canceled = await panel.run({ stop });
    expect([canceled.status, nonZeroRows(canceled), await states()]).to.deep.equal(['canceled', {}, ['unknown']]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, unchanged: 3 });
    await expectSnapshotMatchesHub();
  });
});
