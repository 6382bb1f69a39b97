import type { App } from '../app.ts';
import type { SyncStatus, UnresolvedBatches } from '../core/ports/records.ts';
import type { Pause } from '../core/ports/schedule-store.ts';
import type { SyncSettings } from '../core/settings.ts';
import type { Mode } from '../core/model/terms.ts';
import { createSchedule } from '../lib/schedule/schedule.ts';

export interface SyncOverview extends Omit<SyncStatus, 'pause' | 'unresolved'> {
  readonly sync: string;
  readonly mode: Mode;
  readonly schedule: string | null;
  /** By its schedule, whether or not a daemon runs; `null` without one, and while the sync is paused. */
  readonly nextRunAt: string | null;
  readonly paused: boolean;
  readonly pausedAt: string | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
  /** Batches with an unknown outcome; programs know them by this name. */
  readonly held: UnresolvedBatches;
}

/** The state of every sync of the configuration: schedule, pause, last run, open rejections. */
export async function syncOverviews(app: App): Promise<readonly SyncOverview[]> {
  const records = await app.records();
  const overviews: SyncOverview[] = [];
  for (const sync of Object.values(app.config.syncs)) {
    const { name, mode, schedule } = sync;
    const { pause, unresolved: held, ...status } = await records.status(name);
    const nextRunAt = pause === null ? nextScheduledAt(sync) : null;
    overviews.push({ sync: name, mode, schedule, nextRunAt, ...pausedFields(pause), ...status, held });
  }
  return overviews;
}

function pausedFields(pause: Pause | null): Pick<SyncOverview, 'paused' | 'pausedAt' | 'pausedBy' | 'pauseReason'> {
  const { at = null, by = null, reason = null } = pause ?? {};
  return { paused: pause !== null, pausedAt: at, pausedBy: by, pauseReason: reason };
}

/** When the schedule of a sync is due next, as ISO 8601; `null` without one. */
export function nextScheduledAt({ schedule, timezone }: Pick<SyncSettings, 'schedule' | 'timezone'>): string | null {
  return schedule === null ? null : new Date(createSchedule(schedule, timezone).next(Date.now())).toISOString();
}
