import { errorReply, withHeaders } from '../reply.ts';
import type { BufferedReply } from '../reply.ts';
import type { RetryAfterFormat } from '../options.ts';

/** Allows a number of requests in any window of time; refused requests do not count. */
export class RateLimit {
  readonly #maxRequests: number;
  readonly #windowMs: number;
  #acceptedAtMs: number[] = [];

  constructor(maxRequests: number, windowMs: number) {
    this.#maxRequests = maxRequests;
    this.#windowMs = windowMs;
  }

  /** 0 when the request may pass, otherwise how long to wait. */
  tryAcquire(nowMs: number): number {
    const windowStartMs = nowMs - this.#windowMs;
    const oldest = this.#acceptedAtMs.findIndex((acceptedAtMs) => acceptedAtMs > windowStartMs);
    this.#acceptedAtMs.splice(0, oldest === -1 ? this.#acceptedAtMs.length : oldest);
    const [firstMs] = this.#acceptedAtMs;
    if (firstMs !== undefined && this.#acceptedAtMs.length >= this.#maxRequests) return firstMs - windowStartMs;
    this.#acceptedAtMs.push(nowMs);
    return 0;
  }
}

export function rateLimitedReply(format: RetryAfterFormat, seconds: number): BufferedReply {
  const reply = errorReply(429, 'Too many requests', 'The rate limit is exceeded. Try again later.');
  if (format === 'none') return reply;
  if (format === 'seconds') return withHeaders(reply, { 'retry-after': String(Math.ceil(seconds)) });
  // HTTP dates have whole seconds: rounded up, so that no client comes back too early.
  const atMs = Math.ceil(Date.now() / 1_000 + seconds) * 1_000;
  return withHeaders(reply, { 'retry-after': new Date(atMs).toUTCString() });
}
