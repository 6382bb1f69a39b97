import { expect } from 'chai';
import { createAlerts } from '../../../src/alerts/alerts.ts';
import type { Alerts } from '../../../src/alerts/alerts.ts';
import { alertKinds } from '../../../src/core/ports/alert-store.ts';
import { Observers } from '../../../src/core/ports/observer.ts';
import type { AlertSettings, SyncSettings } from '../../../src/core/settings.ts';
import { openAlertBook } from '../../../src/state/tables/alerts.ts';
import { openSchedules } from '../../../src/state/tables/schedules.ts';
import { openPanel, usualSync } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { silentLog } from '../../helpers/postgres/postgres.ts';
import { answer, ScriptedHub } from '../../helpers/hub/scripted-hub.ts';
import type { Step } from '../../helpers/hub/scripted-hub.ts';

interface Message {
  readonly kind: string;
  readonly sync: string;
  readonly previous: string;
  readonly run: { readonly runId: string } | null;
}

const everyHour: SyncSettings = { ...usualSync, schedule: '0 * * * *' };

/** Slots at full hours. */
const slots = { next: (afterMs: number) => (Math.floor(afterMs / 3_600_000) + 1) * 3_600_000 };

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

  async function receiver(...script: readonly Step[]): Promise<ScriptedHub> {
    const server = await new ScriptedHub(...(script.length === 0 ? [answer(200, 'ok')] : script)).listen();
    opened.push(server);
    return server;
  }

  function settings(server: ScriptedHub, changes: Partial<AlertSettings> = {}): AlertSettings {
    const usual = { format: 'json', on: alertKinds, partialPercent: 1, overdueIntervals: 3, syncs: null } as const;
    return { name: 'team', url: `${server.url}/very-secret`, ...usual, ...changes };
  }

  /** A daemon's, as far as alerts are concerned. */
  function daemon(alerts: readonly AlertSettings[], sync: SyncSettings = usualSync): Alerts {
    const book = openAlertBook(panel.database);
    const made = createAlerts({
      alerts,
      syncs: [sync],
      book: () => Promise.resolve(book),
      log: silentLog,
      observer: new Observers(),
      slots: ({ schedule }) => (schedule === null ? null : slots),
    });
    opened.push(made);
    return made;
  }

  function told(server: ScriptedHub): readonly string[] {
    return server.received.map(({ body }) => {
      const { kind, previous }: Message = JSON.parse(body);
      return `${previous} ${kind}`;
    });
  }

  const stopping = { guards: { ...usualSync.guards, minRows: 100 } };

  async function failedRun(): Promise<void> {
    panel.hub.setFaults({ kind: 'status', status: 401 });
    await panel.setPeople([{ email: 'ada@example.test', city: String(Math.random()) }]);
    expect((await panel.run()).status).to.equal('failed');
    panel.hub.setFaults();
  }

  it('tell a change once, and that it is over', async () => {
    const server = await receiver();
    const alerts = daemon([settings(server)]);
    await alerts.look();
    await failedRun();
    await alerts.look();
    await failedRun();
    await alerts.look();
    await panel.run({ sync: stopping });
    await alerts.look();
    await panel.run();
    await alerts.look();
    await panel.run();
    await alerts.look();
    expect(told(server)).to.deep.equal(['ok failed', 'failed stopped', 'stopped recovered']);
  });

  it('say nothing of plans, of canceled runs and of a small share of bad rows', async () => {
    const server = await receiver();
    const alerts = daemon([settings(server, { partialPercent: 50 })]);
    await failedRun();
    await alerts.look();
    await panel.plan();
    await alerts.look();
    await panel.setPeople([{ email: 'ada@example.test', city: 'x' }, { email: 'bob@example.test' }, { email: 'no' }]);
    expect((await panel.run()).status).to.equal('partial');
    await alerts.look();
    expect(told(server)).to.deep.equal(['ok failed', 'failed recovered']);
  });

  it('are told by one of several daemons, and not again after a restart', async () => {
    const server = await receiver();
    const daemons = Array.from({ length: 5 }, () => daemon([settings(server)]));
    await failedRun();
    await Promise.all(daemons.map((one) => one.look()));
    for (const one of daemons) await one.close();
    const restarted = daemon([settings(server)]);
    await restarted.look();
    expect(told(server)).to.deep.equal(['ok failed']);
  });

  it('tell of runs that others made while no daemon was there', async () => {
    await failedRun();
    await panel.run({ sync: stopping });
    const server = await receiver();
    await daemon([settings(server)]).look();
    expect(told(server)).to.deep.equal(['ok stopped']);
  });

  it('try again when a webhook fails, later and later, and tell only how things stand then', async () => {
    const server = await receiver(answer(500, 'no'), answer(302, '', { location: '/elsewhere' }), answer(200));
    const alerts = daemon([settings(server)]);
    await failedRun();
    await alerts.look();
    await alerts.look();
    expect(server.received.length, 'too early for another attempt').to.equal(1);
    const [first] = await waiting();
    expect([first?.attempts, first?.told]).to.deep.equal([1, 'ok']);
    expect(first?.wait_seconds).to.be.within(0, 1);
    await panel.run({ sync: stopping });
    await passTime();
    await alerts.look();
    const [second] = await waiting();
    expect(second?.attempts).to.equal(2);
    expect(second?.wait_seconds).to.be.within(0.5, 2);
    await passTime();
    await alerts.look();
    expect(told(server)).to.deep.equal(['ok failed', 'ok stopped', 'ok stopped']);
    const [done] = await waiting();
    expect([done?.attempts, done?.told]).to.deep.equal([0, 'stopped']);
  });

  it('say nothing when all is well again before a webhook could be told', async () => {
    const server = await receiver(answer(503), answer(200));
    const alerts = daemon([settings(server)]);
    await failedRun();
    await alerts.look();
    await panel.run();
    await passTime();
    await alerts.look();
    expect(told(server)).to.deep.equal(['ok failed']);
  });

  it('leave a message under way to whoever looks next when the daemon ends', async () => {
    let arrived = (): void => undefined;
    const asked = new Promise<void>((resolve) => (arrived = resolve));
    const server = await receiver(() => arrived(), answer(200));
    const ending = daemon([settings(server)]);
    await failedRun();
    const looking = ending.look();
    await asked;
    await ending.close();
    await looking;
    await daemon([settings(server)]).look();
    expect(told(server)).to.deep.equal(['ok failed', 'ok failed']);
  });

  it('reach a webhook while another one hangs', async () => {
    const hanging = await receiver(() => undefined);
    const server = await receiver();
    const alerts = daemon([settings(hanging, { name: 'hanging' }), settings(server)]);
    await failedRun();
    const looking = alerts.look();
    while (server.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(hanging.received.length).to.be.at.most(1);
    await alerts.close();
    await looking;
  });

  it('tell only what a webhook wants, of the syncs it watches', async () => {
    const [failures, others, strangers] = [await receiver(), await receiver(), await receiver()];
    const alerts = daemon([
      settings(failures, { name: 'failures', on: ['failed'] }),
      settings(others, { name: 'others', on: ['stopped', 'recovered'] }),
      settings(strangers, { name: 'strangers', syncs: ['another'] }),
    ]);
    for (const run of [failedRun, () => panel.run({ sync: stopping }), () => panel.run(), failedRun]) {
      await run();
      await alerts.look();
    }
    expect(told(failures)).to.deep.equal(['ok failed', 'ok failed']);
    expect(told(others)).to.deep.equal(['ok stopped', 'stopped recovered']);
    expect(told(strangers)).to.deep.equal([]);
  });

  it('tell that a sync is overdue, though nothing runs, and not while it is paused', async () => {
    const server = await receiver();
    const alerts = daemon([settings(server)], everyHour);
    await alerts.look();
    expect(told(server), 'it has only just been scheduled').to.deep.equal([]);
    await panel.sql("update panelsync.alerts set watched_since = now() - interval '1 day'");
    const schedules = openSchedules(panel.database);
    await schedules.pause('panel', { by: 'me', reason: null });
    await alerts.look();
    await schedules.resume('panel');
    await alerts.look();
    expect(told(server), 'the pause does not count').to.deep.equal([]);
    await panel.sql("update panelsync.alerts set watched_since = now() - interval '1 day'");
    await alerts.look();
    await alerts.look();
    await panel.run();
    await alerts.look();
    expect(told(server)).to.deep.equal(['ok overdue', 'overdue recovered']);
  });

  it('do not hold a new schedule against a sync that was run by hand long ago', async () => {
    const server = await receiver();
    await daemon([settings(server)]).look();
    await panel.sql("update panelsync.alerts set watched_since = now() - interval '1 year'");
    await daemon([settings(server)], everyHour).look();
    expect(told(server)).to.deep.equal([]);
  });

  it('do no harm when the state database is away', async () => {
    const server = await receiver();
    const alerts = daemon([settings(server)]);
    await panel.sql('alter table panelsync.alerts rename to elsewhere');
    try {
      await alerts.look();
    } finally {
      await panel.sql('alter table panelsync.elsewhere rename to alerts');
    }
    await failedRun();
    await alerts.look();
    expect(told(server)).to.deep.equal(['ok failed']);
  });

  interface Waiting {
    readonly told: string;
    readonly attempts: number;
    readonly wait_seconds: number;
  }

  function waiting(): Promise<readonly Waiting[]> {
    return panel.sql<Waiting>(
      'select told, attempts, extract(epoch from due_at - now())::float8 as wait_seconds from panelsync.alerts',
    );
  }

  /** The wait is over. */
  async function passTime(): Promise<void> {
    await panel.sql('update panelsync.alerts set due_at = now()');
  }
});
