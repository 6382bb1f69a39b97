import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { toPanelsyncError } from '../../../src/core/errors.ts';
import { openDatabase } from '../../../src/state/db/database.ts';
import type { Database } from '../../../src/state/db/database.ts';
import { startFaultProxy } from '../../helpers/network/fault-proxy.ts';
import type { FaultProxy } from '../../helpers/network/fault-proxy.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { newShutdownSignals } from '../../helpers/hub/scripted-hub.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

const people = 60;
const batchSize = 5;

describe('databases on a bad line', () => {
  let panel: TestPanel;
  let proxy: FaultProxy;
  let url: string;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.sql(`insert into people (email, city) select 'p' || n || '@example.test', 'Rome'
      from generate_series(1, ${people}) n`);
    const address = new URL(panel.url);
    proxy = await startFaultProxy({ target: { host: address.hostname, port: Number(address.port) } });
    address.port = String(proxy.port);
    url = address.href;
  });
  afterEach(() => proxy.close());
  after(() => panel.close());

  /** After a quiet run everything is where it belongs, and no run is left open. */
  async function expectRepaired(): Promise<void> {
    // The server may still be about to notice that the holder of the lock is gone.
    await waitUntil(async () => (await panel.sql("select from pg_locks where locktype = 'advisory'")).length === 0);
    const next = await panel.run();
    expect([next.status, next.rows.unsent]).to.deep.equal(['succeeded', 0]);
    expect(panel.hub.people.size).to.equal(next.rows.read);
    expect(await panel.snapshot()).to.deep.equal(panel.people());
    const runs = await (await panel.records()).runs('panel', 10);
    expect(runs.filter(({ status }) => status === 'running')).to.deep.equal([]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: next.rows.read, unchanged: next.rows.read });
  }

  describe('the state', () => {
    let database: Database;
    beforeEach(() => {
      database = openDatabase(url, 'panelsync');
    });
    afterEach(() => database.close());

    /** The code that a run ends with whose state goes through the proxy. */
    async function run(concurrency: number): Promise<string> {
      try {
        const report = await panel.run({ database, destination: { batchSize, concurrency } });
        return report.error?.code ?? report.status;
      } catch (error) {
        return toPanelsyncError(error).code;
      }
    }

    const disruptions: readonly (readonly [string, () => Promise<void>])[] = [
      ['is cut', async () => proxy.cutAll()],
      ['is cut and refused from then on', async () => proxy.refuse(true).then(() => proxy.cutAll())],
      ['falls silent and is cut', async () => (proxy.stall(true), await sleep(100), proxy.cutAll())],
    ];
    for (const [what, disrupt] of disruptions) {
      for (const concurrency of [1, 3]) {
        it(`that ${what} ends the run of ${concurrency === 1 ? 'one sender' : 'three senders'}, which sends nothing more`, async () => {
          // Answers wait until the loss has happened: every batch at the Hub is between recording and settling.
          const contractCheckBatches = 1;
          panel.hub.setFaults({
            kind: 'slow',
            delayMs: 300,
            when: 'after',
            after: contractCheckBatches,
            times: concurrency,
          });
          const ended = run(concurrency);
          await waitUntil(() => panel.hub.counters.batchesApplied === contractCheckBatches + concurrency);
          await disrupt();
          expect(await ended).to.be.oneOf(['state_lost', 'state_unreachable']);
          expect(panel.batchRequests).to.equal(contractCheckBatches + concurrency);
          proxy.stall(false);
          await database.close();
          await proxy.refuse(false);
          await expectRepaired();
          expect(panel.hub.counters.repeated, 'people sent twice').to.equal(concurrency * batchSize);
        });
      }
    }

    it('that falls silent stops the sending until it speaks again, and nobody is sent twice', async () => {
      panel.hub.setFaults({ kind: 'slow', delayMs: 100, when: 'after', after: 1, times: 2 });
      const ended = run(2);
      await waitUntil(() => panel.hub.counters.batchesApplied === 3);
      proxy.stall(true);
      await sleep(400);
      expect(panel.batchRequests).to.equal(3);
      proxy.stall(false);
      expect(await ended).to.equal('succeeded');
      expect([panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([people, 0]);
      await expectRepaired();
    });

    it('that is slow only takes longer', async () => {
      proxy.setLatencyMs(2);
      expect(await run(2)).to.equal('succeeded');
      expect([panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([people, 0]);
    });

    it('that breaks while the model is staged ends the run before anything is sent', async () => {
      await panel.sql(`insert into people (email) select 'q' || n || '@example.test' from generate_series(1, 20000) n`);
      proxy.cutAfterBytes(100_000, 'to-target');
      expect(await run(1)).to.equal('state_lost');
      expect(panel.batchRequests).to.equal(0);
      await expectRepaired();
    });

    it('that settles a batch whose news is lost on the way fails the run, and nobody is sent twice', async () => {
      panel.hub.setFaults({ kind: 'slow', delayMs: 1000, when: 'after', after: 1, times: 1 });
      const ended = run(1);
      await waitUntil(() => panel.hub.counters.batchesApplied === 2);
      // What was said before the batch was sent has arrived by now; what comes next is the answer to settling it.
      await sleep(300);
      proxy.cutAfterBytes(10, 'to-client');
      expect([await ended, panel.batchRequests]).to.deep.equal(['state_unreachable', 2]);
      const [left] = await (await panel.records()).runs('panel', 1);
      expect([left?.status, left?.rows.inserted]).to.deep.equal(['failed', 2 * batchSize]);
      await expectRepaired();
      expect(panel.hub.counters.repeated).to.equal(0);
    });

    it('that loses the one connection which settles fails the run in order, and the next run resolves the batch', async () => {
      await panel.sql(
        `create function panelsync.die() returns trigger language plpgsql as
         $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`,
      );
      await panel.sql('create trigger die before insert on panelsync.snapshot execute function panelsync.die()');
      const code = await run(1);
      await panel.sql('drop function panelsync.die() cascade');
      expect([code, panel.batchRequests]).to.deep.equal(['state_unreachable', 1]);
      const [left] = await (await panel.records()).runs('panel', 1);
      expect(left).to.include({ status: 'failed' });
      expect(await panel.sql('select state from panelsync.batches')).to.deep.equal([{ state: 'unknown' }]);
      await expectRepaired();
      expect(panel.hub.counters.repeated).to.equal(batchSize);
    });

    it('whose idle connections are cut between two batches is connected to again', async () => {
      panel.hub.setFaults({ kind: 'slow', delayMs: 1000, after: 1, times: 1 });
      const ended = run(1);
      await waitUntil(() => panel.batchRequests === 2);
      await panel.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
           and application_name = 'panelsync' and pid not in (select pid from pg_locks where locktype = 'advisory')`,
      );
      expect(await ended).to.equal('succeeded');
      expect([panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([people, 0]);
    });

    it('that has become read-only ends the run with the way out, and nothing is sent', async () => {
      const [named] = await panel.sql<{ name: string }>('select current_database() as name');
      const setting = `alter database ${named?.name} set default_transaction_read_only =`;
      await panel.run({ limit: 1 });
      panel.newRequests();
      await panel.sql(`${setting} on`);
      const code = await run(1);
      await panel.sql(`set transaction_read_only = off; ${setting} off`);
      expect([code, panel.newRequests()]).to.deep.equal(['state_read_only', 0]);
      await expectRepaired();
    });
  });

  describe('the warehouse', () => {
    /** Enough rows for the answer to come in many pieces. */
    const model = `select 'p' || n || '@example.test' as email, repeat('x', 50) as first_name, 'Rome' as city,
      null::text as plan from generate_series(1, 20000) n`;
    const sync = { model: { sql: model, location: 'models/many.sql' } };

    /** Nothing was sent, planned or left behind; the lock is free, and the next run does it all. */
    async function expectUntouched(): Promise<void> {
      expect(panel.batchRequests).to.equal(0);
      expect(await panel.sql('select from panelsync.outbox')).to.deep.equal([]);
      expect(await panel.snapshot()).to.deep.equal({});
      await waitUntil(async () => (await panel.sql("select from pg_class where relpersistence = 't'")).length === 0);
      await expectRepaired();
    }

    it('that is cut in the middle of the rows fails the run and leaves nothing behind', async () => {
      proxy.cutAfterBytes(300_000, 'to-client');
      const report = await panel.run({ sync, source: { url } });
      expect([report.status, report.error?.code]).to.deep.equal(['failed', 'source_unreachable']);
      expect(report.rows.read, 'rows read so far').to.equal(report.rows.unsent);
      await expectUntouched();
    });

    it('that falls silent in the middle of the rows fails the run once the statement timeout is over', async () => {
      proxy.stallAfterBytes(300_000, 'to-client');
      const running = panel.run({ sync, source: { url, statementTimeoutMs: 500 } });
      const report = await running;
      expect([report.status, report.error?.code]).to.deep.equal(['failed', 'source_unreachable']);
      expect(report.error?.hint).to.contain('statementTimeoutMs');
      await expectUntouched();
    });

    it('that falls silent does not keep a stop from ending the run', async () => {
      const stop = newShutdownSignals();
      proxy.stallAfterBytes(300_000, 'to-client');
      const running = panel.run({ sync, source: { url }, stop });
      await waitUntil(() => proxy.stalled);
      stop.drainer.abort();
      const report = await running;
      expect([report.status, report.error]).to.deep.equal(['canceled', null]);
      await expectUntouched();
    });
  });
});
