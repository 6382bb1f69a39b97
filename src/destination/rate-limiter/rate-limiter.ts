/** The rate limit of all senders that share a key, and the pauses that the Hub asks for. */

import { setMaxListeners } from 'node:events';
import { toPanelsyncError } from '../../core/errors.ts';
import type { PanelsyncError } from '../../core/errors.ts';
import type { RateLimitStore } from '../../core/ports/rate-limit-store.ts';
import { canceledError } from '../hub-errors.ts';

/** Permits closer together than this are reserved in blocks: timers are no finer, and each reservation may cost a statement. */
const minSpacingMs = 100;

/** During a wait this long, another process may have received a Retry-After. */
const recheckThresholdMs = 250;

/** The longest delay of setTimeout; longer waits set it again. */
const maxTimerMs = 2 ** 31 - 1;

interface Waiter {
  readonly grant: () => void;
  readonly reject: (error: PanelsyncError) => void;
}

/** Permits reserved for this process. They expire with their time, so that they cannot be saved up. */
interface Reservation {
  readonly startsAtMs: number;
  readonly expiresAtMs: number;
  permits: number;
  /** Its wait is so long that the store is asked for pauses again before it is used. */
  needsRecheck: boolean;
}

/**
 * Hands out permits to send a request, first come, first served, to all senders of one process. They are reserved in a
 * store that other processes may share: one by one up to 600 requests a minute, above that 100 ms worth at a time.
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

  /** Resolves when one request may be sent. Rejects when `signal` aborts, on close, and when the store fails. */
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

  /** No permits for this long, here and in every process that shares the store. A longer pause in effect stays. */
  pause(durationMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, performance.now() + durationMs);
    this.#reservation = null;
    // A store that fails here also fails the next reservation, which reports the error.
    this.#store.pause(durationMs).catch(() => undefined);
    this.#wake();
  }

  /** Rejects everybody who waits or comes later, and leaves no timer behind. */
  close(): void {
    this.#closed = true;
    this.#rejectAll(canceledError());
    this.#wake();
  }

  /** Runs as long as somebody waits. */
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
    // A pause that began meanwhile comes before these permits.
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

  /** If another process began a pause meanwhile, the reservation is dropped: new permits come after the pause. */
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

  /** Or until it is woken up. */
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
