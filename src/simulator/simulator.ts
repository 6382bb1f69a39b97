/** The Hub simulator: a Research Hub in memory, stricter than the client. */

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from '../core/listen.ts';
import { writeReply, errorReply } from './reply.ts';
import type { Reply } from './reply.ts';
import { handleControl } from './control/control.ts';
import { injectFault } from './faults/inject-fault.ts';
import { Faults } from './faults/faults.ts';
import type { Fault } from './faults/faults.ts';
import type { ApiCall, SimulatedHub } from './simulated-hub.ts';
import { RequestLog } from './request-log.ts';
import type { Counters, RequestEntry } from './request-log.ts';
import { RateLimit, rateLimitedReply } from './api/rate-limit.ts';
import { defaultOptions } from './options.ts';
import type { SimulatorOptions } from './options.ts';
import { Panel } from './panel/panel.ts';
import type { Person, PersonChange } from './panel/panel.ts';
import { handleApi } from './api/api.ts';
import { createRowRules } from './panel/row-rules.ts';

/** A Research Hub in memory, strict on purpose: what passes here is meant to pass there. */
export interface Simulator {
  /** The base URL of the API, for `destination.baseUrl`. */
  readonly url: string;
  /** By e-mail, trimmed and lower-cased; people without one by `id:` and their id. */
  readonly people: ReadonlyMap<string, Person>;
  readonly counters: Counters;
  /** The last answered requests to the API, oldest first. */
  readonly requests: readonly RequestEntry[];
  /** Replaces the pending faults; without arguments, nothing fails any more. */
  setFaults(...faults: readonly Fault[]): void;
  setOptions(options: Partial<Omit<SimulatorOptions, 'host' | 'port'>>): void;
  /** Edits a person by hand, as a researcher does; throws when the panel does not have the person. */
  edit(email: string, change: PersonChange): Person;
  remove(email: string): void;
  /** Throws when the panel already has the e-mail. */
  add(person: PersonChange): Person;
  /** Clears people, counts, log and faults; the options stay. */
  reset(): void;
  /** Cuts open connections and ends waits. */
  close(): Promise<void>;
}

// Longer than any client keeps an idle connection, so that no request is sent on one that is just closing.
const keepAliveTimeoutMs = 600_000;

export async function startSimulator(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const hub = createHub({ ...defaultOptions, ...options });
  const closing = new AbortController();
  const server = createServer((request, response) => {
    handleRequest(hub, { request, response, closing: closing.signal }).catch((error: unknown) => {
      if (!closing.signal.aborted) writeFailure(response, error);
    });
  });
  server.keepAliveTimeout = keepAliveTimeoutMs;
  const url = `${await listen(server, hub.options, { code: 'simulator_listen', name: 'The simulator' })}/api`;
  let closed: Promise<void> | null = null;
  return createSimulator(hub, url, () => (closed ??= close(server, closing)));
}

function createHub(options: SimulatorOptions): SimulatedHub {
  return {
    options,
    rules: createRowRules(options),
    rateLimit: createRateLimit(options),
    panel: new Panel(),
    requestLog: new RequestLog(),
    faults: new Faults(),
  };
}

function createRateLimit({ requestsPerMinute, limitWindowMs }: SimulatorOptions): RateLimit | null {
  return requestsPerMinute === null ? null : new RateLimit(requestsPerMinute, limitWindowMs);
}

function createSimulator(hub: SimulatedHub, url: string, closeServer: () => Promise<void>): Simulator {
  return {
    url,
    people: hub.panel.people,
    counters: hub.requestLog,
    get requests() {
      return hub.requestLog.latest(hub.options.logSize);
    },
    setFaults: (...faults) => hub.faults.set(faults),
    setOptions: (options) => {
      hub.options = { ...hub.options, ...options };
      hub.rules = createRowRules(hub.options);
      if ('requestsPerMinute' in options || 'limitWindowMs' in options) hub.rateLimit = createRateLimit(hub.options);
    },
    edit: (email, change) => hub.panel.edit(email, change),
    remove: (email) => hub.panel.remove(email),
    add: (person) => hub.panel.add(person),
    reset: () => reset(hub),
    close: closeServer,
  };
}

function reset(hub: SimulatedHub): void {
  hub.panel.clear();
  hub.requestLog.clear();
  hub.faults.set([]);
  hub.rateLimit = createRateLimit(hub.options);
}

interface ServerExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly closing: AbortSignal;
}

async function handleRequest(hub: SimulatedHub, serverExchange: ServerExchange): Promise<void> {
  const { request, response, closing } = serverExchange;
  const requestId = hub.requestLog.nextRequestId();
  const call = await readCall(request, hub.options.maxBodyBytes);
  const controlReply = handleControl(hub, call, () => reset(hub));
  if (controlReply !== null) return writeReply(controlReply, response, requestId);
  hub.requestLog.requests += 1;
  if (call.method === 'GET') hub.requestLog.reads += 1;
  const reply = await handleCall(hub, call, closing);
  const { method, path, query } = call;
  const status = reply.kind === 'cut' ? null : reply.status;
  hub.requestLog.record({ method, path, query, status, rows: reply.rows, requestId }, hub.options.logSize);
  return writeReply(reply, response, requestId);
}

async function handleCall(hub: SimulatedHub, call: ApiCall, closing: AbortSignal): Promise<Reply> {
  const delay = async (delayMs: number): Promise<void> => {
    if (delayMs > 0) await sleep(delayMs, undefined, { signal: closing });
  };
  const { latencyMs, retryAfterFormat } = hub.options;
  const waitMs = hub.rateLimit?.tryAcquire(performance.now()) ?? 0;
  const fault = waitMs > 0 ? null : hub.faults.next(call.method);
  await delay(latencyMs);
  if (waitMs > 0) return rateLimitedReply(retryAfterFormat, waitMs / 1_000);
  const applyRequest = (rejectedRows: readonly number[]) => handleApi(hub, call, rejectedRows);
  return fault === null ? applyRequest([]) : injectFault(fault, applyRequest, delay);
}

/** Reads the whole request, so that the client is ready for a refusal; keeps no more than the limit. */
async function readCall(request: IncomingMessage, maxBodyBytes: number): Promise<ApiCall> {
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

function writeFailure(response: ServerResponse, error: unknown): void {
  const name = error instanceof Error ? error.constructor.name : typeof error;
  if (response.headersSent || response.destroyed) response.destroy();
  else void writeReply(errorReply(500, 'Simulator failure', `The simulator itself failed (${name}).`), response, 'sim');
}

async function close(server: Server, closing: AbortController): Promise<void> {
  closing.abort();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
