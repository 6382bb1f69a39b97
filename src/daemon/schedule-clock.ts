import type { Schedule } from '../lib/schedule/schedule.ts';

/** Clocks of machines are corrected by less than this all the time; beyond, somebody has set this one back. */
const jumpMs = 60_000;

/**
 * Which slot of a schedule is due. It asks the clock each time, so that a process that was stopped or a clock that was
 * changed gives the latest slot only, however many went by.
 */
export class SlotClock {
  readonly #schedule: Schedule;
  #seenMs: number;
  #askedMs = Number.POSITIVE_INFINITY;
  #latestMs = 0;
  #nextMs = 0;

  /** Slots until `seenMs` are done with. */
  constructor(schedule: Schedule, seenMs: number) {
    this.#schedule = schedule;
    this.#seenMs = seenMs;
  }

  /** The slots until here are done with. */
  get seenMs(): number {
    return this.#seenMs;
  }

  /** The latest slot that has come and is not done with. */
  due(nowMs: number): number | null {
    if (this.#seenMs > nowMs + jumpMs) this.#seenMs = nowMs;
    // Walking a schedule costs more than reading the clock: once a slot is enough.
    if (nowMs < this.#askedMs || nowMs >= this.#nextMs) {
      this.#latestMs = this.#schedule.previous(nowMs);
      this.#nextMs = this.#schedule.next(nowMs);
    }
    this.#askedMs = nowMs;
    return this.#latestMs > this.#seenMs ? this.#latestMs : null;
  }

  /** How long it is to the next slot, as of the last question. */
  get waitMs(): number {
    return this.#nextMs - this.#askedMs;
  }

  done(slotMs: number): void {
    this.#seenMs = slotMs;
  }
}
