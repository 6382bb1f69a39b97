import { expect } from 'chai';
import { noWork } from '../../../../src/core/model/terms.ts';
import type { RunReport } from '../../../../src/core/model/terms.ts';
import { errorCodeOf } from '../../../helpers/thrown-error.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';
import { newShutdownSignals } from '../../../helpers/hub/scripted-hub.ts';
import { waitUntil } from '../../../helpers/wait-until.ts';

describe('one run at a time', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.sql("insert into people (email) select 'p' || n || '@example.test' from generate_series(1, 300) n");
  });
  after(() => panel.close());

  /** One batch after the other, so that it is clear which one is in flight. */
  const destination = { concurrency: 1 };

  /** Ends the connection that holds the lock, as a network does that forgets it. */
  async function terminateHolder(): Promise<void> {
    await waitUntil(async () => {
      const rows = await panel.sql<{ done: boolean }>(
        `select pg_terminate_backend(pid) as done from pg_locks
         where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())`,
      );
      return rows.some(({ done }) => done);
    });
  }

  it('a second run of the same sync is turned away while the first holds the lock', async () => {
    const first = await panel.session();
    try {
      expect(await errorCodeOf(panel.run())).to.equal('already_running');
      expect(nonZeroRows(await panel.run({ sync: { name: 'other' } }))).to.include({ inserted: 300 });
      expect((await panel.plan()).report.rows.inserted).to.equal(300);
    } finally {
      await first.close();
    }
    expect(nonZeroRows(await panel.run())).to.include({ inserted: 300 });
  });

  it('of two runs that start together one runs and one is turned away, and everybody arrives once', async () => {
    const outcomes = await Promise.allSettled([panel.run(), panel.run(), panel.run()]);
    const ran = outcomes.filter((end): end is PromiseFulfilledResult<RunReport> => end.status === 'fulfilled');
    const read = ran.reduce((sum, { value }) => sum + value.rows.inserted, 0);
    expect([read, panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([300, 300, 0]);
    const turnedAway = outcomes.filter((end) => end.status === 'rejected');
    for (const { reason } of turnedAway) expect(reason).to.include({ code: 'already_running', recovery: 'busy' });
  });

  it('a run that loses the connection with its lock stops and says so; the next one repairs', async () => {
    panel.hub.setFaults({ kind: 'slow', delayMs: 400, when: 'after', after: 1 });
    const failedRun = errorCodeOf(panel.run({ destination }));
    await waitUntil(() => panel.hub.counters.batchesApplied === 2);
    await terminateHolder();
    expect(await failedRun).to.equal('state_lost');
    const [left] = await (await panel.records()).runs('panel', 1);
    expect([left?.status, panel.hub.counters.batchesApplied]).to.deep.equal(['running', 2]);

    const next = await panel.run();
    expect([next.status, next.rows.read, next.rows.unsent]).to.deep.equal(['succeeded', 300, 0]);
    const [, old] = await (await panel.records()).runs('panel', 2);
    expect([old?.status, old?.error?.code, old?.rows.inserted]).to.deep.equal(['failed', 'interrupted', 200]);
    expect(await panel.snapshot()).to.deep.equal(panel.people());
    expect([panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([300, 100]);
  });

  it('a session that was taken over can neither record nor settle any more', async () => {
    const { fingerprint } = panel.destination();
    await panel.run({ limit: 5 });
    const first = await panel.session();
    const runId = await first.stores.runs.begin({ trigger: 'manual', destination: fingerprint, full: false });
    const ledger = first.stores.ledger(runId);
    const rows = [
      {
        seq: 1,
        key: 'p1@example.test',
        payload: '{"fields":{},"characteristics":{}}',
        previouslyRejected: false,
        isRemoval: false,
      },
    ];
    await ledger.record({ number: 1, parent: null, rows });
    await terminateHolder();
    const second = await panel.session();
    try {
      const settlement = {
        state: 'accepted',
        rejected: [],
        requests: { sent: 1, retried: 0, rateLimited: 0 },
        split: false,
        status: 200,
        requestId: null,
        durationMs: 1,
        message: null,
      } as const;
      expect(await errorCodeOf(ledger.settle({ number: 1, parent: null, rows }, settlement))).to.equal('lock_lost');
      const error = { code: 'x', message: 'x', field: null };
      const refusing = { ...settlement, state: 'refused', rejected: rows.map((row) => ({ row, error })) } as const;
      expect(await errorCodeOf(ledger.settle({ number: 1, parent: null, rows }, refusing))).to.equal('lock_lost');
      expect(await errorCodeOf(ledger.record({ number: 2, parent: 1, rows }))).to.equal('lock_lost');
      expect(first.lost.aborted).to.equal(true);

      // What the second session resends is in flight in the name of the first run, and stays so when that one ends late.
      const sender = await second.stores.runs.begin({ trigger: 'manual', destination: fingerprint, full: false });
      await second.stores.ledger(runId).record({ number: 2, parent: 1, rows });
      const end = { status: 'complete', error: null, notes: [], work: noWork, freshness: null } as const;
      expect(await errorCodeOf(first.stores.runs.finish(runId, end))).to.equal('lock_lost');
      const late = await (await panel.records()).run(runId);
      expect([late?.status, late?.error?.code]).to.deep.equal(['failed', 'interrupted']);
      const states = await panel.sql('select state from panelsync.batches where run_id = $1 order by number', [runId]);
      expect(states).to.deep.equal([{ state: 'resent' }, { state: 'in_flight' }]);
      await second.stores.runs.finish(sender, {
        status: 'failed',
        error: null,
        notes: [],
        work: noWork,
        freshness: null,
      });
      expect(await (await panel.records()).rejections('panel', null)).to.deep.equal([]);
      expect(Object.keys(await panel.snapshot())).to.have.length(5);
    } finally {
      await second.close();
    }
  });

  it('a batch that is recorded while the sync is taken over is turned away or resolved, never forgotten', async () => {
    for (let round = 0; round < 15; round += 1) {
      const first = await panel.session();
      const runId = await first.stores.runs.begin({ trigger: 'manual', destination: 'd', full: false });
      const ledger = first.stores.ledger(runId);
      const records = async (): Promise<void> => {
        for (let number = 1; ; number += 1) await ledger.record({ number, parent: null, rows: [] });
      };
      const fenced = errorCodeOf(records());
      await terminateHolder();
      await waitUntil(() => first.lost.aborted);
      await (await panel.session()).close();
      expect(await fenced).to.equal('lock_lost');
    }
    expect(await panel.sql("select from panelsync.batches where state = 'in_flight'")).to.deep.equal([]);
  });

  it('a stop finishes the batch in flight, settles it, and leaves the others unsent', async () => {
    panel.hub.setFaults({ kind: 'slow', delayMs: 200, after: 1 });
    const stop = newShutdownSignals();
    const run = panel.run({ stop, destination });
    await waitUntil(() => panel.batchRequests === 2);
    stop.drainer.abort();
    const report = await run;
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['canceled', { read: 300, inserted: 200, unsent: 100 }]);
    expect(await panel.snapshot()).to.deep.equal(panel.people());
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 300, unchanged: 200, inserted: 100 });
  });

  it('a stop at once leaves the batch in flight unknown, and the next run resolves it', async () => {
    panel.hub.setFaults({ kind: 'slow', delayMs: 60_000, when: 'after', after: 1 });
    const stop = newShutdownSignals();
    const run = panel.run({ stop, destination });
    await waitUntil(() => panel.hub.counters.batchesApplied === 2);
    stop.drainer.abort();
    stop.aborter.abort();
    const report = await run;
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['canceled', { read: 300, inserted: 100, unsent: 200 }]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 300, unchanged: 200, inserted: 100 });
    expect(await panel.snapshot()).to.deep.equal(panel.people());
  });
});
