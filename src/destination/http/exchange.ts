import type { PanelsyncError } from '../../core/errors.ts';
import type { ShutdownSignals } from '../../core/ports/shutdown-signals.ts';
import { canceledError } from '../hub-errors.ts';
import { isRetryableStatus } from '../response.ts';
import type { HubResponse } from '../response.ts';
import { isAmbiguous, isRetryable } from './request-failure.ts';
import type { RequestFailure } from './request-failure.ts';

/** A request with all its attempts, and what each attempt means for the next one. No I/O. */

export interface HttpRequest {
  readonly method: 'GET' | 'PATCH';
  readonly path: string;
  readonly body: string | null;
  readonly maxAttempts: number;
  /** Whether it may be sent again after an attempt that the server may have applied. */
  readonly retryAmbiguous: boolean;
  /** A longer response is dropped as soon as it exceeds this. */
  readonly maxResponseBytes: number;
}

/** How one request on the wire ended. */
export type Attempt =
  | { readonly kind: 'answered'; readonly response: HubResponse }
  /** `cause` is the system's code, such as ECONNRESET. */
  | { readonly kind: 'failed'; readonly failure: RequestFailure; readonly cause: string | null };

/** A request with all its attempts. */
export interface HttpExchange {
  /** `null`: no attempt ended by itself. */
  readonly lastAttempt: Attempt | null;
  /** What kept it from a response or from another attempt: a shutdown, or an error of the rate limiter or the fence. */
  readonly interruptedBy: PanelsyncError | null;
  /** The server may have applied an attempt without our knowing. */
  readonly ambiguous: boolean;
  readonly sent: number;
  readonly rateLimited: number;
}

export type MutableExchange = { -readonly [Key in keyof HttpExchange]: HttpExchange[Key] };

export function emptyExchange(): MutableExchange {
  return { lastAttempt: null, interruptedBy: null, ambiguous: false, sent: 0, rateLimited: 0 };
}

/** Counts an attempt. `started`: a part of the request was handed to the connection. */
export function addAttempt(
  exchange: MutableExchange,
  attempt: Attempt,
  { started, aborted }: { readonly started: boolean; readonly aborted: boolean },
): void {
  exchange.sent += 1;
  if (attempt.kind === 'failed' && aborted) {
    exchange.interruptedBy = canceledError();
    exchange.ambiguous ||= started;
    return;
  }
  exchange.lastAttempt = attempt;
  if (attempt.kind === 'failed') {
    exchange.ambiguous ||= started && isAmbiguous(attempt.failure);
    return;
  }
  const { status } = attempt.response;
  if (status === 429) exchange.rateLimited += 1;
  else if (isRetryableStatus(status)) exchange.ambiguous = true;
}

/** Whether another attempt follows; during a shutdown none does, and the exchange records why. */
export function shouldRetry(exchange: MutableExchange, request: HttpRequest, shutdown: ShutdownSignals): boolean {
  const { lastAttempt } = exchange;
  if (exchange.interruptedBy !== null || lastAttempt === null) return false;
  if (exchange.ambiguous && !request.retryAmbiguous) return false;
  const retryable =
    lastAttempt.kind === 'answered' ? isRetryableStatus(lastAttempt.response.status) : isRetryable(lastAttempt.failure);
  if (retryable && isShuttingDown(shutdown)) exchange.interruptedBy = canceledError();
  return retryable && exchange.interruptedBy === null;
}

export function isShuttingDown(shutdown: ShutdownSignals): boolean {
  return shutdown.drain.aborted || shutdown.abort.aborted;
}
