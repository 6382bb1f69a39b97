import type { AlertKind, AlertState, AlertRecord } from '../core/ports/alert-store.ts';
import type { AlertSettings } from '../core/settings.ts';
import type { RunReport, RunStatus } from '../core/model/terms.ts';

/** What a webhook wants to hear of. */
export type AlertPreferences = Pick<AlertSettings, 'on' | 'partialPercent' | 'overdueIntervals'>;

/** The slots of a schedule, as epoch milliseconds. */
export interface ScheduledTimes {
  /** The first slot after a time. */
  next(afterMs: number): number;
}

/** Ends of runs that tell this webhook something: those it does not want to hear of leave everything as it was. */
export function relevantStatuses({ on }: Pick<AlertPreferences, 'on'>): readonly RunStatus[] {
  const alertingStatuses = (['failed', 'stopped'] as const).filter((status) => on.includes(status));
  return ['succeeded', 'partial', ...alertingStatuses];
}

/**
 * How a sync stands for a webhook. It follows from the last run that counts and from the time alone, so daemons that
 * were away, or runs that others made, change nothing about the answer.
 */
export function alertStateOf(
  record: AlertRecord,
  preferences: AlertPreferences,
  scheduledTimes: ScheduledTimes | null,
): AlertState {
  const state = record.lastRun === null ? 'ok' : stateAfter(record.lastRun, preferences);
  // Who was told that runs fail or are stopped hears nothing new by hearing that none succeeds.
  const isCompleting = state === 'ok' || state === 'partial';
  return isCompleting && preferences.on.includes('overdue') && isOverdue(record, preferences, scheduledTimes)
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

/** Share of the rows read that should have arrived and did not. */
export function undeliveredPercent({ rows }: RunReport): number {
  return rows.read === 0 ? 0 : (100 * (rows.invalid + rows.rejected + rows.unsent)) / rows.read;
}

/** As many slots have come since the last success as the webhook is patient for. */
function isOverdue(
  { lastSuccessAt, watchedSince, paused, now }: AlertRecord,
  preferences: AlertPreferences,
  scheduledTimes: ScheduledTimes | null,
) {
  if (paused || scheduledTimes === null) return false;
  let scheduledMs = Math.max(lastSuccessAt?.getTime() ?? 0, watchedSince.getTime());
  for (let count = 0; count < preferences.overdueIntervals && scheduledMs <= now.getTime(); count += 1) {
    scheduledMs = scheduledTimes.next(scheduledMs);
  }
  return scheduledMs <= now.getTime();
}

/** What to say to somebody who was told `told` and should know `state`; `null`: nothing, they know or do not care. */
export function messageKind(
  notifiedState: AlertState,
  state: AlertState,
  { on }: Pick<AlertPreferences, 'on'>,
): AlertKind | null {
  if (notifiedState === state) return null;
  const kind = state === 'ok' ? 'recovered' : state;
  return on.includes(kind) ? kind : null;
}
