import type { App } from '../app.ts';
import { explainPerson, explanationDocument } from '../app/explain-person.ts';
import { recordAction } from '../app/record-action.ts';
import { syncDocument, syncOverviews } from '../app/sync-overviews.ts';
import { PanelsyncError } from '../core/errors.ts';
import { columnKey, emailKey, maxKeyLength } from '../core/model/key.ts';
import type { AuditRecord } from '../core/ports/audit-log.ts';
import type { PersonSelector } from '../core/ports/records.ts';
import type { SyncSettings } from '../core/settings.ts';
import { createSchedule } from '../lib/schedule/schedule.ts';
import { version } from '../lib/version.ts';
import type { DaemonApi, Page, PageRequest, PersonQuery } from '../server/api.ts';
import { createMetrics } from '../server/metrics/metrics.ts';
import type { NextRun } from '../server/metrics/metrics.ts';
import { paged, runReads } from './run-reads.ts';
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
    ...runReads(app),
    ...actionApi(app),
    syncs: () => syncOverviews(app()),
    sync: (name) => syncDocument(app(), name),
    history: async (sync, days) => (await app().records()).history(app().sync(sync).name, days),
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
    audit: (sync, page) => readAudit(app(), sync, page),
    recordShowPeople: ({ by, reason }) => recordAction(app(), { action: 'show_people', caller: by, reason }),
  };
}

function readAudit(app: App, sync: string | null, page: PageRequest): Promise<Page<AuditRecord>> {
  const read = async (limit: number, after: string | null): Promise<readonly AuditRecord[]> => {
    const name = sync === null ? null : app.sync(sync).name;
    return (await app.records()).audit({ sync: name, limit, beforeId: after });
  };
  return paged(page, read, ({ id }) => id);
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
