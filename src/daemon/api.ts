import type { App } from '../app.ts';
import { explainPerson, explanationDocument } from '../app/explain-person.ts';
import { syncDocument, syncOverviews } from '../app/sync-overviews.ts';
import { PanelsyncError } from '../core/errors.ts';
import { columnKey, emailKey, maxKeyLength } from '../core/model/key.ts';
import type { PersonSelector } from '../core/ports/records.ts';
import type { SyncSettings } from '../core/settings.ts';
import { createSchedule } from '../lib/schedule/schedule.ts';
import { version } from '../lib/version.ts';
import type { DaemonApi, PersonQuery } from '../server/api.ts';
import { createMetrics } from '../server/metrics/metrics.ts';
import type { NextRun } from '../server/metrics/metrics.ts';
import { actions } from './actions.ts';
import type { StartApproval } from './actions.ts';
import { runReads } from './run-reads.ts';

export interface DaemonApiOptions extends Pick<DaemonApi, 'health' | 'trigger' | 'watch'> {
  /** With the configuration in use. */
  app(): App;
  readonly startApproval: StartApproval;
}

/** What the HTTP server asks of the daemon. */
export function createDaemonApi({ app, health, trigger, startApproval, watch }: DaemonApiOptions): DaemonApi {
  const metrics = createMetrics({
    version: version(),
    syncs: () => Object.keys(app().config.syncs),
    webhooks: () => Object.keys(app().config.alerts),
    readGauges: async () => (await app().state()).readGauges(),
    nextRun: (name) => nextScheduledTimes(app().sync(name)),
    maxDataAgeSeconds: (name) => {
      const { freshness } = app().sync(name);
      return freshness === null ? null : freshness.maxAgeMs / 1000;
    },
  });
  app().observers.add(metrics.observer);
  return {
    health,
    trigger,
    watch,
    ...runReads(app),
    ...actions(app, startApproval),
    syncs: () => syncOverviews(app()),
    sync: (name) => syncDocument(app(), name),
    history: async (sync, days) => (await app().records()).history(app().sync(sync).name, days),
    person: async (query) => explanationDocument(await explainPerson(app(), personSelector(app(), query))),
    about: () => ({ version: version(), hubAddress: app().config.destination.baseUrl }),
    metrics: () => metrics.render(),
  };
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
