/** Scheduled times of cron expressions, walked in both directions. */

import { cronIssue, parseCronPattern } from './cron.ts';
import type { CronPattern } from './cron.ts';

/** The scheduled times of a cron expression in a time zone, as epoch milliseconds. */
export interface Schedule {
  /** The first scheduled time after a time. */
  next(afterMs: number): number;
  /** The last scheduled time at or before a time. */
  previous(atMs: number): number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const minutesPerDay = 24 * 60;

/** Clocks change at quarters of an hour only. */
const quarterMs = 15 * minuteMs;

/** By how much clocks go back somewhere; the hour before that occurs twice. */
const fallBackShiftsMs = [hourMs, hourMs / 2, 2 * hourMs];

/** The rarest schedule, 29 February on a given weekday, occurs at least this often. */
const maxSearchMs = 41 * 366 * dayMs;

/** What is wrong with a cron expression, as the end of a sentence "the schedule …"; `null` if nothing is. */
export function scheduleIssue(cron: string): string | null {
  const issue = cronIssue(cron);
  if (issue !== null) return issue;
  return nextTime(parseCronPattern(cron, 'UTC'), Date.UTC(2026, 0, 1)) === null ? 'has days that never occur' : null;
}

/** The schedule of an expression and a time zone in which `scheduleIssue` found nothing. */
export function createSchedule(cron: string, timezone: string): Schedule {
  const pattern = parseCronPattern(cron, timezone);
  return {
    next: (afterMs) => timeOrThrow(nextTime(pattern, afterMs), cron),
    previous: (atMs) => timeOrThrow(previousTime(pattern, atMs), cron),
  };
}

function timeOrThrow(time: number | null, cron: string): number {
  if (time === null) throw new RangeError(`the schedule ${cron} has no time`);
  return time;
}

/** node-cron's own search starts at the present, only goes forward, and skips hours that occur twice. */
function nextTime(pattern: CronPattern, afterMs: number): number | null {
  for (let ms = floor(afterMs, minuteMs); ms < afterMs + maxSearchMs;) {
    const { times, minuteOfDay, isDayExcluded } = minuteAt(pattern, ms);
    const found = times.find((time) => time > afterMs);
    if (found !== undefined) return found;
    if (!isDayExcluded) ms += isScheduledHour(pattern, minuteOfDay) ? minuteMs : quarterMs - (ms % quarterMs);
    else
      ms += isFarFromMonths(pattern, ms, probeDaysAhead)
        ? farStepDays * dayMs
        : nearMidnightMs(minutesPerDay - minuteOfDay);
  }
  return null;
}

function previousTime(pattern: CronPattern, atMs: number): number | null {
  for (let ms = floor(atMs, minuteMs); ms > atMs - maxSearchMs;) {
    const { times, minuteOfDay, isDayExcluded } = minuteAt(pattern, ms);
    const found = times.findLast((time) => time <= atMs);
    if (found !== undefined) return found;
    // Each quarter of an hour is checked: clocks may have gone forward there.
    if (!isDayExcluded) ms -= isScheduledHour(pattern, minuteOfDay) ? minuteMs : ms % quarterMs || minuteMs;
    else ms -= isFarFromMonths(pattern, ms, probeDaysBehind) ? farStepDays * dayMs : nearMidnightMs(minuteOfDay);
  }
  return null;
}

/** Almost the distance to a midnight that many minutes away: clocks may change before it. */
function nearMidnightMs(minutes: number): number {
  return Math.max(1, minutes - 150) * minuteMs;
}

/** Offsets in days that touch every month between here and a far step, and a little beyond both. */
const farStepDays = 25;
const probeDaysAhead = [-2, 12, 27];
const probeDaysBehind = [2, -12, -27];

/** Whether no month of the schedule is near. */
function isFarFromMonths({ months }: CronPattern, ms: number, days: readonly number[]): boolean {
  return !days.some((day) => months.has(new Date(ms + day * dayMs).getUTCMonth() + 1));
}

function isScheduledHour({ hours }: CronPattern, minuteOfDay: number): boolean {
  return hours.has(Math.floor(minuteOfDay / 60));
}

interface MinuteTimes {
  readonly times: readonly number[];
  readonly minuteOfDay: number;
  /** Whether the day is the only reason for no times. */
  readonly isDayExcluded: boolean;
}

/** The scheduled times in the minute that starts at `ms`. */
function minuteAt(pattern: CronPattern, ms: number): MinuteTimes {
  const minuteOfDay = pattern.minuteOfDay(ms);
  const isScheduled = isScheduledTime(pattern, minuteOfDay);
  if (!isScheduled && !isSkippedTime(pattern, ms, minuteOfDay)) return { times: [], minuteOfDay, isDayExcluded: false };
  if (!pattern.matchesDay(ms)) return { times: [], minuteOfDay, isDayExcluded: true };
  if (isScheduled && isRepeatedTime(pattern, ms, minuteOfDay)) return { times: [], minuteOfDay, isDayExcluded: false };
  return {
    minuteOfDay,
    times: isScheduled ? pattern.seconds.map((second) => ms + second * 1000) : [ms],
    isDayExcluded: false,
  };
}

function isScheduledTime(pattern: CronPattern, minuteOfDay: number): boolean {
  return pattern.minutes.has(minuteOfDay % 60) && isScheduledHour(pattern, minuteOfDay);
}

/** Clocks went forward at `ms`, past a time of day in the schedule, which is therefore due at once. */
function isSkippedTime(pattern: CronPattern, ms: number, minuteOfDay: number): boolean {
  if (pattern.everyHour || ms % quarterMs !== 0) return false;
  const previousMinuteOfDay = (pattern.minuteOfDay(ms - minuteMs) + 1) % minutesPerDay;
  const skipped = (minuteOfDay - previousMinuteOfDay + minutesPerDay) % minutesPerDay;
  // A larger difference means that clocks went back.
  if (skipped > minutesPerDay / 2) return false;
  return Array.from({ length: skipped }, (_, at) => (previousMinuteOfDay + at) % minutesPerDay).some((at) =>
    isScheduledTime(pattern, at),
  );
}

/** Clocks went back, and this time of day occurred before. */
function isRepeatedTime(pattern: CronPattern, ms: number, minuteOfDay: number): boolean {
  return !pattern.everyHour && fallBackShiftsMs.some((shiftMs) => pattern.minuteOfDay(ms - shiftMs) === minuteOfDay);
}

function floor(value: number, unit: number): number {
  return Math.floor(value / unit) * unit;
}
