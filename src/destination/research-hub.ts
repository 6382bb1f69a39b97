import type { Observer } from '../core/ports/observer.ts';
import type { Pace } from '../core/ports/rate-limit-store.ts';
import type { Delivery, Destination, Log, Meaning, OnDoubt, Stop } from '../core/ports/ports.ts';
import type { DestinationSettings } from '../core/settings.ts';
import { answerOf, lastMeaning } from './http/connection.ts';
import type { Connection } from './http/connection.ts';
import { createHttpClient } from './http/http.ts';
import type { Exchange } from './http/http.ts';
import { unexpected } from './hub-errors.ts';
import { plainLine } from './sanitize.ts';
import { LocalPace } from './rate-limiter/in-memory-rate-limit-store.ts';
import { Pacer } from './rate-limiter/rate-limiter.ts';
import { characteristics, check, participants } from './read-api/read-api.ts';
import type { Answer, Asked } from './response.ts';
import { batchPath, fingerprint, headers, plainAddress, requestBody } from './wire.ts';

/** Far more than a hundred refused rows need, and little enough for a gzip bomb to do no harm. */
const longestAnswerBytes = 1024 * 1024;

export interface ResearchHubParts {
  readonly log: Log;
  /** Epoch milliseconds; Date.now unless told. */
  readonly clock?: () => number;
  /** From 0 to 1, for the jitter of retries; Math.random unless told. */
  readonly random?: () => number;
  readonly observer?: Pick<Observer, 'requestEnded' | 'batchSent'>;
  /** The queue to send in; one of its own unless told. */
  readonly pace?: Pace;
}

/** The Research Hub of User Interviews as the destination of batches. */
export function createResearchHub(settings: DestinationSettings, parts: ResearchHubParts): Destination {
  const { clock = Date.now, random = Math.random, observer = null, pace = new LocalPace(), log } = parts;
  const pacer = new Pacer(settings.requestsPerMinute, pace);
  const http = createHttpClient(
    {
      baseUrl: plainAddress(settings.baseUrl),
      headers: headers(settings.apiKey, settings.wire),
      timeoutMs: settings.timeoutMs,
      concurrency: settings.concurrency,
      retryAfterCapMs: settings.retryAfterCapSeconds * 1000,
    },
    { pacer, log, clock, random, observer },
  );
  const { origin, pathname } = new URL(settings.baseUrl);
  const connection: Connection = { settings, http, pacer, address: plainAddress(origin + pathname) };
  return {
    fingerprint: fingerprint(settings),
    slot: (signal) => pacer.take(signal),
    send: async (payloads, stop, onDoubt = 'repeat') => {
      const delivery = await send({ payloads, stop, onDoubt }, connection);
      observer?.batchSent(delivery);
      return delivery;
    },
    check: (signal) => check(signal, connection),
    participants: (page, signal) => participants(page, signal, connection),
    characteristics: (signal) => characteristics(signal, connection),
    close: () => {
      pacer.close();
      http.close();
    },
  };
}

interface Sent {
  readonly payloads: readonly string[];
  readonly stop: Stop;
  readonly onDoubt: OnDoubt;
}

async function send({ payloads, stop, onDoubt }: Sent, connection: Connection): Promise<Delivery> {
  const startedMs = performance.now();
  const asked = { label: `PATCH ${connection.address}${batchPath}`, rows: payloads.length };
  const nothing: Exchange = { last: null, stopped: null, doubt: false, sent: 0, rateLimited: 0 };
  let exchange = nothing;
  let meaning: Meaning;
  try {
    const body = requestBody(payloads, connection.settings.wire);
    const { maxAttempts } = connection.settings;
    const repeatable = onDoubt === 'repeat';
    const request = { method: 'PATCH', path: batchPath, body, maxAttempts, repeatable, longestAnswerBytes } as const;
    exchange = await connection.http.exchange(request, stop);
    meaning = meaningOf(exchange, asked, connection);
  } catch (error) {
    meaning = { kind: exchange === nothing ? 'not_sent' : 'unknown', error: unexpected(error) };
  }
  const answer = answerOf(exchange);
  const { sent, rateLimited } = exchange;
  return {
    meaning,
    requests: { sent, retried: Math.max(0, sent - 1), rateLimited },
    status: answer?.status ?? null,
    requestId: answer === null ? null : requestIdOf(answer),
    durationMs: Math.round(performance.now() - startedMs),
  };
}

function meaningOf(exchange: Exchange, asked: Asked, connection: Connection): Meaning {
  const meaning = lastMeaning(exchange, asked, connection);
  // "Nothing was stored" holds for the last attempt only; an earlier one may have been applied all the same.
  const claimsNothing = meaning.kind === 'not_sent' || meaning.kind === 'stop';
  if (claimsNothing && exchange.doubt) return { kind: 'unknown', error: meaning.error };
  // What never left cannot have been stored, whatever the last attempt failed with.
  const neverLeft = exchange.last?.kind === 'failed' && !exchange.doubt;
  return neverLeft && meaning.kind === 'unknown' ? { kind: 'not_sent', error: meaning.error } : meaning;
}

function requestIdOf({ headers: named }: Answer): string | null {
  const id = named['x-request-id'] ?? named['request-id'];
  return id === undefined ? null : plainLine(id, 100);
}
