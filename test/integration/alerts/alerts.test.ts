import { expect } from 'chai';
import { createAlertMonitor } from '../../../src/alerts/alerts.ts';
import type { AlertMonitor } from '../../../src/alerts/alerts.ts';
import { alertKinds } from '../../../src/core/ports/alert-store.ts';
import { Observers } from '../../../src/core/ports/observer.ts';
import type { AlertRules, AlertSettings, SyncSettings } from '../../../src/core/settings.ts';
import { openAlertStore } from '../../../src/state/tables/alerts.ts';
import { openSchedules } from '../../../src/state/tables/schedules.ts';
import { defaultSync } from '../../helpers/fixtures/default-sync.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { silentLog } from '../../helpers/postgres/postgres.ts';
import { respondWith, ScriptedHub } from '../../helpers/hub/scripted-hub.ts';
import type { ResponseStep } from '../../helpers/hub/scripted-hub.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

interface Message {
  readonly kind: string;
  readonly sync: string;
  readonly previous: string;
  readonly run: { readonly runId: string } | null;
}

const everyHour: SyncSettings = { ...defaultSync, schedule: '0 * * * *' };

/** Every full hour. */
const hourlySchedule = { next: (afterMs: number) => (Math.floor(afterMs / 3_600_000) + 1) * 3_600_000 };

describe('alerts', () => {
  let panel: TestPanel;
  const opened: { close(): Promise<void> }[] = [];
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([{ email: 'ada@example.test' }]);
  });
  afterEach(async () => {
    for (const one of opened.splice(0).toReversed()) await one.close();
  });
  after(() => panel.close());

  async function startReceiver(...script: readonly ResponseStep[]): Promise<ScriptedHub> {
    const server = await new ScriptedHub(...(script.length === 0 ? [respondWith(200, 'ok')] : script)).listen();
    opened.push(server);
    return server;
  }

  function settings(server: ScriptedHub, changes: Partial<AlertRules> = {}): AlertSettings {
    const defaults = { on: alertKinds, partialPercent: 1, overdueIntervals: 3, syncs: null };
    return { name: 'team', url: `${server.url}/very-secret`, format: 'json', ...defaults, ...changes };
  }

  /** The alert monitor of one daemon. */
  function createDaemonAlerts(alerts: readonly AlertSettings[], sync: SyncSettings = defaultSync): AlertMonitor {
    const store = openAlertStore(panel.database);
    const created = createAlertMonitor({
      alerts,
      syncs: [sync],
      store: () => Promise.resolve(store),
      log: silentLog,
      publicUrl: 'https://panelsync.example.test',
      observer: new Observers(),
      scheduledTimes: ({ schedule }) => (schedule === null ? null : hourlySchedule),
    });
    opened.push(created);
    return created;
  }

  function sentMessages(server: ScriptedHub): readonly string[] {
    return server.received.map(({ body }) => {
      const { kind, previous }: Message = JSON.parse(body);
      return `${previous} ${kind}`;
    });
  }

  const stopping = { guards: { ...defaultSync.guards, minRows: 100 } };

  async function failedRun(): Promise<void> {
    panel.hub.setFaults({ kind: 'status', status: 401 });
    await panel.setPeople([{ email: 'ada@example.test', city: String(Math.random()) }]);
    expect((await panel.run()).status).to.equal('failed');
    panel.hub.setFaults();
  }

  it('report a change once, and that it is over', async () => {
    const server = await startReceiver();
    const alerts = createDaemonAlerts([settings(server)]);
    await alerts.check();
    await failedRun();
    await alerts.check();
    await failedRun();
    await alerts.check();
    await panel.run({ sync: stopping });
    await alerts.check();
    await panel.run();
    await alerts.check();
    await panel.run();
    await alerts.check();
    expect(sentMessages(server)).to.deep.equal(['ok failed', 'failed stopped', 'stopped recovered']);
  });

  it('ignore plans, canceled runs and a small percentage of bad rows', async () => {
    const server = await startReceiver();
    const alerts = createDaemonAlerts([settings(server, { partialPercent: 50 })]);
    await failedRun();
    await alerts.check();
    await panel.plan();
    await alerts.check();
    await panel.setPeople([{ email: 'ada@example.test', city: 'x' }, { email: 'bob@example.test' }, { email: 'no' }]);
    expect((await panel.run()).status).to.equal('partial');
    await alerts.check();
    expect(sentMessages(server)).to.deep.equal(['ok failed', 'failed recovered']);
  });

  it('are sent by one of several daemons, and not again after a restart', async () => {
    const server = await startReceiver();
    const daemons = Array.from({ length: 5 }, () => createDaemonAlerts([settings(server)]));
    await failedRun();
    await Promise.all(daemons.map((one) => one.check()));
    for (const one of daemons) await one.close();
    const restarted = createDaemonAlerts([settings(server)]);
    await restarted.check();
    expect(sentMessages(server)).to.deep.equal(['ok failed']);
  });

  it('report runs of other processes from while no daemon ran', async () => {
    await failedRun();
    await panel.run({ sync: stopping });
    const server = await startReceiver();
    await createDaemonAlerts([settings(server)]).check();
    expect(sentMessages(server)).to.deep.equal(['ok stopped']);
  });

  it('are retried with growing delays when a webhook fails, and report only the state at that time', async () => {
    const server = await startReceiver(
      respondWith(500, 'no'),
      respondWith(302, '', { location: '/elsewhere' }),
      respondWith(200),
    );
    const alerts = createDaemonAlerts([settings(server)]);
    await failedRun();
    await alerts.check();
    await alerts.check();
    expect(server.received.length, 'too early for another attempt').to.equal(1);
    const [first] = await pendingAlerts();
    expect([first?.attempts, first?.notified_state]).to.deep.equal([1, 'ok']);
    expect(first?.wait_seconds).to.be.at.most(1);
    await panel.run({ sync: stopping });
    await passTime();
    await alerts.check();
    const [second] = await pendingAlerts();
    expect(second?.attempts).to.equal(2);
    expect(second?.wait_seconds).to.be.at.most(2);
    await passTime();
    await alerts.check();
    expect(sentMessages(server)).to.deep.equal(['ok failed', 'ok stopped', 'ok stopped']);
    const [done] = await pendingAlerts();
    expect([done?.attempts, done?.notified_state]).to.deep.equal([0, 'stopped']);
  });

  it('report nothing when a sync recovers before the webhook is reachable', async () => {
    const server = await startReceiver(respondWith(503), respondWith(200));
    const alerts = createDaemonAlerts([settings(server)]);
    await failedRun();
    await alerts.check();
    await panel.run();
    await passTime();
    await alerts.check();
    expect(sentMessages(server)).to.deep.equal(['ok failed']);
  });

  it('leave a message under way to the next check when the daemon stops', async () => {
    let arrived = (): void => undefined;
    const asked = new Promise<void>((resolve) => (arrived = resolve));
    const server = await startReceiver(() => arrived(), respondWith(200));
    const ending = createDaemonAlerts([settings(server)]);
    await failedRun();
    const looking = ending.check();
    await asked;
    await ending.close();
    await looking;
    await createDaemonAlerts([settings(server)]).check();
    expect(sentMessages(server)).to.deep.equal(['ok failed', 'ok failed']);
  });

  it('reach a webhook while another one does not answer', async () => {
    const hanging = await startReceiver(() => undefined);
    const server = await startReceiver();
    const alerts = createDaemonAlerts([settings(hanging, { name: 'hanging' }), settings(server)]);
    await failedRun();
    const looking = alerts.check();
    await waitUntil(() => server.received.length > 0);
    expect(hanging.received.length).to.be.at.most(1);
    await alerts.close();
    await looking;
  });

  it('report only what a webhook wants, of the syncs it watches', async () => {
    const [failures, others, strangers] = [await startReceiver(), await startReceiver(), await startReceiver()];
    const alerts = createDaemonAlerts([
      settings(failures, { name: 'failures', on: ['failed'] }),
      settings(others, { name: 'others', on: ['stopped', 'recovered'] }),
      settings(strangers, { name: 'strangers', syncs: ['another'] }),
    ]);
    for (const run of [failedRun, () => panel.run({ sync: stopping }), () => panel.run(), failedRun]) {
      await run();
      await alerts.check();
    }
    expect(sentMessages(failures)).to.deep.equal(['ok failed', 'ok failed']);
    expect(sentMessages(others)).to.deep.equal(['ok stopped', 'stopped recovered']);
    expect(sentMessages(strangers)).to.deep.equal([]);
  });

  it('report that a sync is overdue although nothing runs, and not while it is paused', async () => {
    const server = await startReceiver();
    const alerts = createDaemonAlerts([settings(server)], everyHour);
    await alerts.check();
    expect(sentMessages(server), 'it has just been scheduled').to.deep.equal([]);
    await panel.sql("update panelsync.alerts set watched_since = now() - interval '1 day'");
    const schedules = openSchedules(panel.database);
    await schedules.pause('panel', { by: 'me', reason: null });
    await alerts.check();
    await schedules.resume('panel');
    await alerts.check();
    expect(sentMessages(server), 'the pause does not count').to.deep.equal([]);
    await panel.sql("update panelsync.alerts set watched_since = now() - interval '1 day'");
    await alerts.check();
    await alerts.check();
    await panel.run();
    await alerts.check();
    expect(sentMessages(server)).to.deep.equal(['ok overdue', 'overdue recovered']);
  });

  it('do not count a new schedule against a sync that last ran by hand long ago', async () => {
    const server = await startReceiver();
    await createDaemonAlerts([settings(server)]).check();
    await panel.sql("update panelsync.alerts set watched_since = now() - interval '1 year'");
    await createDaemonAlerts([settings(server)], everyHour).check();
    expect(sentMessages(server)).to.deep.equal([]);
  });

  it('do no harm when the state database is unavailable', async () => {
    const server = await startReceiver();
    const alerts = createDaemonAlerts([settings(server)]);
    await panel.sql('alter table panelsync.alerts rename to elsewhere');
    try {
      await alerts.check();
    } finally {
      await panel.sql('alter table panelsync.elsewhere rename to alerts');
    }
    await failedRun();
    await alerts.check();
    expect(sentMessages(server)).to.deep.equal(['ok failed']);
  });

  interface PendingAlert {
    readonly notified_state: string;
    readonly attempts: number;
    readonly wait_seconds: number;
  }

  function pendingAlerts(): Promise<readonly PendingAlert[]> {
    return panel.sql<PendingAlert>(
      'select notified_state, attempts, extract(epoch from due_at - now())::float8 as wait_seconds from panelsync.alerts',
    );
  }

  /** The wait is over. */
  async function passTime(): Promise<void> {
    await panel.sql('update panelsync.alerts set due_at = now()');
  }
});
