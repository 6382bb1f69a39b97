import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { inspect } from 'node:util';
import { expect } from 'chai';
import type { SendResult, Destination, OnUnknownOutcome, SendOptions } from '../../../src/core/ports/destination.ts';
import { openFence } from '../../../src/core/ports/fence.ts';
import type { Fence } from '../../../src/core/ports/fence.ts';
import type { Log } from '../../../src/core/ports/log.ts';
import type { ShutdownSignals } from '../../../src/core/ports/shutdown-signals.ts';
import type { DestinationSettings } from '../../../src/core/settings.ts';
import { createResearchHub } from '../../../src/destination/research-hub.ts';
import type { ResearchHubOptions } from '../../../src/destination/research-hub.ts';

/** One step of a script: what the server does with one request, once its body is there. */
export type ResponseStep = (response: ServerResponse, request: IncomingMessage) => void;

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server that answers the requests with one step after the other; the last step stays. */
export class ScriptedHub {
  readonly received: ReceivedRequest[] = [];
  readonly #script: readonly ResponseStep[];
  readonly #server: Server;
  connections = 0;

  constructor(...script: ResponseStep[]) {
    this.#script = script;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('connection', () => (this.connections += 1));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(request, 'end');
    const { method = '', url = '', headers } = request;
    const step = this.#script[Math.min(this.received.length, this.#script.length - 1)];
    this.received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    step?.(response, request);
  }

  get url(): string {
    return urlOf(this.#server);
  }

  async listen(): Promise<this> {
    await listen(this.#server);
    return this;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

export async function listen(server: NetServer): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

export function urlOf(server: NetServer, scheme = 'http'): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port');
  return `${scheme}://127.0.0.1:${address.port}/api`;
}

/** A step that answers with a status and, unless it is a text already, a JSON body. */
export function respondWith(
  status: number,
  body: unknown = '',
  headers: Readonly<Record<string, string>> = {},
): ResponseStep {
  return (response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

export const testApiKey = 'key-that-nobody-may-see';

export const testPayloads: readonly string[] = ['ada@example.test', 'bob@example.test'].map((email) =>
  JSON.stringify({ fields: { email, first_name: 'Nobody-may-see' }, characteristics: {} }),
);

export function destinationSettings(baseUrl: string, changes: Partial<DestinationSettings> = {}): DestinationSettings {
  return {
    apiKey: testApiKey,
    baseUrl,
    batchSize: 100,
    requestsPerMinute: 1_000_000,
    concurrency: 2,
    timeoutMs: 5000,
    maxAttempts: 3,
    retryAfterCapSeconds: 300,
    maxSplitRequests: 200,
    checkCharacteristics: 'stop',
    wire: { auth: 'apikey-header', envelope: 'participants', fieldCase: 'snake', characteristics: 'nested' },
    tls: { ca: null },
    ...changes,
  };
}

/** A destination whose log is kept, and which does not wait between retries unless the Hub asks for it. */
export class RecordedHub {
  readonly logged: unknown[] = [];
  readonly hub: Destination;

  constructor(settings: DestinationSettings, options: Partial<ResearchHubOptions> = {}) {
    const record = (event: string, fields?: unknown): void => void this.logged.push([event, fields]);
    const log: Log = { debug: record, info: record, warn: record, error: record };
    this.hub = createResearchHub(settings, { log, random: () => 0, ...options });
  }

  /** Sends the two people; whatever comes of it, neither result nor log may tell the key or a person. */
  async send(stop: ShutdownSignals = newShutdownSignals(), fence: Fence = openFence): Promise<SendResult> {
    const delivery = await this.hub.send(testPayloads, { ...sendOptions(stop), fence });
    const output = inspect([delivery, this.logged], { depth: null, showHidden: true });
    for (const secret of [testApiKey, 'ada@', 'Nobody-may-see']) expect(output).not.to.contain(secret);
    return delivery;
  }
}

/** How tests send a batch unless it matters. */
export function sendOptions(
  shutdown: ShutdownSignals = newShutdownSignals(),
  onUnknownOutcome: OnUnknownOutcome = 'retry',
): SendOptions {
  return { shutdown, fence: openFence, onUnknownOutcome };
}

export function newShutdownSignals(): ShutdownSignals & {
  readonly drainer: AbortController;
  readonly aborter: AbortController;
} {
  const drainer = new AbortController();
  const aborter = new AbortController();
  return { drainer, aborter, drain: drainer.signal, abort: aborter.signal };
}

/** The kind of a meaning with the code of its error, such as "unknown hub_timeout". */
export function outcomeOf({ outcome }: SendResult): string {
  return 'error' in outcome ? `${outcome.kind} ${outcome.error.code}` : outcome.kind;
}
