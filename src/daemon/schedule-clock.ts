import type { Schedule } from '../lib/schedule/schedule.ts';

/** Clocks are corrected by less than this all the time. A larger step back means that somebody set the clock. */
const clockJumpMs = 60_000;

/**
 * Knows which scheduled time is due. It reads the clock at each question, so a process that was suspended, or a clock
 * that was changed, yields the latest scheduled time only, however many have passed.
 */
export class ScheduleClock {
  readonly #schedule: Schedule;
  #handledUntilMs: number;
  #checkedAtMs = Number.POSITIVE_INFINITY;
  #latestScheduledMs = 0;
  #nextScheduledMs = 0;

  constructor(schedule: Schedule, handledUntilMs: number) {
    this.#schedule = schedule;
    this.#handledUntilMs = handledUntilMs;
  }

  /** Scheduled times up to here are done. */
  get handledUntilMs(): number {
    return this.#handledUntilMs;
  }

  /** The latest scheduled time that has come and is not done. */
  latestDue(nowMs: number): number | null {
    if (this.#handledUntilMs > nowMs + clockJumpMs) this.#handledUntilMs = nowMs;
    // Walking a schedule costs more than reading the clock: once per scheduled time is enough.
    if (nowMs < this.#checkedAtMs || nowMs >= this.#nextScheduledMs) {
      this.#latestScheduledMs = this.#schedule.previous(nowMs);
      this.#nextScheduledMs = this.#schedule.next(nowMs);
    }
    this.#checkedAtMs = nowMs;
    return this.#latestScheduledMs > this.#handledUntilMs ? this.#latestScheduledMs : null;
  }

  /** Time until the next scheduled time, as of the last call of `latestDue`. */
  get untilNextMs(): number {
    return this.#nextScheduledMs - this.#checkedAtMs;
  }

  markHandled(scheduledAtMs: number): void {
    this.#handledUntilMs = scheduledAtMs;
  }
}
