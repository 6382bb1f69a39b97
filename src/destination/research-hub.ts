import type { PanelsyncError } from '../core/errors.ts';
import type { Delivery, Destination, Log, Meaning, Stop } from '../core/ports.ts';
import type { DestinationSettings } from '../core/settings.ts';
import { createHttpClient } from './http.ts';
import type { Exchange, HttpClient } from './http.ts';
import { canceled, failureMeaning, notParticipants, refused, unexpected } from './hub-error.ts';
import { plainLine } from './hub-text.ts';
import { Pacer } from './pacer.ts';
import { readAnswer, readList } from './response.ts';
import type { Answer, Asked } from './response.ts';
import { batchPath, fingerprint, headers, participantsPath, plainAddress, requestBody } from './wire.ts';

export interface ResearchHubParts {
  readonly log: Log;
  /** Epoch milliseconds; Date.now unless told. */
  readonly clock?: () => number;
  /** From 0 to 1, for the jitter of retries; Math.random unless told. */
  readonly random?: () => number;
}

interface Hub {
  readonly settings: DestinationSettings;
  readonly http: HttpClient;
  readonly pacer: Pacer;
  /** The base address for messages, without anything secret it may hold. */
  readonly address: string;
}

/** The Research Hub of User Interviews as the destination of batches. */
export function createResearchHub(settings: DestinationSettings, parts: ResearchHubParts): Destination {
  const { clock = Date.now, random = Math.random, log } = parts;
  const pacer = new Pacer(settings.requestsPerMinute);
  const http = createHttpClient(
    {
      baseUrl: plainAddress(settings.baseUrl),
      headers: headers(settings.apiKey, settings.wire),
      timeoutMs: settings.timeoutMs,
      concurrency: settings.concurrency,
      retryAfterCapMs: settings.retryAfterCapSeconds * 1000,
    },
    { pacer, log, clock, random },
  );
  const { origin, pathname } = new URL(settings.baseUrl);
  const hub: Hub = { settings, http, pacer, address: plainAddress(origin + pathname) };
  return {
    fingerprint: fingerprint(settings),
    slot: (signal) => pacer.take(signal),
    send: (payloads, stop) => send(payloads, stop, hub),
    check: (signal) => check(signal, hub),
    close: () => {
      pacer.close();
      http.close();
    },
  };
}

async function send(payloads: readonly string[], stop: Stop, hub: Hub): Promise<Delivery> {
  const startedMs = performance.now();
  const asked = { label: `PATCH ${hub.address}${batchPath}`, rows: payloads.length };
  const nothing: Exchange = { last: null, stopped: false, doubt: false, sent: 0, rateLimited: 0 };
  let exchange = nothing;
  let meaning: Meaning;
  try {
    const body = requestBody(payloads, hub.settings.wire);
    const { maxAttempts } = hub.settings;
    exchange = await hub.http.exchange({ method: 'PATCH', path: batchPath, body, maxAttempts }, stop);
    meaning = meaningOf(exchange, asked, hub);
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

function meaningOf(exchange: Exchange, asked: Asked, hub: Hub): Meaning {
  const meaning = lastMeaning(exchange, asked, hub);
  // "Nothing was stored" holds for the last attempt only; an earlier one may have been applied all the same.
  const claimsNothing = meaning.kind === 'not_sent' || meaning.kind === 'stop';
  return claimsNothing && exchange.doubt ? { kind: 'unknown', error: meaning.error } : meaning;
}

function lastMeaning({ last, stopped }: Exchange, asked: Asked, hub: Hub): Meaning {
  if (stopped) return { kind: 'not_sent', error: canceled() };
  if (last === null) return { kind: 'not_sent', error: unexpected(null) };
  return last.kind === 'answered'
    ? readAnswer(withoutKey(last.answer, hub), asked)
    : failureMeaning(last.failure, asked.label, last.cause);
}

/** Some servers repeat a key that they refuse; ours must not end up in a message. */
function withoutKey(answer: Answer, { settings }: Hub): Answer {
  if (answer.status < 300 || settings.apiKey === '') return answer;
  return { ...answer, body: answer.body.replaceAll(settings.apiKey, '***') };
}

function requestIdOf({ headers: named }: Answer): string | null {
  const id = named['x-request-id'] ?? named['request-id'];
  return id === undefined ? null : plainLine(id, 100);
}

async function check(signal: AbortSignal, hub: Hub): Promise<string> {
  await hub.pacer.take(signal);
  const path = `${participantsPath}?page[size]=1&page[number]=1`;
  const maxAttempts = Math.min(2, hub.settings.maxAttempts);
  const stop = { drain: signal, abort: signal };
  const exchange = await hub.http.exchange({ method: 'GET', path, body: null, maxAttempts }, stop);
  const asked = { label: `GET ${hub.address}${participantsPath}`, rows: 1 };
  const meaning = lastMeaning(exchange, asked, hub);
  const answer = answerOf(exchange) ?? { status: 0, headers: {}, body: '' };
  if (meaning.kind !== 'accepted') throw errorIn(meaning, asked, answer.status);
  return sentence(answer, asked, hub);
}

/** A question has no rows that could be refused: whatever is not an error yet becomes one. */
function errorIn(meaning: Exclude<Meaning, { kind: 'accepted' }>, asked: Asked, status: number): PanelsyncError {
  if ('error' in meaning) return meaning.error;
  const fault = 'fault' in meaning ? meaning.fault : meaning.refusals[0];
  return refused(asked.label, status, fault?.message ?? null);
}

function sentence({ status, body }: Answer, asked: Asked, hub: Hub): string {
  const page = readList(body);
  if (page === null) throw notParticipants(asked.label, status);
  const total = page.total === null ? '' : `; ${page.total.toLocaleString('en-US')} participants`;
  return `${hub.address} answers; the key is accepted${total}`;
}

function answerOf({ last }: Exchange): Answer | null {
  return last?.kind === 'answered' ? last.answer : null;
}
