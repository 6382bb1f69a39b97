import { setMaxListeners } from 'node:events';
import { PanelsyncError } from '../core/errors.ts';

/** Timers of Node are no finer than about a millisecond; below this spacing tokens are handed out in small bursts. */
const finestSpacingMs = 100;

/** The longest time that setTimeout can hold; it is set again when it has passed. */
const longestTimerMs = 2 ** 31 - 1;

interface Waiter {
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

/**
 * Hands out the right to send a request: a token bucket that all senders share, and a pause that stops them all.
 * Up to 600 requests a minute they are spaced evenly (a bucket of one). Above that the bucket holds what 100 ms bring,
 * so the average stays right although no timer is that fine, and a token that is there costs no timer.
 */
export class Pacer {
  readonly #capacity: number;
  readonly #tokensPerMs: number;
  readonly #waiters = new Set<Waiter>();
  #tokens: number;
  #refilledAtMs: number;
  #pausedUntilMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(requestsPerMinute: number) {
    this.#tokensPerMs = requestsPerMinute / 60_000;
    this.#capacity = Math.max(1, this.#tokensPerMs * finestSpacingMs);
    this.#tokens = this.#capacity;
    this.#refilledAtMs = performance.now();
  }

  /** Resolves when one request may be sent, first come, first served. Rejects when `signal` aborts or on close. */
  take(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#closed) return Promise.reject(canceled());
    if (this.#waiters.size === 0 && this.#tryToken()) return Promise.resolve();
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
        this.#schedule();
      };
      // Node warns of a leak at eleven listeners, and there may be more senders than that.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', onAbort);
      this.#waiters.add(waiter);
      this.#schedule();
    });
  }

  /** Nobody gets a token for this long. A longer pause that is under way stays. */
  pause(durationMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, performance.now() + durationMs);
    this.#schedule();
  }

  /** Turns away all who wait or come later, and leaves no timer behind. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.fail(canceled());
    this.#schedule();
  }

  #tryToken(): boolean {
    const nowMs = performance.now();
    if (nowMs < this.#pausedUntilMs) return false;
    const gained = (nowMs - this.#refilledAtMs) * this.#tokensPerMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + gained);
    this.#refilledAtMs = nowMs;
    // Sums of fractions come out a hair below one; without the margin the timer would fire for nothing.
    if (this.#tokens < 1 - 1e-6) return false;
    this.#tokens -= 1;
    return true;
  }

  /** One timer for all: until the pause ends or the next token is there. */
  #schedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiters.size === 0) return;
    const nowMs = performance.now();
    const nextTokenMs = this.#refilledAtMs + Math.max(0, 1 - this.#tokens) / this.#tokensPerMs;
    const waitMs = Math.ceil(Math.max(this.#pausedUntilMs, nextTokenMs) - nowMs);
    this.#timer = setTimeout(() => this.#serve(), Math.min(Math.max(waitMs, 1), longestTimerMs));
  }

  #serve(): void {
    for (const waiter of this.#waiters) {
      if (!this.#tryToken()) break;
      waiter.go();
    }
    this.#schedule();
  }
}

function canceled(): PanelsyncError {
  return new PanelsyncError({
    code: 'canceled',
    recovery: 'canceled',
    message: 'The stop was asked for while a request waited for its turn.',
    hint: 'Nothing to do; the next run goes on from here.',
  });
}
