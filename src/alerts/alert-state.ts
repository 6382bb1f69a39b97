import type { AlertKind, AlertState, AlertRecord } from '../core/ports/alert-store.ts';
import type { AlertSettings } from '../core/settings.ts';
import { findUnusual } from '../core/model/sync-state/unusual.ts';
import type { UnusualCount } from '../core/model/sync-state/unusual.ts';
import { isStale } from '../core/model/freshness/data-freshness.ts';
import { isOverdue } from '../core/model/sync-state/overdue.ts';
import type { ScheduledTimes } from '../core/model/sync-state/overdue.ts';
import type { RunReport, RunStatus } from '../core/model/terms.ts';

/** Which changes a webhook is notified of. */
export type AlertPreferences = Pick<AlertSettings, 'on' | 'partialPercent' | 'overdueIntervals'>;

/** What the configuration says of a sync. */
export interface SyncExpectations {
  /** `null`: no schedule, and never overdue. */
  readonly scheduledTimes: ScheduledTimes | null;
  /** `null`: nobody watches the age of its data. */
  readonly maxDataAgeMs: number | null;
}

/** The statuses of runs that matter to a webhook; all others leave the state as it was. */
export function relevantStatuses({ on }: Pick<AlertPreferences, 'on'>): readonly RunStatus[] {
  const alertingStatuses = (['failed', 'stopped'] as const).filter((status) => on.includes(status));
  return ['succeeded', 'partial', ...alertingStatuses];
}

/**
 * The state of a sync for a webhook. It follows from the last run that matters and from the time alone, so it makes no
 * difference which process ran or whether a daemon was running.
 */
export function alertStateOf(
  record: AlertRecord,
  preferences: AlertPreferences,
  { scheduledTimes, maxDataAgeMs }: SyncExpectations,
): AlertState {
  const state = record.lastRun === null ? 'ok' : stateAfter(record.lastRun, preferences);
  // After a message that runs fail or are stopped, one that none succeeds says nothing new.
  const isCompleting = state === 'ok' || state === 'partial';
  if (
    isCompleting &&
    preferences.on.includes('overdue') &&
    isOverdue(record, scheduledTimes, preferences.overdueIntervals)
  )
    return 'overdue';
  if (isCompleting && preferences.on.includes('stale') && hasStaleData(record, maxDataAgeMs)) return 'stale';
  return state === 'ok' && unusualCounts(record, preferences).length > 0 ? 'unusual' : state;
}

/** The age of a paused sync is that of its pause. */
function hasStaleData({ freshness, paused, now }: AlertRecord, maxAgeMs: number | null): boolean {
  if (maxAgeMs === null || freshness === null || paused) return false;
  return isStale({ ...freshness, maxAgeMs }, now);
}

/** What is unusual about the last run, for a webhook that wants to know. */
export function unusualCounts(
  { lastRun, earlierRuns }: Pick<AlertRecord, 'lastRun' | 'earlierRuns'>,
  { on }: Pick<AlertPreferences, 'on'>,
): readonly UnusualCount[] {
  if (!on.includes('unusual') || lastRun === null || lastRun.finishedAt === null) return [];
  if (lastRun.status !== 'succeeded' && lastRun.status !== 'partial') return [];
  const { read, inserted, updated, rejected, unsent, invalid, removed } = lastRun.rows;
  const changed = inserted + updated + rejected + unsent;
  return findUnusual({ finishedAt: new Date(lastRun.finishedAt), read, changed, invalid, removed }, earlierRuns);
}

function stateAfter(run: RunReport, { on, partialPercent }: AlertPreferences): AlertState {
  switch (run.status) {
    case 'failed':
    case 'stopped':
      return run.status;
    case 'partial':
      return on.includes('partial') && undeliveredPercent(run) > partialPercent ? 'partial' : 'ok';
    case 'succeeded':
    case 'canceled':
    case 'running':
      return 'ok';
  }
}

/** Percentage of the rows read that should have reached the Hub and did not. */
export function undeliveredPercent({ rows }: RunReport): number {
  return rows.read === 0 ? 0 : (100 * (rows.invalid + rows.rejected + rows.unsent)) / rows.read;
}

/**
 * The kind of message that brings a webhook from one state to another; `null` if none is due or wanted. An incident is
 * always resolved: nobody asks to be woken for something that is over.
 */
export function messageKind(
  notifiedState: AlertState,
  state: AlertState,
  { on, format }: Pick<AlertPreferences, 'on'> & Pick<AlertSettings, 'format'>,
): AlertKind | null {
  if (notifiedState === state) return null;
  const kind = state === 'ok' ? 'recovered' : state;
  const resolves = format === 'pagerduty' && kind === 'recovered';
  return resolves || on.includes(kind) ? kind : null;
}
