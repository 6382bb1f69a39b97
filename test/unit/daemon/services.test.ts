import { expect } from 'chai';
import type { App } from '../../../src/app.ts';
import { AlertWatch } from '../../../src/daemon/alert-watch.ts';
import { Reloader } from '../../../src/daemon/reload.ts';
import { ActiveRuns } from '../../../src/daemon/runs.ts';
import { Scheduler } from '../../../src/daemon/scheduler.ts';
import { Schedules } from '../../../src/daemon/schedules.ts';
import { StateWatch } from '../../../src/daemon/state-watch.ts';
import type { Service } from '../../../src/lib/async/service.ts';
import { createHttpServer } from '../../../src/server/server.ts';
import { ScriptedApi } from '../../helpers/daemon/scripted-api.ts';
import { openUnreachableApp } from '../../helpers/daemon/unreachable-app.ts';
import { MemorySchedules } from '../../helpers/memory/schedules.ts';
import { silentLog } from '../../helpers/postgres/postgres.ts';
import { errorCodeOf } from '../../helpers/thrown-error.ts';

const neverAborted = new AbortController().signal;

function createScheduler(app: App): Scheduler {
  return new Scheduler({ ...app.sync('panel'), schedule: '* * * * * *' }, null, {
    log: silentLog,
    schedules: async () => new MemorySchedules(Date.now),
    startRun: async () => undefined,
    random: Math.random,
    clock: Date.now,
  });
}

function createReloader(app: App): Reloader {
  return new Reloader({
    app: () => app,
    reloadConfig: async () => app,
    onReload: (listener) => listener(),
    apply: async () => undefined,
  });
}

const services: Readonly<Record<string, (app: App) => Service>> = {
  'the HTTP server': () =>
    createHttpServer({ host: '127.0.0.1', port: 0, token: null, readToken: null }, new ScriptedApi(), silentLog),
  'the active runs': () => new ActiveRuns(),
  'the reloader': createReloader,
  'the alert watch': (app) => new AlertWatch(app),
  'the schedules': (app) => new Schedules(app, async () => undefined),
  'a scheduler': createScheduler,
};

describe('what runs in the daemon', () => {
  let app: App;
  beforeEach(async () => {
    app = await openUnreachableApp();
  });
  afterEach(() => app.close());

  for (const [name, create] of Object.entries(services)) {
    it(`starts and stops twice without harm: ${name}`, async () => {
      const service = create(app);
      await Promise.all([service.start(neverAborted), service.start(neverAborted)]);
      await service.start(neverAborted);
      await Promise.all([service.stop(), service.stop()]);
      await service.stop();
      await service.start(neverAborted);
      await service.stop();
    });

    it(`stops before its start, and when the signal has aborted: ${name}`, async () => {
      const neverStarted = create(app);
      await neverStarted.stop();
      const service = create(app);
      await service.start(AbortSignal.abort());
      await service.stop();
    });
  }

  it('waits for the state database, and no longer than until the signal aborts or it is stopped', async () => {
    const shutdown = new AbortController();
    const [aborted, stopped] = [new StateWatch(app), new StateWatch(app)];
    let started = 0;
    const starts = [
      ...[1, 2].map(() => aborted.start(shutdown.signal).then(() => (started += 1))),
      stopped.start(neverAborted).then(() => (started += 1)),
    ];
    expect((await aborted.problem())?.code).to.equal('state_unreachable');
    expect(started).to.equal(0);
    shutdown.abort();
    await Promise.all([aborted.stop(), aborted.stop(), stopped.stop()]);
    await Promise.all(starts);
  });

  it('accepts runs only between start and stop', async () => {
    const runs = new ActiveRuns();
    const sync = app.sync('panel');
    expect(await errorCodeOf(runs.startRun(app, sync, 'api'))).to.equal('stopping');
    await runs.start(neverAborted);
    expect(await errorCodeOf(runs.startRun(app, sync, 'api'))).to.equal('state_unreachable');
    await runs.stop();
    expect(await errorCodeOf(runs.startRun(app, sync, 'api'))).to.equal('stopping');
    expect(runs.count).to.equal(0);
  });
});
