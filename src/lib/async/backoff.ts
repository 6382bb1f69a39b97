export interface BackoffOptions {
  /** From 0 to 1. */
  readonly random?: () => number;
  /** The longest wait after the first failure. */
  readonly baseMs?: number;
  readonly maxMs?: number;
  /** The share of the wait that chance decides, from 0 to 1. */
  readonly jitter?: number;
}

/**
 * How long to wait after so many failures in a row: doubles with each failure, up to a limit. Jitter keeps callers that
 * failed together from coming back together.
 */
export function backoffMs(
  failures: number,
  { random = Math.random, baseMs = 1000, maxMs = 30_000, jitter = 0.5 }: BackoffOptions = {},
): number {
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 10));
  return Math.round(ceilingMs * (1 - jitter * (1 - random())));
}
