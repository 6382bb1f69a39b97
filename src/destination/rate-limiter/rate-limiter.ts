import { setMaxListeners } from 'node:events';
import { toPanelsyncError } from '../../core/errors.ts';
import type { PanelsyncError } from '../../core/errors.ts';
import type { RateLimitStore } from '../../core/ports/rate-limit-store.ts';
import { canceledError } from '../hub-errors.ts';

/** Places closer together than this are booked in blocks: timers are no finer, and each booking may cost a statement. */
const minSpacingMs = 100;

/** After a wait of this length somebody else may have met a Retry-After meanwhile. */
const recheckThresholdMs = 250;

/** The longest time that setTimeout can hold; it is set again when it has passed. */
const maxTimerMs = 2 ** 31 - 1;

interface Waiter {
  readonly grant: () => void;
  readonly reject: (error: PanelsyncError) => void;
}

/** Places of ours in the queue. They lapse when the time of the places is over, so that none are saved up. */
interface Reservation {
  readonly startsAtMs: number;
  readonly expiresAtMs: number;
  permits: number;
  /** The wait for it is so long that the queue is asked again before it is used. */
  needsRecheck: boolean;
}

/**
 * Hands out the right to send a request, first come, first served, to all senders of one process. Places are booked in
 * a queue that other processes may share: one by one up to 600 requests a minute, above that by what 100 ms bring.
 */
export class RateLimiter {
  readonly #store: RateLimitStore;
  readonly #spacingMs: number;
  readonly #permitsPerReservation: number;
  readonly #waiters = new Set<Waiter>();
  #reservation: Reservation | null = null;
  #pausedUntilMs = 0;
  #isDispatching = false;
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(requestsPerMinute: number, store: RateLimitStore) {
    this.#store = store;
    this.#spacingMs = 60_000 / requestsPerMinute;
    this.#permitsPerReservation = Math.max(1, Math.floor(minSpacingMs / this.#spacingMs));
  }

  /** Resolves when one request may be sent. Rejects when `signal` aborts, on close, and when the queue is lost. */
  acquire(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#closed) return Promise.reject(canceledError());
    if (this.#waiters.size === 0 && this.#takePermit()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        grant: () => (leave(), resolve()),
        reject: (error) => (leave(), reject(error)),
      };
      const onAbort = (): void => {
        waiter.reject(canceledError());
        if (this.#waiters.size === 0) this.#wake();
      };
      // Node warns of a leak at eleven listeners, and there may be more senders than that.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', onAbort);
      this.#waiters.add(waiter);
      void this.#dispatch();
    });
  }

  /** Nobody gets a place for this long, here and in all who share the queue. A longer pause that is under way stays. */
  pause(durationMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, performance.now() + durationMs);
    this.#reservation = null;
    // Where the queue cannot be told it cannot be asked for places either, and whoever does that is told.
    this.#store.pause(durationMs).catch(() => undefined);
    this.#wake();
  }

  /** Turns away all who wait or come later, and leaves no timer behind. */
  close(): void {
    this.#closed = true;
    this.#rejectAll(canceledError());
    this.#wake();
  }

  /** Works for as long as somebody waits. */
  async #dispatch(): Promise<void> {
    if (this.#isDispatching) return;
    this.#isDispatching = true;
    try {
      while (this.#waiters.size > 0) await this.#dispatchNext();
    } catch (error) {
      this.#rejectAll(toPanelsyncError(error));
    } finally {
      this.#isDispatching = false;
    }
  }

  async #dispatchNext(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs < this.#pausedUntilMs) return this.#sleepUntil(this.#pausedUntilMs);
    const reservation = this.#reservation;
    if (reservation === null || reservation.permits === 0 || nowMs >= reservation.expiresAtMs) return this.#reserve();
    if (nowMs < reservation.startsAtMs) return this.#sleepUntil(reservation.startsAtMs);
    if (reservation.needsRecheck) return this.#recheckPause(reservation);
    for (const waiter of this.#waiters) {
      if (!this.#takePermit()) break;
      waiter.grant();
    }
    return undefined;
  }

  async #reserve(): Promise<void> {
    const requestedAtMs = performance.now();
    const waitMs = await this.#store.reserve(this.#permitsPerReservation, this.#spacingMs);
    // A pause that began meanwhile stands before these places.
    if (requestedAtMs < this.#pausedUntilMs) return;
    const startsAtMs = performance.now() + waitMs;
    const expiresAtMs = startsAtMs + this.#permitsPerReservation * this.#spacingMs;
    this.#reservation = {
      startsAtMs,
      expiresAtMs,
      permits: this.#permitsPerReservation,
      needsRecheck: waitMs > recheckThresholdMs,
    };
  }

  /** New places come after a pause that somebody met while we waited for these. */
  async #recheckPause(reservation: Reservation): Promise<void> {
    reservation.needsRecheck = false;
    if ((await this.#store.pausedMs()) > 0) this.#reservation = null;
  }

  #takePermit(): boolean {
    const nowMs = performance.now();
    const reservation = this.#reservation;
    if (reservation === null || reservation.permits === 0 || reservation.needsRecheck) return false;
    if (nowMs < reservation.startsAtMs || nowMs >= reservation.expiresAtMs) return false;
    reservation.permits -= 1;
    return true;
  }

  /** Or until it is woken. */
  #sleepUntil(untilMs: number): Promise<void> {
    const waitMs = Math.max(Math.ceil(untilMs - performance.now()), 1);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), Math.min(waitMs, maxTimerMs));
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve();
      };
    });
  }

  #rejectAll(error: PanelsyncError): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }
}
