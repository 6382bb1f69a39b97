import type { App } from '../app.ts';
import { explainPerson, explanationDocument } from '../app/explain-person.ts';
import { recordAction } from '../app/record-action.ts';
import { syncDocument, syncOverviews } from '../app/sync-overviews.ts';
import { PanelsyncError } from '../core/errors.ts';
import { columnKey, emailKey, maxKeyLength } from '../core/model/key.ts';
import type { RunReport } from '../core/model/terms.ts';
import { noRunsError, unknownRunError } from '../core/ports/records.ts';
import type { PersonSelector } from '../core/ports/records.ts';
import type { SyncSettings } from '../core/settings.ts';
import { createSchedule } from '../lib/schedule/schedule.ts';
import { version } from '../lib/version.ts';
import type { DaemonApi, Page, PageRequest, PersonQuery } from '../server/api.ts';
import { createMetrics } from '../server/metrics/metrics.ts';
import type { NextRun } from '../server/metrics/metrics.ts';
import { openMigratedSchedules } from './state-watch.ts';

export interface DaemonApiOptions extends Pick<DaemonApi, 'health' | 'trigger' | 'watch'> {
  /** With the configuration in use. */
  app(): App;
}

/** What the HTTP server asks of the daemon. */
export function createDaemonApi({ app, health, trigger, watch }: DaemonApiOptions): DaemonApi {
  const metrics = createMetrics({
    version: version(),
    syncs: () => Object.keys(app().config.syncs),
    webhooks: () => Object.keys(app().config.alerts),
    readGauges: async () => (await app().state()).readGauges(),
    nextRun: (name) => nextScheduledTimes(app().sync(name)),
  });
  app().observers.add(metrics.observer);
  return {
    health,
    trigger,
    watch,
    ...runApi(app),
    ...actionApi(app),
    syncs: () => syncOverviews(app()),
    sync: (name) => syncDocument(app(), name),
    person: async (query) => explanationDocument(await explainPerson(app(), personSelector(app(), query))),
    about: () => ({ version: version(), hubAddress: app().config.destination.baseUrl }),
    metrics: () => metrics.render(),
  };
}

/** What people do by hand, and the record of it. */
function actionApi(app: () => App): Pick<DaemonApi, 'pause' | 'resume' | 'recordShowPeople' | 'audit'> {
  return {
    pause: async (sync, note) => {
      const { name } = app().sync(sync);
      await (await openMigratedSchedules(app())).pause(name, note);
      await recordAction(app(), { action: 'pause', sync: name, caller: note.by, reason: note.reason });
    },
    resume: async (sync) => {
      const { name } = app().sync(sync);
      const endedPause = await (await openMigratedSchedules(app())).resume(name);
      if (endedPause !== null) await recordAction(app(), { action: 'resume', sync: name, caller: 'HTTP' });
    },
    audit: (sync, page) =>
      paged(
        page,
        async (limit, after) => {
          const name = sync === null ? null : app().sync(sync).name;
          return (await app().records()).audit({ sync: name, limit, beforeId: after });
        },
        ({ id }) => id,
      ),
    recordShowPeople: ({ by, reason }) => recordAction(app(), { action: 'show_people', caller: by, reason }),
  };
}

function runApi(app: () => App): Pick<DaemonApi, 'runs' | 'run' | 'latestRun' | 'rejections' | 'skips'> {
  const syncName = (sync: string | null): string | null => (sync === null ? null : app().sync(sync).name);
  const run = async (runId: string): Promise<RunReport> => {
    const report = await (await app().records()).run(runId);
    if (report === null) throw unknownRunError(runId);
    return report;
  };
  return {
    run,
    runs: (sync, page) =>
      paged(
        page,
        async (limit, after) => (await app().records()).runs(syncName(sync), limit, { beforeRunId: after }),
        ({ runId }) => runId,
      ),
    latestRun: async (sync) => {
      const [latest] = await (await app().records()).runs(syncName(sync), 1, { plans: false });
      if (latest === undefined) throw noRunsError();
      return latest;
    },
    rejections: async (id, page) => {
      const { runId } = await run(id);
      return paged(
        page,
        async (limit, after) => (await app().records()).rejectionsOfRun(runId, { limit, after }),
        ({ key }) => key,
      );
    },
    skips: async (id, { duplicates, ...page }) => {
      const { runId } = await run(id);
      return paged(
        page,
        async (limit, after) => (await app().records()).skips(runId, { duplicates, limit, after }),
        ({ key }) => key,
      );
    },
  };
}

/** Reads one item more than the page holds, to know whether another page follows. */
async function paged<Item>(
  { limit, after }: PageRequest,
  read: (limit: number, after: string | null) => Promise<readonly Item[]>,
  position: (item: Item) => string,
): Promise<Page<Item>> {
  const found = await read(limit + 1, after);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? position(last) : null };
}

function personSelector(app: App, { email, key, sync }: PersonQuery): PersonSelector {
  const wanted = emailKey(email);
  if (wanted === null || wanted.length > maxKeyLength) {
    throw new PanelsyncError({
      code: 'bad_request',
      recovery: 'usage',
      message: 'The e-mail is blank or too long.',
      hint: 'Send the e-mail of the person in the parameter email.',
    });
  }
  return { email: wanted, key: columnKey(key), sync: sync === null ? null : app.sync(sync).name };
}

function nextScheduledTimes({ schedule, timezone }: SyncSettings): NextRun | null {
  if (schedule === null) return null;
  const cronSchedule = createSchedule(schedule, timezone);
  const nextMs = cronSchedule.next(Date.now());
  return { scheduledAt: new Date(nextMs), intervalMs: cronSchedule.next(nextMs) - nextMs };
}
