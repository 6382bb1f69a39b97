import { cronFault, cronPattern } from './cron.ts';
import type { CronPattern } from './cron.ts';

/** When something is due: the slots of a cron expression in a time zone, as epoch milliseconds. */
export interface Schedule {
  /** The first slot after a time. */
  next(afterMs: number): number;
  /** The last slot at or before a time. */
  previous(atMs: number): number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const minutesADay = 24 * 60;

/** Clocks are changed at quarters of an hour only. */
const quarterMs = 15 * minuteMs;

/** By how much clocks are put back somewhere: the time of day at which they are is passed twice. */
const putBackMs = [hourMs, hourMs / 2, 2 * hourMs];

/** The rarest schedule that there is, 29 February on a given weekday, comes at least this often. */
const rarestMs = 41 * 366 * dayMs;

/** What is wrong with a cron expression, in words that end the sentence "the schedule ..."; `null` when nothing is. */
export function scheduleFault(cron: string): string | null {
  const fault = cronFault(cron);
  if (fault !== null) return fault;
  return nextSlot(cronPattern(cron, 'UTC'), Date.UTC(2026, 0, 1)) === null ? 'names days that never come' : null;
}

/** The schedule of an expression and a time zone in which `scheduleFault` found nothing. */
export function openSchedule(cron: string, timezone: string): Schedule {
  const pattern = cronPattern(cron, timezone);
  return {
    next: (afterMs) => slotOrThrow(nextSlot(pattern, afterMs), cron),
    previous: (atMs) => slotOrThrow(previousSlot(pattern, atMs), cron),
  };
}

function slotOrThrow(slot: number | null, cron: string): number {
  if (slot === null) throw new RangeError(`the schedule ${cron} has no slot`);
  return slot;
}

/** node-cron's own way forward starts at the present only, has none back, and leaves out hours that come twice. */
function nextSlot(pattern: CronPattern, afterMs: number): number | null {
  for (let ms = floor(afterMs, minuteMs); ms < afterMs + rarestMs;) {
    const { slots, clock, otherDay } = minuteAt(pattern, ms);
    const found = slots.find((slot) => slot > afterMs);
    if (found !== undefined) return found;
    if (!otherDay) ms += isHour(pattern, clock) ? minuteMs : quarterMs - (ms % quarterMs);
    else ms += isFarFrom(pattern, ms, aheadDays) ? farDays * dayMs : nearMidnight(minutesADay - clock);
  }
  return null;
}

function previousSlot(pattern: CronPattern, atMs: number): number | null {
  for (let ms = floor(atMs, minuteMs); ms > atMs - rarestMs;) {
    const { slots, clock, otherDay } = minuteAt(pattern, ms);
    const found = slots.findLast((slot) => slot <= atMs);
    if (found !== undefined) return found;
    // Each quarter of an hour is looked at: clocks may have been put forward there.
    if (!otherDay) ms -= isHour(pattern, clock) ? minuteMs : ms % quarterMs || minuteMs;
    else ms -= isFarFrom(pattern, ms, behindDays) ? farDays * dayMs : nearMidnight(clock);
  }
  return null;
}

/** How far it is nearly to the midnight that is so many minutes away: clocks may be changed before it. */
function nearMidnight(minutes: number): number {
  return Math.max(1, minutes - 150) * minuteMs;
}

/** Days that lead through all months between here and a far step, and a little beyond both. */
const farDays = 25;
const aheadDays = [-2, 12, 27];
const behindDays = [2, -12, -27];

/** Whether none of the months of the schedule is near. */
function isFarFrom({ months }: CronPattern, ms: number, days: readonly number[]): boolean {
  return !days.some((day) => months.has(new Date(ms + day * dayMs).getUTCMonth() + 1));
}

function isHour({ hours }: CronPattern, clock: number): boolean {
  return hours.has(Math.floor(clock / 60));
}

interface Minute {
  readonly slots: readonly number[];
  readonly clock: number;
  /** Only the day is why there is none. */
  readonly otherDay: boolean;
}

/** The slots of the minute that begins at `ms`. */
function minuteAt(pattern: CronPattern, ms: number): Minute {
  const clock = pattern.clockMinute(ms);
  const shown = isTime(pattern, clock);
  if (!shown && !isTimeSkipped(pattern, ms, clock)) return { slots: [], clock, otherDay: false };
  if (!pattern.isDay(ms)) return { slots: [], clock, otherDay: true };
  if (shown && isSecondPass(pattern, ms, clock)) return { slots: [], clock, otherDay: false };
  return { clock, slots: shown ? pattern.seconds.map((second) => ms + second * 1000) : [ms], otherDay: false };
}

function isTime(pattern: CronPattern, clock: number): boolean {
  return pattern.minutes.has(clock % 60) && isHour(pattern, clock);
}

/** Clocks were put forward at `ms`, over a time of day that the schedule names: it is made up for at once. */
function isTimeSkipped(pattern: CronPattern, ms: number, clock: number): boolean {
  if (pattern.everyHour || ms % quarterMs !== 0) return false;
  const shownBefore = (pattern.clockMinute(ms - minuteMs) + 1) % minutesADay;
  const skipped = (clock - shownBefore + minutesADay) % minutesADay;
  // More than that are clocks that were put back.
  if (skipped > minutesADay / 2) return false;
  return Array.from({ length: skipped }, (_, at) => (shownBefore + at) % minutesADay).some((at) => isTime(pattern, at));
}

/** Clocks were put back, and showed this time of day before. */
function isSecondPass(pattern: CronPattern, ms: number, clock: number): boolean {
  return !pattern.everyHour && putBackMs.some((backMs) => pattern.clockMinute(ms - backMs) === clock);
}

function floor(value: number, unit: number): number {
  return Math.floor(value / unit) * unit;
}
