import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { AxiosError, create, getAdapter, isAxiosError } from 'axios';
import type { AxiosAdapter, AxiosInstance, AxiosResponse } from 'axios';
import axiosRetry from 'axios-retry';
import { toPanelsyncError } from '../../core/errors.ts';
import { systemCode } from '../../lib/system-code.ts';
import type { PanelsyncError } from '../../core/errors.ts';
import type { Observer } from '../../core/ports/observer.ts';
import type { Log, ShutdownSignals } from '../../core/ports/ports.ts';
import { linkSignals } from '../../lib/async/linked-signal.ts';
import { classifyFailure, isAmbiguous, isRetryable } from './request-failure.ts';
import type { RequestFailure } from './request-failure.ts';
import { fencedTransport } from './fenced-request.ts';
import type { DispatchState } from './fenced-request.ts';
import { canceledError, leaseNotConfirmedError } from '../hub-errors.ts';
import type { RateLimiter } from '../rate-limiter/rate-limiter.ts';
import { isRetryableStatus } from '../response.ts';
import type { HubResponse } from '../response.ts';
import { retryAfterMs } from './retry-timing.ts';

/** Servers close idle connections after 5 seconds and more; reusing one at that moment would look like a lost request. */
const idleTimeoutMs = 4000;

const backoffBaseMs = 500;
const backoffCapMs = 60_000;

export interface HttpClientSettings {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly retryAfterCapMs: number;
}

export interface HttpClientOptions {
  readonly rateLimiter: RateLimiter;
  readonly log: Log;
  /** Epoch milliseconds, to read dates in Retry-After. */
  readonly clock: () => number;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
  readonly observer: Pick<Observer, 'requestEnded'> | null;
}

export interface HttpRequest {
  readonly method: 'GET' | 'PATCH';
  readonly path: string;
  readonly body: string | null;
  readonly maxAttempts: number;
  /** Whether it may go again after an attempt that may have been applied. */
  readonly retryAmbiguous: boolean;
  /** A longer answer is dropped as soon as it is. */
  readonly maxResponseBytes: number;
}

/** How one request on the wire ended. */
export type Attempt =
  | { readonly kind: 'answered'; readonly response: HubResponse }
  /** `cause` is the system's code, such as ECONNRESET. */
  | { readonly kind: 'failed'; readonly failure: RequestFailure; readonly cause: string | null };

/** A request with all its attempts. */
export interface HttpExchange {
  /** `null`: no attempt came to an end of its own. */
  readonly lastAttempt: Attempt | null;
  /** What kept it from an answer or from another attempt: a stop, or the loss of what pace or right hang on. */
  readonly interruptedBy: PanelsyncError | null;
  /** An attempt may have been applied without our hearing of it. */
  readonly ambiguous: boolean;
  readonly sent: number;
  readonly rateLimited: number;
}

export interface HttpClient {
  /** Sends a request until it has an answer, its attempts are used up or a stop is asked for. */
  exchange(request: HttpRequest, shutdown: ShutdownSignals): Promise<HttpExchange>;
  close(): void;
}

/** An exchange under way. */
interface PendingExchange {
  readonly request: HttpRequest;
  readonly exchange: { -readonly [Key in keyof HttpExchange]: HttpExchange[Key] };
  readonly shutdown: ShutdownSignals;
  readonly settings: HttpClientSettings;
  readonly options: HttpClientOptions;
}

/**
 * The only place that knows axios. Its errors carry the key and people's data, so none leaves this file: every attempt
 * is made a value of ours at once where it ends.
 */
export function createHttpClient(settings: HttpClientSettings, options: HttpClientOptions): HttpClient {
  const agentOptions = { keepAlive: true, maxSockets: settings.concurrency, timeout: idleTimeoutMs };
  const agents = { httpAgent: new HttpAgent(agentOptions), httpsAgent: new HttpsAgent(agentOptions) };
  const axiosClient = create({
    baseURL: settings.baseUrl,
    headers: { ...settings.headers, 'Accept-Encoding': 'gzip' },
    // It would take a packed body that breaks off for a whole one: half an answer for an empty one, which is a success.
    decompress: false,
    ...agents,
    // The key goes to the configured host and nowhere else: no redirect is followed, no proxy of the environment used.
    maxRedirects: 0,
    proxy: false,
    responseType: 'arraybuffer',
    // Bodies go in and out as they are; the defaults would parse them.
    transformRequest: [],
    transformResponse: [],
    validateStatus: (status) => !isRetryableStatus(status),
  });
  axiosRetry(axiosClient);
  let consecutiveAmbiguous = 0;
  return {
    exchange: async (request, shutdown) => {
      const exchange: PendingExchange['exchange'] = {
        lastAttempt: null,
        interruptedBy: null,
        ambiguous: false,
        sent: 0,
        rateLimited: 0,
      };
      const pending: PendingExchange = { request, exchange, shutdown, settings, options };
      await runAttempts(axiosClient, pending);
      if (!request.retryAmbiguous) {
        consecutiveAmbiguous = pending.exchange.ambiguous ? consecutiveAmbiguous + 1 : 0;
        // Where a repeated request would wait, the next one does.
        if (pending.exchange.ambiguous) options.rateLimiter.pause(backoffMs(consecutiveAmbiguous, options.random));
      }
      return pending.exchange;
    },
    close: () => {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

async function runAttempts(axiosClient: AxiosInstance, pending: PendingExchange): Promise<void> {
  const { request } = pending;
  try {
    await axiosClient.request({
      method: request.method,
      url: request.path,
      maxContentLength: request.maxResponseBytes,
      ...(request.body === null ? {} : { data: Buffer.from(request.body) }),
      adapter: attemptAdapter(pending),
      'axios-retry': {
        retries: request.maxAttempts - 1,
        retryCondition: () => shouldRetry(pending),
        // All the waiting is done in onRetry, where it can be stopped.
        retryDelay: () => 0,
        onRetry: (retry) => waitForRetry(retry, pending),
      },
    });
  } catch {
    // Whatever axios throws now, the attempts have noted down how they ended.
  }
}

/** Wraps axios' own adapter, so that each attempt has its own time and is noted down as it ends. */
function attemptAdapter(pending: PendingExchange): AxiosAdapter {
  const send = getAdapter('http');
  return async (config) => {
    const { exchange, shutdown, settings } = pending;
    if (isShuttingDown(shutdown)) {
      exchange.interruptedBy = canceledError();
      throw new Error('stopped');
    }
    const linkedSignal = linkSignals([shutdown.abort]);
    // axios' own time-out ends with the first byte of the answer; this one covers connect, request and whole answer.
    const timer = setTimeout(linkedSignal.abort, settings.timeoutMs);
    config.signal = linkedSignal.signal;
    const dispatch: DispatchState = { started: false, fenced: false };
    config.transport = fencedTransport(shutdown.fence, dispatch);
    try {
      const response = decompress(await send(config), pending.request.maxResponseBytes);
      recordAttempt(toAttempt(response, null, linkedSignal.signal), dispatch, pending);
      return response;
    } catch (error) {
      const response = isAxiosError<unknown>(error) ? error.response : undefined;
      recordAttempt(toAttempt(response, error, linkedSignal.signal), dispatch, pending);
      throw error;
    } finally {
      clearTimeout(timer);
      linkedSignal.release();
      // axios-retry sends this same config again, and the next attempt gets a signal of its own.
      delete config.signal;
    }
  };
}

/** The answer with its body as it was before it was packed; throws when that breaks off or is longer than it may be. */
function decompress(response: AxiosResponse<unknown>, maxBytes: number): AxiosResponse<unknown> {
  const { data, headers, config } = response;
  const isGzipped = /^(?:x-)?gzip$/i.test(String(headers['content-encoding']));
  if (!isGzipped || !Buffer.isBuffer(data) || data.length === 0) return response;
  try {
    return { ...response, data: gunzipSync(data, { maxOutputLength: maxBytes }) };
  } catch (error) {
    throw new AxiosError('the body cannot be unpacked', systemCode(error) ?? undefined, config);
  }
}

/** A broken answer comes with status and headers, but without a body. */
function toAttempt(response: AxiosResponse<unknown> | undefined, error: unknown, signal: AbortSignal): Attempt {
  if (response !== undefined && Buffer.isBuffer(response.data)) {
    return { kind: 'answered', response: toHubResponse(response, response.data) };
  }
  if (signal.aborted) return { kind: 'failed', failure: 'timeout', cause: null };
  const cause = systemCode(error);
  // axios has one code for several faults; only where it gave up on the size there is no response with it.
  const isTooLarge = (cause === 'ERR_BAD_RESPONSE' && response === undefined) || cause === 'ERR_BUFFER_TOO_LARGE';
  return { kind: 'failed', failure: isTooLarge ? 'answer_too_large' : classifyFailure(cause), cause };
}

function toHubResponse(response: AxiosResponse<unknown>, data: Buffer): HubResponse {
  const textHeaders = Object.entries(response.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name.toLowerCase(), value] as const] : [],
  );
  return { status: response.status, headers: Object.fromEntries(textHeaders), body: new TextDecoder().decode(data) };
}

function recordAttempt(attempt: Attempt, { started, fenced }: DispatchState, pending: PendingExchange): void {
  const { exchange, shutdown, options } = pending;
  if (fenced) {
    exchange.interruptedBy = leaseNotConfirmedError();
    return;
  }
  exchange.sent += 1;
  const status = attempt.kind === 'answered' ? attempt.response.status : null;
  options.observer?.requestEnded({ status, retry: exchange.sent > 1 });
  if (attempt.kind === 'failed' && shutdown.abort.aborted) {
    exchange.interruptedBy = canceledError();
    exchange.ambiguous ||= started;
    return;
  }
  exchange.lastAttempt = attempt;
  if (attempt.kind === 'failed') {
    exchange.ambiguous ||= started && isAmbiguous(attempt.failure);
    return;
  }
  if (status === 429) exchange.rateLimited += 1;
  else if (isRetryableStatus(attempt.response.status)) exchange.ambiguous = true;
  applyBackpressure(attempt.response, pending);
}

/** The Hub asked for a pause: it holds for all senders, also when this request is not tried again. */
function applyBackpressure({ status, headers }: HubResponse, { exchange, settings, options }: PendingExchange): void {
  if (status !== 429 && status !== 503) return;
  const requestedMs = retryAfterMs(headers['retry-after'], options.clock(), settings.retryAfterCapMs);
  if (requestedMs !== null) options.rateLimiter.pause(requestedMs);
  else if (status === 429) options.rateLimiter.pause(backoffMs(exchange.sent, options.random));
}

function shouldRetry({ request, exchange, shutdown }: PendingExchange): boolean {
  const { lastAttempt } = exchange;
  if (exchange.interruptedBy !== null || lastAttempt === null) return false;
  if (exchange.ambiguous && !request.retryAmbiguous) return false;
  const isRetryableAttempt =
    lastAttempt.kind === 'answered' ? isRetryableStatus(lastAttempt.response.status) : isRetryable(lastAttempt.failure);
  if (isRetryableAttempt && isShuttingDown(shutdown)) exchange.interruptedBy = canceledError();
  return isRetryableAttempt && exchange.interruptedBy === null;
}

async function waitForRetry(retry: number, { exchange, shutdown, options }: PendingExchange): Promise<void> {
  const { lastAttempt } = exchange;
  const status = lastAttempt?.kind === 'answered' ? lastAttempt.response.status : null;
  // After a 429 the pause of the pacer is the wait.
  const delayMs = status === 429 ? 0 : Math.round(backoffMs(retry, options.random));
  const failure = lastAttempt?.kind === 'failed' ? lastAttempt.failure : null;
  options.log.warn('hub request retried', { retry, status, failure, delayMs });
  const linkedSignal = linkSignals([shutdown.drain, shutdown.abort]);
  try {
    await sleep(delayMs, undefined, { signal: linkedSignal.signal });
    await options.rateLimiter.acquire(linkedSignal.signal);
  } catch (error) {
    exchange.interruptedBy = linkedSignal.signal.aborted ? canceledError() : toPanelsyncError(error);
    throw error;
  } finally {
    linkedSignal.release();
  }
}

/** Exponential, with full jitter: senders that failed together do not come back together. */
function backoffMs(retry: number, random: () => number): number {
  return random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** (retry - 1));
}

function isShuttingDown(shutdown: ShutdownSignals): boolean {
  return shutdown.drain.aborted || shutdown.abort.aborted;
}
