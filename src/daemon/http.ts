import type { App } from '../app.ts';
import { syncOverviews } from '../app/sync-overviews.ts';
import { unknownRun } from '../core/ports/records.ts';
import type { SyncSettings } from '../core/settings.ts';
import { openSchedule } from '../lib/schedule/schedule.ts';
import { version } from '../lib/version.ts';
import type { Api } from '../server/api.ts';
import { createMetrics } from '../server/metrics/metrics.ts';
import type { NextSlots } from '../server/metrics/metrics.ts';
import { startServer } from '../server/server.ts';
import type { RunningServer } from '../server/server.ts';
import { preparedSchedules } from './state-watch.ts';

export interface HttpParts extends Pick<Api, 'health' | 'trigger'> {
  /** With the configuration that holds now. */
  app(): App;
}

/** Lets others look at the daemon and start runs. */
export async function serveHttp({ app, health, trigger }: HttpParts): Promise<RunningServer> {
  const metrics = createMetrics({
    version: version(),
    syncs: () => Object.keys(app().config.syncs),
    webhooks: () => Object.keys(app().config.alerts),
    figures: async () => (await app().state()).figures(),
    nextSlots: (name) => nextSlots(app().sync(name)),
  });
  app().observers.add(metrics.observer);
  const api: Api = {
    health,
    trigger,
    syncs: () => syncOverviews(app()),
    runs: async (sync, limit) => {
      const name = sync === null ? null : app().sync(sync).name;
      return (await app().records()).runs(name, limit);
    },
    run: async (runId) => {
      const report = await (await app().records()).run(runId);
      if (report === null) throw unknownRun(runId);
      return report;
    },
    pause: async (sync, note) => {
      const { name } = app().sync(sync);
      await (await preparedSchedules(app())).pause(name, note);
    },
    resume: async (sync) => {
      const { name } = app().sync(sync);
      await (await preparedSchedules(app())).resume(name);
    },
    metrics: () => metrics.render(),
  };
  return startServer(app().config.server, api, app().log);
}

function nextSlots({ schedule, timezone }: SyncSettings): NextSlots | null {
  if (schedule === null) return null;
  const slots = openSchedule(schedule, timezone);
  const nextMs = slots.next(Date.now());
  return { nextAt: new Date(nextMs), intervalMs: slots.next(nextMs) - nextMs };
}
