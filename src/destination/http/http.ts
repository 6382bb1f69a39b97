/** HTTP to the Hub: attempts, retries and their timing. The only home of axios. */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AxiosAdapter, AxiosInstance } from 'axios';
import axiosRetry from 'axios-retry';
import { toPanelsyncError } from '../../core/errors.ts';
import type { Observer } from '../../core/ports/observer.ts';
import type { Log } from '../../core/ports/log.ts';
import { linkSignals } from '../../lib/async/linked-signal.ts';
import { canceledError, leaseNotConfirmedError } from '../hub-errors.ts';
import type { RateLimiter } from '../rate-limiter/rate-limiter.ts';
import { isRetryableStatus } from '../response.ts';
import { sendAttempt } from './attempt.ts';
import { loadAxios, preloadAxios } from './axios.ts';
import { addAttempt, emptyExchange, isShuttingDown, shouldRetry } from './exchange.ts';
import type { Attempt, HttpExchange, HttpRequest, MutableExchange } from './exchange.ts';
import type { DispatchState, RequestAuthority } from './fenced-request.ts';
import { pauseMs, retryBackoffMs, retryDelayMs } from './retry-timing.ts';

/** Servers close idle connections after 5 seconds or more; reusing one at that moment would look like a lost request. */
const idleTimeoutMs = 4000;

export interface HttpClientSettings {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly retryAfterCapMs: number;
  /** PEM text; `null`: the authorities that Node trusts. */
  readonly ca: string | null;
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

export interface HttpClient {
  /** Begins to load what the first request needs; whatever goes wrong is the request's to tell. */
  prepare(): void;
  /** Sends a request until it has a response, its attempts are used up, or a shutdown begins. */
  exchange(request: HttpRequest, authority: RequestAuthority): Promise<HttpExchange>;
  close(): void;
}

/** An exchange under way. */
interface PendingExchange extends RequestAuthority {
  readonly request: HttpRequest;
  readonly exchange: MutableExchange;
  readonly settings: HttpClientSettings;
  readonly options: HttpClientOptions;
}

/** The HTTP client. axios' errors carry the key and people's data, so none of them leaves this folder. */
export function createHttpClient(settings: HttpClientSettings, options: HttpClientOptions): HttpClient {
  const agentOptions = { keepAlive: true, maxSockets: settings.concurrency, timeout: idleTimeoutMs };
  // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot make it send the key to just any server.
  const httpsAgent = new HttpsAgent({
    ...agentOptions,
    rejectUnauthorized: true,
    ...(settings.ca === null ? {} : { ca: settings.ca }),
  });
  const httpAgent = new HttpAgent(agentOptions);
  let axiosClient: AxiosInstance | null = null;
  const client = (): AxiosInstance => (axiosClient ??= createAxios(settings, { httpAgent, httpsAgent }));
  let consecutiveAmbiguous = 0;
  return {
    prepare: () => void preloadAxios().catch(() => undefined),
    exchange: async (request, authority) => {
      const pending: PendingExchange = { request, exchange: emptyExchange(), ...authority, settings, options };
      await runAttempts(client(), pending);
      if (!request.retryAmbiguous) {
        consecutiveAmbiguous = pending.exchange.ambiguous ? consecutiveAmbiguous + 1 : 0;
        // This request is not sent again, so the next one waits instead.
        if (pending.exchange.ambiguous) options.rateLimiter.pause(retryBackoffMs(consecutiveAmbiguous, options.random));
      }
      return pending.exchange;
    },
    close: () => {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

function createAxios(
  settings: HttpClientSettings,
  agents: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent },
): AxiosInstance {
  const axiosClient = loadAxios().create({
    baseURL: settings.baseUrl,
    headers: { ...settings.headers, 'Accept-Encoding': 'gzip' },
    // axios would take a compressed body that is cut short for a whole one: half a response for an empty success.
    decompress: false,
    ...agents,
    // The key goes to the configured host and nowhere else: no redirects, no proxy from the environment.
    maxRedirects: 0,
    proxy: false,
    responseType: 'arraybuffer',
    // Bodies go in and out as they are; the defaults would parse them.
    transformRequest: [],
    transformResponse: [],
    validateStatus: (status) => !isRetryableStatus(status),
  });
  axiosRetry(axiosClient);
  return axiosClient;
}

async function runAttempts(axiosClient: AxiosInstance, pending: PendingExchange): Promise<void> {
  const { request, exchange, shutdown } = pending;
  try {
    await axiosClient.request({
      method: request.method,
      url: request.path,
      maxContentLength: request.maxResponseBytes,
      ...(request.body === null ? {} : { data: Buffer.from(request.body) }),
      adapter: attemptAdapter(pending),
      'axios-retry': {
        retries: request.maxAttempts - 1,
        retryCondition: () => shouldRetry(exchange, request, shutdown),
        // onRetry does all the waiting, because it can be interrupted.
        retryDelay: () => 0,
        onRetry: (retry) => waitForRetry(retry, pending),
      },
    });
  } catch {
    // The exchange has recorded how each attempt ended; axios' error adds nothing.
  }
}

function attemptAdapter(pending: PendingExchange): AxiosAdapter {
  return async (config) => {
    const { request, exchange, shutdown, fence, settings } = pending;
    if (isShuttingDown(shutdown)) {
      exchange.interruptedBy = canceledError();
      throw new Error('shutting down');
    }
    const onEnd = (attempt: Attempt, dispatch: DispatchState): void => recordAttempt(attempt, dispatch, pending);
    const { maxResponseBytes } = request;
    return sendAttempt(config, { timeoutMs: settings.timeoutMs, maxResponseBytes, shutdown, fence, onEnd });
  };
}

function recordAttempt(attempt: Attempt, { started, fenced }: DispatchState, pending: PendingExchange): void {
  const { exchange, shutdown, settings, options } = pending;
  if (fenced) {
    exchange.interruptedBy = leaseNotConfirmedError();
    return;
  }
  addAttempt(exchange, attempt, { started, aborted: shutdown.abort.aborted });
  const status = attempt.kind === 'answered' ? attempt.response.status : null;
  options.observer?.requestEnded({ status, retry: exchange.sent > 1 });
  if (attempt.kind === 'failed') return;
  const { retryAfterCapMs } = settings;
  const timing = { nowMs: options.clock(), retryAfterCapMs, random: options.random };
  const requestedMs = pauseMs(attempt.response, exchange.sent, timing);
  // The pause holds for all senders, even when this request is not sent again.
  if (requestedMs !== null) options.rateLimiter.pause(requestedMs);
}

async function waitForRetry(retry: number, { exchange, shutdown, options }: PendingExchange): Promise<void> {
  const { lastAttempt } = exchange;
  const delayMs = retryDelayMs(lastAttempt, retry, options.random);
  const status = lastAttempt?.kind === 'answered' ? lastAttempt.response.status : null;
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
