/** The times of a schedule, as epoch milliseconds. */
export interface ScheduledTimes {
  /** The first scheduled time after a time. */
  next(afterMs: number): number;
}

/** Scheduled times without a success after which a sync is overdue, unless a webhook says otherwise. */
export const defaultOverdueIntervals = 3;

export interface ScheduleProgress {
  /** End of the last run that succeeded or was partial. */
  readonly lastSuccessAt: Date | null;
  /** Nothing is overdue by what came before. */
  readonly watchedSince: Date;
  readonly paused: boolean;
  readonly now: Date;
}

/** Whether so many scheduled times have passed since the last success. */
export function isOverdue(
  { lastSuccessAt, watchedSince, paused, now }: ScheduleProgress,
  scheduledTimes: ScheduledTimes | null,
  intervals: number = defaultOverdueIntervals,
): boolean {
  if (paused || scheduledTimes === null) return false;
  let scheduledMs = Math.max(lastSuccessAt?.getTime() ?? 0, watchedSince.getTime());
  for (let count = 0; count < intervals && scheduledMs <= now.getTime(); count += 1) {
    scheduledMs = scheduledTimes.next(scheduledMs);
  }
  return scheduledMs <= now.getTime();
}
