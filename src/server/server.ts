import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { PanelsyncError } from '../core/errors.ts';
import type { Log } from '../core/ports/ports.ts';
import type { ServerSettings } from '../core/settings.ts';
import { listen } from '../core/listen.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import type { DaemonApi } from './api.ts';
import { createRoutes } from './routes.ts';

/** Clients that send a byte now and then are let go after this. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 20_000;
const keepAliveTimeoutMs = 10_000;
const connectionCheckIntervalMs = 2000;
const maxConnections = 200;

/** How long requests under way may take when the server closes. */
const gracePeriodMs = 2000;

export interface RunningServer {
  /** Origin that it is reached at. */
  readonly url: string;
  /** Takes no new request, and ends with those under way. */
  close(): Promise<void>;
}

export async function startServer(settings: ServerSettings, api: DaemonApi, log: Log): Promise<RunningServer> {
  if (settings.token === null && !isLoopbackHost(settings.host)) throw tokenRequiredError(settings.host);
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: connectionCheckIntervalMs,
    },
    createRoutes(api, { token: settings.token, log }),
  );
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.maxConnections = maxConnections;
  const url = await listen(server, settings, { code: 'server_listen', name: 'The daemon' });
  let closed: Promise<void> | null = null;
  return { url, close: () => (closed ??= close(server)) };
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), gracePeriodMs);
  await closed;
  clearTimeout(timer);
}

function tokenRequiredError(host: string): PanelsyncError {
  return new PanelsyncError({
    code: 'server_needs_token',
    recovery: 'usage',
    message: `Without a token the daemon listens on loopback only, not on ${host}.`,
    hint: 'Set server.token, or server.host: 127.0.0.1.',
  });
}
