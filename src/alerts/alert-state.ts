import type { AlertKind, AlertState, AlertRecord } from '../core/ports/alert-store.ts';
import type { AlertSettings } from '../core/settings.ts';
import { isOverdue } from '../core/model/sync-state/overdue.ts';
import type { ScheduledTimes } from '../core/model/sync-state/overdue.ts';
import type { RunReport, RunStatus } from '../core/model/terms.ts';

/** Which changes a webhook is notified of. */
export type AlertPreferences = Pick<AlertSettings, 'on' | 'partialPercent' | 'overdueIntervals'>;

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
  scheduledTimes: ScheduledTimes | null,
): AlertState {
  const state = record.lastRun === null ? 'ok' : stateAfter(record.lastRun, preferences);
  // After a message that runs fail or are stopped, one that none succeeds says nothing new.
  const isCompleting = state === 'ok' || state === 'partial';
  return isCompleting &&
    preferences.on.includes('overdue') &&
    isOverdue(record, scheduledTimes, preferences.overdueIntervals)
    ? 'overdue'
    : state;
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

/** The kind of message that brings a webhook from one state to another; `null` if none is due or wanted. */
export function messageKind(
  notifiedState: AlertState,
  state: AlertState,
  { on }: Pick<AlertPreferences, 'on'>,
): AlertKind | null {
  if (notifiedState === state) return null;
  const kind = state === 'ok' ? 'recovered' : state;
  return on.includes(kind) ? kind : null;
}
