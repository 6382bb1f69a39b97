import type { App } from '../app.ts';
import type { SyncStatus, UnresolvedBatches } from '../core/ports/records.ts';
import type { Pause } from '../core/ports/schedule-store.ts';
import type { SyncSettings } from '../core/settings.ts';
import { freshnessReport } from '../core/model/freshness/data-freshness.ts';
import type { FreshnessReport } from '../core/model/freshness/data-freshness.ts';
import { isOverdue } from '../core/model/sync-state/overdue.ts';
import { syncStateOf } from '../core/model/sync-state/sync-state.ts';
import type { SyncState } from '../core/model/sync-state/sync-state.ts';
import type { Mode } from '../core/model/terms.ts';
import { createSchedule } from '../lib/schedule/schedule.ts';

type Internal = 'pause' | 'unresolved' | 'lastOutcome' | 'watchedSince' | 'freshness';

export interface SyncOverview extends Omit<SyncStatus, Internal> {
  readonly sync: string;
  readonly state: SyncState;
  readonly mode: Mode;
  readonly schedule: string | null;
  /** By its schedule, whether or not a daemon runs; `null` without one, and while the sync is paused. */
  readonly nextRunAt: string | null;
  readonly paused: boolean;
  readonly pausedAt: string | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  /** The age of the data now; `null`: nobody watches it, or no run has read it yet. */
  readonly freshness: FreshnessReport | null;
  /** Batches with an unknown outcome; programs know them by this name. */
  readonly held: UnresolvedBatches;
}

/** The state of every sync of the configuration: schedule, pause, last run, open rejections. */
export async function syncOverviews(app: App): Promise<readonly SyncOverview[]> {
  const records = await app.records();
  const overviews: SyncOverview[] = [];
  for (const sync of Object.values(app.config.syncs)) {
    overviews.push(syncOverview(sync, await records.status(sync.name)));
  }
  return overviews;
}

/** The state of one sync, with its configuration and its model. */
export async function syncDocument(app: App, name: string): Promise<object> {
  const sync = app.sync(name);
  const shown = app.config.shown[sync.name];
  return {
    ...syncOverview(sync, await (await app.records()).status(sync.name)),
    configuration: shown?.configuration ?? '',
    model: { file: shown?.modelFile ?? null, sql: sync.model.sql },
  };
}

function syncOverview(sync: SyncSettings, recorded: SyncStatus): SyncOverview {
  const { name, mode, schedule } = sync;
  const { pause, unresolved: held, lastOutcome, watchedSince: _watchedSince, freshness: _data, ...status } = recorded;
  const freshness = freshnessNow(sync, recorded);
  const [overdue, stale] = [isSyncOverdue(sync, recorded), freshness?.stale ?? false];
  return {
    sync: name,
    state: syncStateOf({ ...status, lastOutcome, paused: pause !== null, overdue, stale }),
    mode,
    schedule,
    nextRunAt: pause === null ? nextScheduledAt(sync) : null,
    ...pausedFields(pause),
    ...status,
    freshness,
    held,
  };
}

/** By the limit of now, as alerts have it: the age of a paused sync is that of its pause. */
function freshnessNow(
  { freshness: watched }: Pick<SyncSettings, 'freshness'>,
  { freshness: recorded, pause }: SyncStatus,
): FreshnessReport | null {
  if (watched === null || recorded === null) return null;
  const report = freshnessReport({ ...recorded, maxAgeMs: watched.maxAgeMs }, new Date());
  return { ...report, stale: report.stale && pause === null };
}

function isSyncOverdue(
  { schedule, timezone }: Pick<SyncSettings, 'schedule' | 'timezone'>,
  { lastSuccessAt, watchedSince, pause }: SyncStatus,
): boolean {
  if (schedule === null || watchedSince === null) return false;
  const progress = {
    lastSuccessAt: lastSuccessAt === null ? null : new Date(lastSuccessAt),
    watchedSince: new Date(watchedSince),
    paused: pause !== null,
    now: new Date(),
  };
  return isOverdue(progress, createSchedule(schedule, timezone));
}

function pausedFields(pause: Pause | null): Pick<SyncOverview, 'paused' | 'pausedAt' | 'pausedBy' | 'pauseReason'> {
  const { at = null, by = null, reason = null } = pause ?? {};
  return { paused: pause !== null, pausedAt: at, pausedBy: by, pauseReason: reason };
}

/** When the schedule of a sync is due next, as ISO 8601; `null` without one. */
export function nextScheduledAt({ schedule, timezone }: Pick<SyncSettings, 'schedule' | 'timezone'>): string | null {
  return schedule === null ? null : new Date(createSchedule(schedule, timezone).next(Date.now())).toISOString();
}
