import { backoffMs } from '../../lib/async/backoff.ts';
import type { Attempt } from './exchange.ts';

/** When a request is sent again, and how long all senders pause. Pure: the time and chance come from the caller. */

const backoffBaseMs = 500;
const backoffMaxMs = 60_000;

export interface RetryTimingOptions {
  /** Epoch milliseconds, to read dates in Retry-After. */
  readonly nowMs: number;
  readonly retryAfterCapMs: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** How long one sender waits after so many failures in a row. */
export function retryBackoffMs(failures: number, random: () => number): number {
  return backoffMs(failures, { random, baseMs: backoffBaseMs, maxMs: backoffMaxMs, jitter: 1 });
}

/** How long a request waits before its next attempt. After a 429 the pause of the rate limiter is the wait. */
export function retryDelayMs(lastAttempt: Attempt | null, retry: number, random: () => number): number {
  const isRateLimited = lastAttempt?.kind === 'answered' && lastAttempt.response.status === 429;
  return isRateLimited ? 0 : retryBackoffMs(retry, random);
}

/** How long this response asks all senders to pause; `null`: not at all. `sent` counts the attempts of its request. */
export function pauseMs(
  { status, headers }: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  sent: number,
  { nowMs, retryAfterCapMs, random }: RetryTimingOptions,
): number | null {
  if (status !== 429 && status !== 503) return null;
  const requestedMs = retryAfterMs(headers['retry-after'], nowMs, retryAfterCapMs);
  return requestedMs ?? (status === 429 ? retryBackoffMs(sent, random) : null);
}

const secondsPattern = /^\d+(?:\.\d+)?$/;

// The three forms of RFC 9110. Anything else that Date.parse would take ("-5", "2") is not a date here.
const httpDatePattern =
  /^(?:\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT|\w{6,9}, \d{2}-\w{3}-\d{2} \d{2}:\d{2}:\d{2} GMT|\w{3} \w{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/**
 * How long a `Retry-After` header asks to wait, at most `capMs`. `null` where it names no usable wait: the header is
 * absent or malformed, or the time is zero, negative or past.
 */
export function retryAfterMs(header: string | undefined, nowMs: number, capMs: number): number | null {
  const text = header?.trim() ?? '';
  const waitMs = secondsPattern.test(text) ? Number(text) * 1000 : httpDatePattern.test(text) ? utcMs(text) - nowMs : 0;
  return waitMs > 0 ? Math.min(waitMs, capMs) : null;
}

/** The asctime form names no zone, so Date.parse would read it as local time. */
function utcMs(date: string): number {
  return Date.parse(date.endsWith('GMT') ? date : `${date} GMT`);
}
