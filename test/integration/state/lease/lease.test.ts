import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Client } from 'pg';
import type { RunSession } from '../../../../src/core/ports/run/run-session.ts';
import { openDatabase } from '../../../../src/state/db/database.ts';
import type { Database } from '../../../../src/state/db/database.ts';
import { defaultLeaseTimes } from '../../../../src/state/lease/lock.ts';
import type { LeaseTimes } from '../../../../src/state/lease/lock.ts';
import { startFaultProxy } from '../../../helpers/network/fault-proxy.ts';
import type { FaultProxy } from '../../../helpers/network/fault-proxy.ts';
import { errorCodeOf } from '../../../helpers/thrown-error.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel } from '../../../helpers/panel/panel.ts';
import { waitUntil } from '../../../helpers/wait-until.ts';

const people = 300;

/** As short as a busy machine allows, on which a process may have to wait for a second. */
const shortLease: LeaseTimes = { renewMs: 100, sendMs: 1500, graceMs: 2000, leaseMs: 4000 };

describe('the lease of a lock', () => {
  let panel: TestPanel;
  let proxy: FaultProxy;
  /** The state as a process sees it whose network can be taken away. */
  let proxiedDatabase: Database;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.sql(
      `insert into people (email) select 'p' || n || '@example.test' from generate_series(1, ${people}) n`,
    );
    const address = new URL(panel.url);
    proxy = await startFaultProxy({ target: { host: address.hostname, port: Number(address.port) } });
    address.port = String(proxy.port);
    proxiedDatabase = openDatabase(address.href, 'panelsync');
  });
  afterEach(async () => {
    await proxy.close();
    await proxiedDatabase.close();
  });
  after(() => panel.close());

  function openSession(options: RunOptions = {}): Promise<RunSession> {
    return panel.state(options).openSession(defaultSync, { lock: true });
  }

  /** Asks to run until it may. */
  async function takeOver(): Promise<void> {
    await waitUntil(async () => (await errorCodeOf(panel.run())) !== 'already_running');
  }

  async function expectRepaired(...repeated: readonly number[]): Promise<void> {
    expect(panel.hub.people.size).to.equal(people);
    expect(panel.hub.counters.repeated).to.be.oneOf(repeated);
    expect(await panel.snapshot()).to.deep.equal(panel.people());
    const runs = await (await panel.records()).runs('panel', 10);
    expect(runs.map(({ status }) => status)).to.deep.equal(['succeeded', 'failed']);
  }

  it('is given back by a run that ends, so that the next one need not wait', async () => {
    await panel.run({ lease: { ...defaultLeaseTimes, graceMs: 3_600_000 } });
    expect(await panel.sql('select holder from panelsync.leases')).to.deep.equal([{ holder: null }]);
    expect((await panel.run()).status).to.equal('succeeded');
  });

  it('is not given back by a session that was lost: what it dropped may still be on its way', async () => {
    const first = await openSession();
    await panel.sql('select pg_terminate_backend(backend_pid) from panelsync.leases');
    await waitUntil(() => first.lost.aborted);
    await first.close();
    expect(await panel.sql('select holder is null as given_back from panelsync.leases')).to.deep.equal([
      { given_back: false },
    ]);
  });

  it('keeps the next holder quiet for as long as the one before may have something on the wire', async () => {
    const first = await openSession({ lease: { ...shortLease, graceMs: 3000 } });
    await panel.sql('select pg_terminate_backend(backend_pid) from panelsync.leases');
    await waitUntil(() => first.lost.aborted);
    const second = await openSession();
    const [row] = await panel.sql('select clock_timestamp() >= grace_until as quiet_is_over from panelsync.leases');
    expect(row).to.deep.equal({ quiet_is_over: true });
    await second.close();
    await first.close();
  });

  it('of a process that is known to be dead keeps nobody waiting', async () => {
    await panel.run();
    const { pid } = spawnSync(process.execPath, ['--version']);
    const left = `update panelsync.leases set holder = gen_random_uuid(), sends_until = now() + interval '4 minutes', pid = $1`;
    await panel.sql(left, [pid]);
    expect((await panel.run()).status).to.equal('succeeded');
  });

  it('of a process that is known to be dead is taken, though the database has not missed it yet', async () => {
    const left = await openSession();
    expect(await errorCodeOf(panel.run())).to.equal('already_running');
    const { pid } = spawnSync(process.execPath, ['--version']);
    await panel.sql('update panelsync.leases set pid = $1', [pid]);
    expect((await panel.run()).status).to.equal('succeeded');
    await waitUntil(() => left.lost.aborted);
    await left.close();
  });

  it('is renewed by a holder that has nothing to do, for as long as it lives', async () => {
    const idle = await openSession({ lease: shortLease });
    await sleep(2 * shortLease.leaseMs);
    expect(await errorCodeOf(panel.run())).to.equal('already_running');
    expect([await idle.fence.renew(), idle.lost.aborted]).to.deep.equal([true, false]);
    await idle.close();
    expect(idle.fence.isHeld(), 'after it was given back').to.equal(false);
  });

  it('that ran out is taken by one of many who ask for it', async () => {
    const silent = await openSession({ database: proxiedDatabase, lease: shortLease });
    proxy.stall(true);
    await sleep(shortLease.leaseMs);
    let sessions: readonly RunSession[] = [];
    await waitUntil(async () => {
      const asked = await Promise.allSettled(Array.from({ length: 4 }, () => openSession()));
      sessions = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      return sessions.length > 0;
    });
    expect(sessions).to.have.length(1);
    await sleep(200);
    expect(sessions[0]?.lost.aborted, 'whether another one has ended it').to.equal(false);
    await sessions[0]?.close();
    proxy.stall(false);
    await waitUntil(() => silent.lost.aborted);
    await silent.close();
  });

  it('of a future that the clock of the database has left does not block for as long', async () => {
    const silent = await openSession({ database: proxiedDatabase, lease: { ...shortLease, renewMs: 60_000 } });
    await panel.sql("update panelsync.leases set expires_at = now() + interval '1 day', sends_until = now()");
    expect((await panel.run()).status).to.equal('succeeded');
    expect(silent.lost.aborted).to.equal(true);
    await silent.close();
  });

  it('is not asked for where the holder has none: its connection is never ended', async () => {
    await panel.run();
    const older = new Client({ connectionString: panel.url });
    await older.connect();
    await older.query("select pg_advisory_lock(hashtextextended('panelsync:panelsync:panel', 0))");
    await panel.sql("update panelsync.leases set holder = gen_random_uuid(), expires_at = now() - interval '1 hour'");
    expect(await errorCodeOf(panel.run())).to.equal('already_running');
    await older.query('select 1');
    await older.end();
  });

  it('that was lost is known to a holder which cannot tell by its connection', async () => {
    const first = await openSession({ lease: { ...shortLease, renewMs: 60_000 } });
    await panel.sql('update panelsync.leases set holder = gen_random_uuid(), taken_at = clock_timestamp()');
    expect([first.lost.aborted, await first.fence.renew(), first.fence.isHeld()]).to.deep.equal([false, false, false]);
    expect([first.lost.aborted, (await first.lostError()).code]).to.deep.equal([true, 'lock_lost']);
    await first.close();
  });

  it('ends with the advisory lock, though its row stays: a standby that was promoted knows no locks', async () => {
    const first = await openSession({ lease: { ...shortLease, renewMs: 60_000 } });
    await panel.sql('update panelsync.leases set backend_pid = backend_pid + 1000000');
    expect([await first.fence.renew(), (await first.lostError()).code]).to.deep.equal([false, 'state_lost']);
    await first.close();
  });

  it('is renewed before a request that comes late, and nothing is lost by that', async () => {
    proxy.setLatencyMs(20);
    panel.hub.setFaults({ kind: 'slow', delayMs: 600, times: 2 });
    const slow: LeaseTimes = { ...defaultLeaseTimes, renewMs: 60_000, sendMs: 500 };
    expect(
      (await panel.run({ database: proxiedDatabase, lease: slow, destination: { concurrency: 1 } })).status,
    ).to.equal('succeeded');
    expect([panel.hub.people.size, panel.batchRequests]).to.deep.equal([people, 3]);
  });

  it('that cannot be renewed in time fails the run, and nothing is sent', async () => {
    proxy.setLatencyMs(50);
    const report = await panel.run({ database: proxiedDatabase, lease: { ...defaultLeaseTimes, sendMs: 1 } });
    expect([report.status, report.error?.code, report.rows.unsent]).to.deep.equal(['failed', 'state_slow', people]);
    expect(panel.batchRequests).to.equal(0);
  });

  for (const [what, fault, repeated] of [
    ['settles nothing', { kind: 'slow', delayMs: 1500, when: 'after', after: 1, times: 1 }, 100],
    ['repeats nothing', { kind: 'status', status: 503, after: 1, times: 1 }, 0],
  ] as const) {
    it(`of a holder that is cut off from the database runs out: it ${what} when it is back, and sends nothing more`, async () => {
      panel.hub.setFaults(fault);
      // A pause before the request is repeated, in which the network goes.
      const destination = { concurrency: 1, requestsPerMinute: what === 'repeats nothing' ? 20 : 1_000_000 };
      const failedRun = errorCodeOf(panel.run({ database: proxiedDatabase, lease: shortLease, destination }));
      await waitUntil(() => panel.batchRequests === 2);
      proxy.stall(true);
      await takeOver();
      const requests = panel.batchRequests;
      proxy.stall(false);
      expect(await failedRun).to.equal('lock_lost');
      expect(panel.batchRequests).to.equal(requests);
      await expectRepaired(repeated);
    });
  }

  it('that cannot be renewed any more ends the run, though the database says nothing at all', async () => {
    panel.hub.setFaults({ kind: 'slow', delayMs: 1500, when: 'after', after: 1 });
    const failedRun = errorCodeOf(
      panel.run({ database: proxiedDatabase, lease: shortLease, destination: { concurrency: 1 } }),
    );
    await waitUntil(() => panel.hub.counters.batchesApplied === 2);
    proxy.stall(true);
    expect(await failedRun).to.equal('state_lost');
    expect(panel.batchRequests).to.equal(2);
    proxy.stall(false);
    await takeOver();
    // What the network held back may still have been settled.
    await expectRepaired(0, 100);
  });

  it('does not outlive a database that ends all connections at once', async () => {
    panel.hub.setFaults({ kind: 'slow', delayMs: 1500, when: 'after', after: 1 });
    const failedRun = errorCodeOf(panel.run({ lease: shortLease, destination: { concurrency: 1 } }));
    await waitUntil(() => panel.hub.counters.batchesApplied === 2);
    await panel.sql(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    expect(await failedRun).to.be.oneOf(['state_lost', 'state_unreachable']);
    expect(panel.batchRequests).to.equal(2);
    await takeOver();
    await expectRepaired(100);
  });
});
