import type { Schedule } from '../lib/schedule/schedule.ts';

/** Clocks of machines are corrected by less than this all the time; beyond, somebody has set this one back. */
const clockJumpMs = 60_000;

/**
 * Which slot of a schedule is due. It asks the clock each time, so that a process that was stopped or a clock that was
 * changed gives the latest slot only, however many went by.
 */
export class ScheduleClock {
  readonly #schedule: Schedule;
  #handledUntilMs: number;
  #checkedAtMs = Number.POSITIVE_INFINITY;
  #latestScheduledMs = 0;
  #nextScheduledMs = 0;

  /** Slots until `seenMs` are done with. */
  constructor(schedule: Schedule, handledUntilMs: number) {
    this.#schedule = schedule;
    this.#handledUntilMs = handledUntilMs;
  }

  /** The slots until here are done with. */
  get handledUntilMs(): number {
    return this.#handledUntilMs;
  }

  /** The latest slot that has come and is not done with. */
  latestDue(nowMs: number): number | null {
    if (this.#handledUntilMs > nowMs + clockJumpMs) this.#handledUntilMs = nowMs;
    // Walking a schedule costs more than reading the clock: once a slot is enough.
    if (nowMs < this.#checkedAtMs || nowMs >= this.#nextScheduledMs) {
      this.#latestScheduledMs = this.#schedule.previous(nowMs);
      this.#nextScheduledMs = this.#schedule.next(nowMs);
    }
    this.#checkedAtMs = nowMs;
    return this.#latestScheduledMs > this.#handledUntilMs ? this.#latestScheduledMs : null;
  }

  /** How long it is to the next slot, as of the last question. */
  get untilNextMs(): number {
    return this.#nextScheduledMs - this.#checkedAtMs;
  }

  markHandled(scheduledAtMs: number): void {
    this.#handledUntilMs = scheduledAtMs;
  }
}
