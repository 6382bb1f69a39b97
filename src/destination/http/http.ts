import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { AxiosError, create, getAdapter, isAxiosError } from 'axios';
import type { AxiosAdapter, AxiosInstance, AxiosResponse } from 'axios';
import axiosRetry from 'axios-retry';
import { asPanelsyncError, systemCode } from '../../core/errors.ts';
import type { PanelsyncError } from '../../core/errors.ts';
import type { Observer } from '../../core/ports/observer.ts';
import type { Log, Stop } from '../../core/ports/ports.ts';
import { linked } from '../../lib/async/linked-signal.ts';
import { failureOf, mayBeApplied, mayPass } from './request-failure.ts';
import type { Failure } from './request-failure.ts';
import { heldTransport } from './fenced-request.ts';
import type { Departure } from './fenced-request.ts';
import { canceled, notHeld } from '../hub-errors.ts';
import type { Pacer } from '../rate-limiter/rate-limiter.ts';
import { isRetried } from '../response.ts';
import type { Answer } from '../response.ts';
import { retryAfterMs } from './retry-after.ts';

/** Servers close idle connections after 5 seconds and more; reusing one at that moment would look like a lost request. */
const idleConnectionMs = 4000;

const backoffBaseMs = 500;
const backoffCapMs = 60_000;

export interface HttpSettings {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly retryAfterCapMs: number;
}

export interface HttpParts {
  readonly pacer: Pacer;
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
  readonly repeatable: boolean;
  /** A longer answer is dropped as soon as it is. */
  readonly longestAnswerBytes: number;
}

/** How one request on the wire ended. */
export type Attempt =
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** `cause` is the system's code, such as ECONNRESET. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly cause: string | null };

/** A request with all its attempts. */
export interface Exchange {
  /** `null`: no attempt came to an end of its own. */
  readonly last: Attempt | null;
  /** What kept it from an answer or from another attempt: a stop, or the loss of what pace or right hang on. */
  readonly stopped: PanelsyncError | null;
  /** An attempt may have been applied without our hearing of it. */
  readonly doubt: boolean;
  readonly sent: number;
  readonly rateLimited: number;
}

export interface HttpClient {
  /** Sends a request until it has an answer, its attempts are used up or a stop is asked for. */
  exchange(request: HttpRequest, stop: Stop): Promise<Exchange>;
  close(): void;
}

/** An exchange under way. */
interface Course {
  readonly request: HttpRequest;
  readonly exchange: { -readonly [Key in keyof Exchange]: Exchange[Key] };
  readonly stop: Stop;
  readonly settings: HttpSettings;
  readonly parts: HttpParts;
}

/**
 * The only place that knows axios. Its errors carry the key and people's data, so none leaves this file: every attempt
 * is made a value of ours at once where it ends.
 */
export function createHttpClient(settings: HttpSettings, parts: HttpParts): HttpClient {
  const pool = { keepAlive: true, maxSockets: settings.concurrency, timeout: idleConnectionMs };
  const agents = { httpAgent: new HttpAgent(pool), httpsAgent: new HttpsAgent(pool) };
  const client = create({
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
    validateStatus: (status) => !isRetried(status),
  });
  axiosRetry(client);
  let doubtsInARow = 0;
  return {
    exchange: async (request, stop) => {
      const exchange = { last: null, stopped: null, doubt: false, sent: 0, rateLimited: 0 };
      const course: Course = { request, exchange, stop, settings, parts };
      await run(client, course);
      if (!request.repeatable) {
        doubtsInARow = course.exchange.doubt ? doubtsInARow + 1 : 0;
        // Where a repeated request would wait, the next one does.
        if (course.exchange.doubt) parts.pacer.pause(backoffMs(doubtsInARow, parts.random));
      }
      return course.exchange;
    },
    close: () => {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

async function run(client: AxiosInstance, course: Course): Promise<void> {
  const { request } = course;
  try {
    await client.request({
      method: request.method,
      url: request.path,
      maxContentLength: request.longestAnswerBytes,
      ...(request.body === null ? {} : { data: Buffer.from(request.body) }),
      adapter: attemptAdapter(course),
      'axios-retry': {
        retries: request.maxAttempts - 1,
        retryCondition: () => wantsRetry(course),
        // All the waiting is done in onRetry, where it can be stopped.
        retryDelay: () => 0,
        onRetry: (retry) => waitForRetry(retry, course),
      },
    });
  } catch {
    // Whatever axios throws now, the attempts have noted down how they ended.
  }
}

/** Wraps axios' own adapter, so that each attempt has its own time and is noted down as it ends. */
function attemptAdapter(course: Course): AxiosAdapter {
  const send = getAdapter('http');
  return async (config) => {
    const { exchange, stop, settings } = course;
    if (isStopped(stop)) {
      exchange.stopped = canceled();
      throw new Error('stopped');
    }
    const link = linked([stop.abort]);
    // axios' own time-out ends with the first byte of the answer; this one covers connect, request and whole answer.
    const timer = setTimeout(link.abort, settings.timeoutMs);
    config.signal = link.signal;
    const departure: Departure = { left: false, refused: false };
    config.transport = heldTransport(stop.hold, departure);
    try {
      const response = unpacked(await send(config), course.request.longestAnswerBytes);
      note(attemptOf(response, null, link.signal), departure, course);
      return response;
    } catch (error) {
      const response = isAxiosError<unknown>(error) ? error.response : undefined;
      note(attemptOf(response, error, link.signal), departure, course);
      throw error;
    } finally {
      clearTimeout(timer);
      link.release();
      // axios-retry sends this same config again, and the next attempt gets a signal of its own.
      delete config.signal;
    }
  };
}

/** The answer with its body as it was before it was packed; throws when that breaks off or is longer than it may be. */
function unpacked(response: AxiosResponse<unknown>, longestBytes: number): AxiosResponse<unknown> {
  const { data, headers, config } = response;
  const isPacked = /^(?:x-)?gzip$/i.test(String(headers['content-encoding']));
  if (!isPacked || !Buffer.isBuffer(data) || data.length === 0) return response;
  try {
    return { ...response, data: gunzipSync(data, { maxOutputLength: longestBytes }) };
  } catch (error) {
    throw new AxiosError('the body cannot be unpacked', systemCode(error) ?? undefined, config);
  }
}

/** A broken answer comes with status and headers, but without a body. */
function attemptOf(response: AxiosResponse<unknown> | undefined, error: unknown, signal: AbortSignal): Attempt {
  if (response !== undefined && Buffer.isBuffer(response.data)) {
    return { kind: 'answered', answer: answerOf(response, response.data) };
  }
  if (signal.aborted) return { kind: 'failed', failure: 'timeout', cause: null };
  const cause = systemCode(error);
  // axios has one code for several faults; only where it gave up on the size there is no response with it.
  const isTooLarge = (cause === 'ERR_BAD_RESPONSE' && response === undefined) || cause === 'ERR_BUFFER_TOO_LARGE';
  return { kind: 'failed', failure: isTooLarge ? 'answer_too_large' : failureOf(cause), cause };
}

function answerOf(response: AxiosResponse<unknown>, data: Buffer): Answer {
  const texts = Object.entries(response.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name.toLowerCase(), value] as const] : [],
  );
  return { status: response.status, headers: Object.fromEntries(texts), body: new TextDecoder().decode(data) };
}

function note(attempt: Attempt, { left, refused }: Departure, course: Course): void {
  const { exchange, stop, parts } = course;
  if (refused) {
    exchange.stopped = notHeld();
    return;
  }
  exchange.sent += 1;
  const status = attempt.kind === 'answered' ? attempt.answer.status : null;
  parts.observer?.requestEnded({ status, retry: exchange.sent > 1 });
  if (attempt.kind === 'failed' && stop.abort.aborted) {
    exchange.stopped = canceled();
    exchange.doubt ||= left;
    return;
  }
  exchange.last = attempt;
  if (attempt.kind === 'failed') {
    exchange.doubt ||= left && mayBeApplied(attempt.failure);
    return;
  }
  if (status === 429) exchange.rateLimited += 1;
  else if (isRetried(attempt.answer.status)) exchange.doubt = true;
  slowDown(attempt.answer, course);
}

/** The Hub asked for a pause: it holds for all senders, also when this request is not tried again. */
function slowDown({ status, headers }: Answer, { exchange, settings, parts }: Course): void {
  if (status !== 429 && status !== 503) return;
  const askedMs = retryAfterMs(headers['retry-after'], parts.clock(), settings.retryAfterCapMs);
  if (askedMs !== null) parts.pacer.pause(askedMs);
  else if (status === 429) parts.pacer.pause(backoffMs(exchange.sent, parts.random));
}

function wantsRetry({ request, exchange, stop }: Course): boolean {
  const { last } = exchange;
  if (exchange.stopped !== null || last === null) return false;
  if (exchange.doubt && !request.repeatable) return false;
  const mayHelp = last.kind === 'answered' ? isRetried(last.answer.status) : mayPass(last.failure);
  if (mayHelp && isStopped(stop)) exchange.stopped = canceled();
  return mayHelp && exchange.stopped === null;
}

async function waitForRetry(retry: number, { exchange, stop, parts }: Course): Promise<void> {
  const { last } = exchange;
  const status = last?.kind === 'answered' ? last.answer.status : null;
  // After a 429 the pause of the pacer is the wait.
  const delayMs = status === 429 ? 0 : Math.round(backoffMs(retry, parts.random));
  const failure = last?.kind === 'failed' ? last.failure : null;
  parts.log.warn('hub request retried', { retry, status, failure, delayMs });
  const link = linked([stop.drain, stop.abort]);
  try {
    await sleep(delayMs, undefined, { signal: link.signal });
    await parts.pacer.take(link.signal);
  } catch (error) {
    exchange.stopped = link.signal.aborted ? canceled() : asPanelsyncError(error);
    throw error;
  } finally {
    link.release();
  }
}

/** Exponential, with full jitter: senders that failed together do not come back together. */
function backoffMs(retry: number, random: () => number): number {
  return random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** (retry - 1));
}

function isStopped(stop: Stop): boolean {
  return stop.drain.aborted || stop.abort.aborted;
}
