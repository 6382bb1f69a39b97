import type { RateLimitStore } from '../../core/ports/rate-limit-store.ts';

/** The rate limit of a single process. */
export class InMemoryRateLimitStore implements RateLimitStore {
  #nextMs = 0;
  #pausedUntilMs = 0;

  async reserve(count: number, spacingMs: number): Promise<number> {
    const nowMs = performance.now();
    const atMs = Math.max(nowMs, this.#nextMs, this.#pausedUntilMs);
    this.#nextMs = atMs + count * spacingMs;
    return atMs - nowMs;
  }

  async pause(durationMs: number): Promise<void> {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, performance.now() + durationMs);
  }

  async pausedMs(): Promise<number> {
    return Math.max(0, this.#pausedUntilMs - performance.now());
  }
}
