import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from '../core/listen.ts';
import { deliver, refusal } from './reply.ts';
import type { Answer } from './reply.ts';
import { answerControl } from './control/control.ts';
import { answerWithFault } from './faults/inject-fault.ts';
import { Faults } from './faults/faults.ts';
import type { Fault } from './faults/faults.ts';
import type { Call, Hub } from './simulated-hub.ts';
import { Ledger } from './request-log.ts';
import type { Counters, RequestEntry } from './request-log.ts';
import { Limit, tooManyRequests } from './api/rate-limit.ts';
import { defaultOptions } from './options.ts';
import type { SimulatorOptions } from './options.ts';
import { Panel } from './panel/panel.ts';
import type { Person, PersonChange } from './panel/panel.ts';
import { answerApi } from './api/api.ts';
import { makeRules } from './panel/row-rules.ts';

/** A Research Hub in memory, strict on purpose: what passes here is meant to pass there. */
export interface Simulator {
  /** The base URL of the API, as `destination.baseUrl` wants it. */
  readonly url: string;
  /** By e-mail, trimmed and lower-cased; people without one by `id:` and their id. */
  readonly people: ReadonlyMap<string, Person>;
  readonly counters: Counters;
  /** The last answered requests to the API, oldest first. */
  readonly requests: readonly RequestEntry[];
  /** Replaces the faults still to come; none: all goes well again. */
  setFaults(...faults: readonly Fault[]): void;
  setOptions(options: Partial<Omit<SimulatorOptions, 'host' | 'port'>>): void;
  /** What a researcher does by hand; throws when the panel does not hold the person. */
  edit(email: string, change: PersonChange): Person;
  remove(email: string): void;
  /** Throws when the panel holds the e-mail already. */
  add(person: PersonChange): Person;
  /** Forgets people, counts, log and faults; the options stay. */
  reset(): void;
  /** Cuts open connections and ends waits. */
  close(): Promise<void>;
}

// Longer than any client keeps an idle connection, so that no request meets one that closes at this moment.
const keepAliveTimeoutMs = 600_000;

export async function startSimulator(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const hub = makeHub({ ...defaultOptions, ...options });
  const closing = new AbortController();
  const server = createServer((request, response) => {
    respond(hub, { request, response, closing: closing.signal }).catch((error: unknown) => {
      if (!closing.signal.aborted) fail(response, error);
    });
  });
  server.keepAliveTimeout = keepAliveTimeoutMs;
  const url = `${await listen(server, hub.options, { code: 'simulator_listen', who: 'The simulator' })}/api`;
  let closed: Promise<void> | null = null;
  return simulatorOf(hub, url, () => (closed ??= close(server, closing)));
}

function makeHub(options: SimulatorOptions): Hub {
  return {
    options,
    rules: makeRules(options),
    limit: makeLimit(options),
    panel: new Panel(),
    ledger: new Ledger(),
    faults: new Faults(),
  };
}

function makeLimit({ requestsPerMinute, limitWindowMs }: SimulatorOptions): Limit | null {
  return requestsPerMinute === null ? null : new Limit(requestsPerMinute, limitWindowMs);
}

function simulatorOf(hub: Hub, url: string, closeServer: () => Promise<void>): Simulator {
  return {
    url,
    people: hub.panel.people,
    counters: hub.ledger,
    get requests() {
      return hub.ledger.log(hub.options.logSize);
    },
    setFaults: (...faults) => hub.faults.set(faults),
    setOptions: (options) => {
      hub.options = { ...hub.options, ...options };
      hub.rules = makeRules(hub.options);
      if ('requestsPerMinute' in options || 'limitWindowMs' in options) hub.limit = makeLimit(hub.options);
    },
    edit: (email, change) => hub.panel.edit(email, change),
    remove: (email) => hub.panel.remove(email),
    add: (person) => hub.panel.add(person),
    reset: () => reset(hub),
    close: closeServer,
  };
}

function reset(hub: Hub): void {
  hub.panel.clear();
  hub.ledger.clear();
  hub.faults.set([]);
  hub.limit = makeLimit(hub.options);
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly closing: AbortSignal;
}

async function respond(hub: Hub, exchange: Exchange): Promise<void> {
  const { request, response, closing } = exchange;
  const requestId = hub.ledger.nextRequestId();
  const call = await readCall(request, hub.options.maxBodyBytes);
  const control = answerControl(hub, call, () => reset(hub));
  if (control !== null) return deliver(control, response, requestId);
  hub.ledger.requests += 1;
  if (call.method === 'GET') hub.ledger.questions += 1;
  const answer = await answerCall(hub, call, closing);
  const { method, path, query } = call;
  const status = answer.kind === 'cut' ? null : answer.status;
  hub.ledger.answered({ method, path, query, status, rows: answer.rows, requestId }, hub.options.logSize);
  return deliver(answer, response, requestId);
}

async function answerCall(hub: Hub, call: Call, closing: AbortSignal): Promise<Answer> {
  const wait = async (delayMs: number): Promise<void> => {
    if (delayMs > 0) await sleep(delayMs, undefined, { signal: closing });
  };
  const { latencyMs, retryAfterForm } = hub.options;
  const limitedMs = hub.limit?.take(performance.now()) ?? 0;
  const fault = limitedMs > 0 ? null : hub.faults.next(call.method);
  await wait(latencyMs);
  if (limitedMs > 0) return tooManyRequests(retryAfterForm, limitedMs / 1_000);
  const apply = (leaveOut: readonly number[]) => answerApi(hub, call, leaveOut);
  return fault === null ? apply([]) : answerWithFault(fault, apply, wait);
}

/** Reads the whole request, so that even a refusal finds a client that listens; keeps no more than the limit. */
async function readCall(request: IncomingMessage, maxBodyBytes: number): Promise<Call> {
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  const body = await new Promise<Buffer | null>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) chunks.push(chunk);
    });
    request.once('end', () => resolve(bytes > maxBodyBytes ? null : Buffer.concat(chunks)));
    request.once('error', reject);
  });
  return { method: request.method ?? 'GET', path, query: query.join('?'), headers: request.headers, body };
}

function fail(response: ServerResponse, error: unknown): void {
  const name = error instanceof Error ? error.constructor.name : typeof error;
  if (response.headersSent || response.destroyed) response.destroy();
  else void deliver(refusal(500, 'Simulator failure', `The simulator itself failed (${name}).`), response, 'sim');
}

async function close(server: Server, closing: AbortController): Promise<void> {
  closing.abort();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
