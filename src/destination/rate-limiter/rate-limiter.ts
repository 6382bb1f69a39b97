import { setMaxListeners } from 'node:events';
import { asPanelsyncError } from '../../core/errors.ts';
import type { PanelsyncError } from '../../core/errors.ts';
import type { Pace } from '../../core/ports/rate-limit-store.ts';
import { canceled } from '../hub-errors.ts';

/** Places closer together than this are booked in blocks: timers are no finer, and each booking may cost a statement. */
const finestSpacingMs = 100;

/** After a wait of this length somebody else may have met a Retry-After meanwhile. */
const longWaitMs = 250;

/** The longest time that setTimeout can hold; it is set again when it has passed. */
const longestTimerMs = 2 ** 31 - 1;

interface Waiter {
  readonly go: () => void;
  readonly fail: (error: PanelsyncError) => void;
}

/** Places of ours in the queue. They lapse when the time of the places is over, so that none are saved up. */
interface Booking {
  readonly fromMs: number;
  readonly untilMs: number;
  places: number;
  /** The wait for it is so long that the queue is asked again before it is used. */
  stale: boolean;
}

/**
 * Hands out the right to send a request, first come, first served, to all senders of one process. Places are booked in
 * a queue that other processes may share: one by one up to 600 requests a minute, above that by what 100 ms bring.
 */
export class Pacer {
  readonly #pace: Pace;
  readonly #spacingMs: number;
  readonly #places: number;
  readonly #waiters = new Set<Waiter>();
  #booking: Booking | null = null;
  #pausedUntilMs = 0;
  #serving = false;
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(requestsPerMinute: number, pace: Pace) {
    this.#pace = pace;
    this.#spacingMs = 60_000 / requestsPerMinute;
    this.#places = Math.max(1, Math.floor(finestSpacingMs / this.#spacingMs));
  }

  /** Resolves when one request may be sent. Rejects when `signal` aborts, on close, and when the queue is lost. */
  take(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#closed) return Promise.reject(canceled());
    if (this.#waiters.size === 0 && this.#takePlace()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        go: () => (leave(), resolve()),
        fail: (error) => (leave(), reject(error)),
      };
      const onAbort = (): void => {
        waiter.fail(canceled());
        if (this.#waiters.size === 0) this.#wake();
      };
      // Node warns of a leak at eleven listeners, and there may be more senders than that.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', onAbort);
      this.#waiters.add(waiter);
      void this.#serve();
    });
  }

  /** Nobody gets a place for this long, here and in all who share the queue. A longer pause that is under way stays. */
  pause(durationMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, performance.now() + durationMs);
    this.#booking = null;
    // Where the queue cannot be told it cannot be asked for places either, and whoever does that is told.
    this.#pace.pause(durationMs).catch(() => undefined);
    this.#wake();
  }

  /** Turns away all who wait or come later, and leaves no timer behind. */
  close(): void {
    this.#closed = true;
    this.#failAll(canceled());
    this.#wake();
  }

  /** Works for as long as somebody waits. */
  async #serve(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    try {
      while (this.#waiters.size > 0) await this.#step();
    } catch (error) {
      this.#failAll(asPanelsyncError(error));
    } finally {
      this.#serving = false;
    }
  }

  async #step(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs < this.#pausedUntilMs) return this.#sleepUntil(this.#pausedUntilMs);
    const booking = this.#booking;
    if (booking === null || booking.places === 0 || nowMs >= booking.untilMs) return this.#book();
    if (nowMs < booking.fromMs) return this.#sleepUntil(booking.fromMs);
    if (booking.stale) return this.#lookAgain(booking);
    for (const waiter of this.#waiters) {
      if (!this.#takePlace()) break;
      waiter.go();
    }
    return undefined;
  }

  async #book(): Promise<void> {
    const askedAtMs = performance.now();
    const waitMs = await this.#pace.reserve(this.#places, this.#spacingMs);
    // A pause that began meanwhile stands before these places.
    if (askedAtMs < this.#pausedUntilMs) return;
    const fromMs = performance.now() + waitMs;
    const untilMs = fromMs + this.#places * this.#spacingMs;
    this.#booking = { fromMs, untilMs, places: this.#places, stale: waitMs > longWaitMs };
  }

  /** New places come after a pause that somebody met while we waited for these. */
  async #lookAgain(booking: Booking): Promise<void> {
    booking.stale = false;
    if ((await this.#pace.pausedMs()) > 0) this.#booking = null;
  }

  #takePlace(): boolean {
    const nowMs = performance.now();
    const booking = this.#booking;
    if (booking === null || booking.places === 0 || booking.stale) return false;
    if (nowMs < booking.fromMs || nowMs >= booking.untilMs) return false;
    booking.places -= 1;
    return true;
  }

  /** Or until it is woken. */
  #sleepUntil(moment: number): Promise<void> {
    const waitMs = Math.max(Math.ceil(moment - performance.now()), 1);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), Math.min(waitMs, longestTimerMs));
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
    });
  }

  #failAll(error: PanelsyncError): void {
    for (const waiter of this.#waiters) waiter.fail(error);
  }
}
