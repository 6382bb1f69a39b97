import type { AlertKind, AlertState, AlertView } from '../core/ports/alert-store.ts';
import type { AlertSettings } from '../core/settings.ts';
import type { RunReport, RunStatus } from '../core/model/terms.ts';

/** What a webhook wants to hear of. */
export type Wishes = Pick<AlertSettings, 'on' | 'partialPercent' | 'overdueIntervals'>;

/** The slots of a schedule, as epoch milliseconds. */
export interface Slots {
  /** The first slot after a time. */
  next(afterMs: number): number;
}

/** Ends of runs that tell this webhook something: those it does not want to hear of leave everything as it was. */
export function countingStatuses({ on }: Pick<Wishes, 'on'>): readonly RunStatus[] {
  const alarming = (['failed', 'stopped'] as const).filter((status) => on.includes(status));
  return ['succeeded', 'partial', ...alarming];
}

/**
 * How a sync stands for a webhook. It follows from the last run that counts and from the time alone, so daemons that
 * were away, or runs that others made, change nothing about the answer.
 */
export function standingOf(view: AlertView, wishes: Wishes, slots: Slots | null): AlertState {
  const state = view.lastRun === null ? 'ok' : stateAfter(view.lastRun, wishes);
  // Who was told that runs fail or are stopped hears nothing new by hearing that none succeeds.
  const finishing = state === 'ok' || state === 'partial';
  return finishing && wishes.on.includes('overdue') && isOverdue(view, wishes, slots) ? 'overdue' : state;
}

function stateAfter(run: RunReport, { on, partialPercent }: Wishes): AlertState {
  switch (run.status) {
    case 'failed':
    case 'stopped':
      return run.status;
    case 'partial':
      return on.includes('partial') && refusedPercent(run) > partialPercent ? 'partial' : 'ok';
    case 'succeeded':
    case 'canceled':
    case 'running':
      return 'ok';
  }
}

/** Share of the rows read that should have arrived and did not. */
export function refusedPercent({ rows }: RunReport): number {
  return rows.read === 0 ? 0 : (100 * (rows.invalid + rows.rejected + rows.unsent)) / rows.read;
}

/** As many slots have come since the last success as the webhook is patient for. */
function isOverdue({ lastSuccessAt, watchedSince, paused, now }: AlertView, wishes: Wishes, slots: Slots | null) {
  if (paused || slots === null) return false;
  let slotMs = Math.max(lastSuccessAt?.getTime() ?? 0, watchedSince.getTime());
  for (let count = 0; count < wishes.overdueIntervals && slotMs <= now.getTime(); count += 1) {
    slotMs = slots.next(slotMs);
  }
  return slotMs <= now.getTime();
}

/** What to say to somebody who was told `told` and should know `state`; `null`: nothing, they know or do not care. */
export function messageKind(told: AlertState, state: AlertState, { on }: Pick<Wishes, 'on'>): AlertKind | null {
  if (told === state) return null;
  const kind = state === 'ok' ? 'recovered' : state;
  return on.includes(kind) ? kind : null;
}
