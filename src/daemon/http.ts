import type { App } from '../app.ts';
import { syncOverviews } from '../app/sync-overviews.ts';
import { unknownRunError } from '../core/ports/records.ts';
import type { SyncSettings } from '../core/settings.ts';
import { createSchedule } from '../lib/schedule/schedule.ts';
import { version } from '../lib/version.ts';
import type { DaemonApi } from '../server/api.ts';
import { createMetrics } from '../server/metrics/metrics.ts';
import type { NextRun } from '../server/metrics/metrics.ts';
import { createHttpServer } from '../server/server.ts';
import type { HttpServer } from '../server/server.ts';
import { openMigratedSchedules } from './state-watch.ts';

export interface HttpOptions extends Pick<DaemonApi, 'health' | 'trigger'> {
  /** With the configuration in use. */
  app(): App;
}

/** The server through which others watch the daemon and start runs. */
export function createDaemonServer({ app, health, trigger }: HttpOptions): HttpServer {
  const metrics = createMetrics({
    version: version(),
    syncs: () => Object.keys(app().config.syncs),
    webhooks: () => Object.keys(app().config.alerts),
    readGauges: async () => (await app().state()).readGauges(),
    nextRun: (name) => nextScheduledTimes(app().sync(name)),
  });
  app().observers.add(metrics.observer);
  const api: DaemonApi = {
    health,
    trigger,
    syncs: () => syncOverviews(app()),
    runs: async (sync, limit) => {
      const name = sync === null ? null : app().sync(sync).name;
      return (await app().records()).runs(name, limit);
    },
    run: async (runId) => {
      const report = await (await app().records()).run(runId);
      if (report === null) throw unknownRunError(runId);
      return report;
    },
    pause: async (sync, pauseNote) => {
      const { name } = app().sync(sync);
      await (await openMigratedSchedules(app())).pause(name, pauseNote);
    },
    resume: async (sync) => {
      const { name } = app().sync(sync);
      await (await openMigratedSchedules(app())).resume(name);
    },
    metrics: () => metrics.render(),
  };
  return createHttpServer(app().config.server, api, app().log);
}

function nextScheduledTimes({ schedule, timezone }: SyncSettings): NextRun | null {
  if (schedule === null) return null;
  const cronSchedule = createSchedule(schedule, timezone);
  const nextMs = cronSchedule.next(Date.now());
  return { scheduledAt: new Date(nextMs), intervalMs: cronSchedule.next(nextMs) - nextMs };
}
