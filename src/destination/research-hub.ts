/** The Research Hub as a destination: the wire profile makes requests, responses become outcomes. */

import type { Observer } from '../core/ports/observer.ts';
import type { RateLimitStore } from '../core/ports/rate-limit-store.ts';
import type { SendResult, Destination, BatchOutcome, SendOptions } from '../core/ports/destination.ts';
import type { Log } from '../core/ports/log.ts';
import type { DestinationSettings, WireSettings } from '../core/settings.ts';
import { lastResponse, lastOutcome } from './http/connection.ts';
import type { HubConnection } from './http/connection.ts';
import { createHttpClient } from './http/http.ts';
import { emptyExchange } from './http/exchange.ts';
import type { HttpExchange, HttpRequest } from './http/exchange.ts';
import { unexpectedError } from './hub-errors.ts';
import { sanitizeLine } from './sanitize.ts';
import { InMemoryRateLimitStore } from './rate-limiter/in-memory-rate-limit-store.ts';
import { RateLimiter } from './rate-limiter/rate-limiter.ts';
import { readCharacteristics, checkConnection, readParticipants } from './read-api/read-api.ts';
import type { HubResponse, RequestDescription } from './response.ts';
import { batchPath, fingerprint, payloadField, requestHeaders, withoutTrailingSlash, requestBody } from './wire.ts';

/** More than a hundred refused rows need, and little enough to make a gzip bomb harmless. */
const maxResponseBytes = 1024 * 1024;

export interface ResearchHubOptions {
  readonly log: Log;
  /** Epoch milliseconds; Date.now by default. */
  readonly clock?: () => number;
  /** From 0 to 1, for the jitter of retries; Math.random by default. */
  readonly random?: () => number;
  readonly observer?: Pick<Observer, 'requestEnded' | 'batchSent'>;
  /** The shared rate limit; its own by default. */
  readonly rateLimitStore?: RateLimitStore;
}

/** The Research Hub of User Interviews: sends batches, reads lists, keeps to the rate limit. */
export function createResearchHub(settings: DestinationSettings, options: ResearchHubOptions): Destination {
  const {
    clock = Date.now,
    random = Math.random,
    observer = null,
    rateLimitStore = new InMemoryRateLimitStore(),
    log,
  } = options;
  const rateLimiter = new RateLimiter(settings.requestsPerMinute, rateLimitStore);
  const http = createHttpClient(
    {
      baseUrl: withoutTrailingSlash(settings.baseUrl),
      headers: requestHeaders(settings.apiKey, settings.wire),
      timeoutMs: settings.timeoutMs,
      concurrency: settings.concurrency,
      retryAfterCapMs: settings.retryAfterCapSeconds * 1000,
      ca: settings.tls.ca,
    },
    { rateLimiter, log, clock, random, observer },
  );
  const { origin, pathname } = new URL(settings.baseUrl);
  const connection: HubConnection = { settings, http, rateLimiter, address: withoutTrailingSlash(origin + pathname) };
  return {
    fingerprint: fingerprint(settings),
    prepare: () => http.prepare(),
    acquire: (signal) => rateLimiter.acquire(signal),
    send: async (payloads, sendOptions) => {
      const result = await send(payloads, sendOptions, connection);
      observer?.batchSent(result);
      return result;
    },
    check: (signal) => checkConnection(signal, connection),
    participants: (page, signal) => readParticipants(page, signal, connection),
    characteristics: (signal) => readCharacteristics(signal, connection),
    close: () => {
      rateLimiter.close();
      http.close();
    },
  };
}

async function send(
  payloads: readonly string[],
  { shutdown, fence, onUnknownOutcome }: SendOptions,
  connection: HubConnection,
): Promise<SendResult> {
  const startedMs = performance.now();
  const description = { label: `PATCH ${connection.address}${batchPath}`, rows: payloads.length };
  const noExchange: HttpExchange = emptyExchange();
  let exchange = noExchange;
  let outcome: BatchOutcome;
  try {
    const body = requestBody(payloads, connection.settings.wire);
    const { maxAttempts } = connection.settings;
    const retryAmbiguous = onUnknownOutcome === 'retry';
    const request: HttpRequest = {
      method: 'PATCH',
      path: batchPath,
      body,
      maxAttempts,
      retryAmbiguous,
      maxResponseBytes,
    };
    exchange = await connection.http.exchange(request, { shutdown, fence });
    outcome = withPayloadFields(toOutcome(exchange, description, connection), payloads, connection.settings.wire);
  } catch (error) {
    outcome = { kind: exchange === noExchange ? 'not_sent' : 'unknown', error: unexpectedError(error) };
  }
  const response = lastResponse(exchange);
  const { sent, rateLimited } = exchange;
  return {
    outcome,
    requests: { sent, retried: Math.max(0, sent - 1), rateLimited },
    status: response?.status ?? null,
    requestId: response === null ? null : requestIdOf(response),
    durationMs: Math.round(performance.now() - startedMs),
  };
}

function toOutcome(exchange: HttpExchange, description: RequestDescription, connection: HubConnection): BatchOutcome {
  const outcome = lastOutcome(exchange, description, connection);
  // "Nothing was stored" holds for the last attempt only; an earlier one may have been applied.
  const claimsNotStored = outcome.kind === 'not_sent' || outcome.kind === 'stop';
  if (claimsNotStored && exchange.ambiguous) return { kind: 'unknown', error: outcome.error };
  // What was never written to a connection cannot have been stored, however the last attempt failed.
  const neverSent = exchange.lastAttempt?.kind === 'failed' && !exchange.ambiguous;
  return neverSent && outcome.kind === 'unknown' ? { kind: 'not_sent', error: outcome.error } : outcome;
}

/** The Hub names fields as they were sent; whoever reads the outcome knows them as panelsync names them. */
function withPayloadFields(outcome: BatchOutcome, payloads: readonly string[], wire: WireSettings): BatchOutcome {
  if (outcome.kind !== 'accepted' && outcome.kind !== 'rows_refused') return outcome;
  const refusals = outcome.refusals.map((refusal) => {
    const payloadText = payloads[refusal.index];
    if (refusal.field === null || payloadText === undefined) return refusal;
    return { ...refusal, field: payloadField(refusal.field, payloadText, wire) };
  });
  return { ...outcome, refusals };
}

function requestIdOf({ headers: responseHeaders }: HubResponse): string | null {
  const id = responseHeaders['x-request-id'] ?? responseHeaders['request-id'];
  return id === undefined ? null : sanitizeLine(id, 100);
}
