/** The HTTP server of the daemon: the page, and health, metrics and the API behind one access control. */

import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { PanelsyncError } from '../core/errors.ts';
import type { Log } from '../core/ports/log.ts';
import type { ServerSettings } from '../core/settings.ts';
import { listen } from '../core/listen.ts';
import type { Service } from '../lib/async/service.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import type { DaemonApi } from './api.ts';
import { limitConnections } from './connections.ts';
import { EventStreams } from './events/events.ts';
import { builtPageFolder, Page } from './page/page.ts';
import { createRouter } from './router.ts';

/** A client that sends its request byte by byte is disconnected after this. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 20_000;
const keepAliveTimeoutMs = 10_000;
const connectionCheckIntervalMs = 2000;
const maxConnections = 200;

/** How long requests under way may take when the server stops. */
const gracePeriodMs = 2000;

export interface HttpServer extends Service {
  /** The origin at which it is reached, once it has started. */
  readonly url: string;
}

export interface HttpServerSettings extends Omit<ServerSettings, 'publicUrl'> {
  /** Where the files of the page are; the built ones when absent. */
  readonly pageFolder?: URL;
}

export function createHttpServer(settings: HttpServerSettings, api: DaemonApi, log: Log): HttpServer {
  return new NodeHttpServer(settings, api, log);
}

class NodeHttpServer implements HttpServer {
  readonly #settings: HttpServerSettings;
  readonly #page: Page;
  readonly #streams = new EventStreams();
  readonly #server: Server;
  readonly #log: Log;
  #url: string | null = null;
  #listening: Promise<void> | null = null;
  #closed: Promise<void> | null = null;

  constructor(settings: HttpServerSettings, api: DaemonApi, log: Log) {
    this.#settings = settings;
    this.#page = new Page(settings.pageFolder ?? builtPageFolder);
    this.#log = log;
    const options = {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: connectionCheckIntervalMs,
    };
    const { token, readToken } = settings;
    this.#server = createServer(
      options,
      createRouter(api, { token, readToken, log, page: this.#page, streams: this.#streams }),
    );
    this.#server.keepAliveTimeout = keepAliveTimeoutMs;
    limitConnections(this.#server, maxConnections);
  }

  get url(): string {
    if (this.#url === null) throw new Error('the server has not started');
    return this.#url;
  }

  /** It answers until it is stopped: a daemon that is shutting down says so. */
  start(_signal: AbortSignal): Promise<void> {
    this.#listening ??= this.#closed === null ? this.#listen() : Promise.resolve();
    return this.#listening;
  }

  /** Takes no new requests, and ends with those under way. */
  stop(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #listen(): Promise<void> {
    const { token, readToken, host } = this.#settings;
    if (token === null && readToken === null && !isLoopbackHost(host)) throw tokenRequiredError(host);
    await this.#page.load();
    this.#url = await listen(this.#server, this.#settings, { code: 'server_listen', name: 'The daemon' });
    this.#log.info('listening', { url: this.#url });
  }

  async #close(): Promise<void> {
    await this.#listening?.catch(() => undefined);
    this.#streams.close();
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), gracePeriodMs);
    await closed;
    clearTimeout(timer);
  }
}

function tokenRequiredError(host: string): PanelsyncError {
  return new PanelsyncError({
    code: 'server_needs_token',
    recovery: 'usage',
    message: `The daemon does not listen on ${host} without a token, only on loopback addresses.`,
    hint: 'Set server.token, or set server.host to 127.0.0.1.',
  });
}
