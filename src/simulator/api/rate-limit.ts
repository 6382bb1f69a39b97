import { refusal, withHeaders } from '../reply.ts';
import type { WholeAnswer } from '../reply.ts';
import type { RetryAfterForm } from '../options.ts';

/** Lets so many requests through in any window of time, and no more; refused requests do not count. */
export class Limit {
  readonly #requests: number;
  readonly #windowMs: number;
  #passedMs: number[] = [];

  constructor(requests: number, windowMs: number) {
    this.#requests = requests;
    this.#windowMs = windowMs;
  }

  /** 0 when the request may pass, else how long to wait. */
  take(nowMs: number): number {
    const startMs = nowMs - this.#windowMs;
    const oldest = this.#passedMs.findIndex((passedMs) => passedMs > startMs);
    this.#passedMs.splice(0, oldest === -1 ? this.#passedMs.length : oldest);
    const [firstMs] = this.#passedMs;
    if (firstMs !== undefined && this.#passedMs.length >= this.#requests) return firstMs - startMs;
    this.#passedMs.push(nowMs);
    return 0;
  }
}

export function tooManyRequests(form: RetryAfterForm, seconds: number): WholeAnswer {
  const answer = refusal(429, 'Too many requests', 'The rate limit is used up. Try again later.');
  if (form === 'none') return answer;
  if (form === 'seconds') return withHeaders(answer, { 'retry-after': String(Math.ceil(seconds)) });
  // HTTP dates know whole seconds only: rounded up, so that nobody is sent back too early.
  const atMs = Math.ceil(Date.now() / 1_000 + seconds) * 1_000;
  return withHeaders(answer, { 'retry-after': new Date(atMs).toUTCString() });
}
