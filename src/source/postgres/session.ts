import { Client } from 'pg';
import type pg from 'pg';
import type { PanelsyncError } from '../../core/errors.ts';
import type { PostgresConnectionSettings, TlsSettings } from '../../core/settings.ts';
import { canceledError } from '../model-errors.ts';
import { toConnectionError, toSettingsError, toSourceError, unresponsiveServerError } from './errors.ts';
import { createWatchdog } from './watchdog.ts';
import type { Watchdog } from './watchdog.ts';

/** A connection to Postgres that is canceled at the server, then closed, when its signal aborts. */

/** How long canceling at the server may take before the connection is simply closed. */
const cancelTimeoutMs = 5000;

/** When an idle connection is first probed for a living server. */
const keepAliveDelayMs = 10_000;

/** What servers that speak the protocol do in their own ways. */
export interface SessionSetup {
  /**
   * Statements that run first. Sessions differ, people must not: they fix every setting that changes how a value is
   * written as text.
   */
  readonly settings: string;
  /** What to do where the server does not know one of the settings. */
  readonly typeHint: string;
  /** Statements that begin a read-only transaction whose statements all see the same data. */
  begin(statementTimeoutMs: number): string;
}

export interface PostgresSession {
  readonly client: pg.Client;
  readonly watchdog: Watchdog;
  /** Begins the read-only transaction that a model runs in; all its statements see the same data. */
  begin(): Promise<void>;
  /** Any error as one that a person can read. */
  toError(error: unknown): unknown;
  close(): Promise<void>;
}

export async function connect(
  settings: PostgresConnectionSettings,
  { label, setup }: { readonly label: string; readonly setup: SessionSetup },
  signal: AbortSignal,
): Promise<PostgresSession> {
  if (signal.aborted) throw canceledError();
  const config = clientConfig(settings, label);
  const client = createClient(settings, config);
  // The query at work reports the error; without a listener, an error between two queries would end the process.
  client.on('error', () => undefined);
  const watchdog = createWatchdog(client, settings.statementTimeoutMs);
  const endedBy = (): PanelsyncError | null =>
    signal.aborted ? canceledError() : watchdog.hasExpired() ? unresponsiveServerError(settings.name) : null;
  let pid: number | null = null;
  try {
    pid = await startSession(client, { name: settings.name, setup, watchdog });
    if (signal.aborted) throw canceledError();
  } catch (error) {
    watchdog.stop();
    await client.end().catch(() => undefined);
    throw endedBy() ?? toConnectionError(settings.name, client, error);
  }
  const cancel = (): void => {
    void cancelAtServer(config, pid).then(() => client.end());
  };
  signal.addEventListener('abort', cancel, { once: true });
  return {
    client,
    watchdog,
    begin: async () => {
      await client.query(setup.begin(settings.statementTimeoutMs));
    },
    toError: (error) => endedBy() ?? toSourceError(settings.name, client, error),
    close: async () => {
      watchdog.stop();
      signal.removeEventListener('abort', cancel);
      await client.end().catch(() => undefined);
    },
  };
}

/** Connects and fixes the settings; returns the process at the server, which a cancellation names. */
async function startSession(
  client: pg.Client,
  { name, setup, watchdog }: { readonly name: string; readonly setup: SessionSetup; readonly watchdog: Watchdog },
): Promise<number | null> {
  await client.connect();
  watchdog.start();
  await client.query(setup.settings).catch((error: unknown) => {
    throw toSettingsError(name, setup.typeHint, error);
  });
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? null;
}

/** The driver reads the files that the URL names while it creates a client. */
function createClient({ name }: PostgresConnectionSettings, config: pg.ClientConfig): pg.Client {
  try {
    return requireVerification(new Client(config));
  } catch (error) {
    throw toConnectionError(name, null, error);
  }
}

/**
 * Certificates that the URL wants verified are verified, whatever NODE_TLS_REJECT_UNAUTHORIZED says. The driver keeps
 * what it read from the URL in its connection: false, true, or options.
 */
function requireVerification(client: pg.Client): pg.Client {
  const connection: unknown = Reflect.get(client, 'connection');
  if (typeof connection !== 'object' || connection === null) return client;
  const ssl: unknown = Reflect.get(connection, 'ssl');
  if (ssl === true) Reflect.set(connection, 'ssl', { rejectUnauthorized: true });
  else if (typeof ssl === 'object' && ssl !== null && !('rejectUnauthorized' in ssl)) {
    Reflect.set(ssl, 'rejectUnauthorized', true);
  }
  return client;
}

async function cancelAtServer(config: pg.ClientConfig, pid: number | null): Promise<void> {
  const client = new Client({ ...config, connectionTimeoutMillis: cancelTimeoutMs, query_timeout: cancelTimeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_cancel_backend($1)', [pid]);
  } catch {
    // The connection is closed in any case; the server notices at its next write.
  } finally {
    await client.end().catch(() => undefined);
  }
}

function clientConfig(settings: PostgresConnectionSettings, label: string): pg.ClientConfig {
  return {
    connectionString: settings.url,
    application_name: label.slice(0, 63),
    connectionTimeoutMillis: settings.connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    ...(settings.tls === null ? {} : { ssl: tlsOptions(settings.tls) }),
  };
}

function tlsOptions({ mode, ca, cert, key }: TlsSettings): pg.ClientConfig['ssl'] {
  const files = {
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  };
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      return { ...files, rejectUnauthorized: false };
    case 'verify-ca':
      return { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { ...files, rejectUnauthorized: true };
  }
}
