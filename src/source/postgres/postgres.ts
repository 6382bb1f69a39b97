import { Client } from 'pg';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { ModelReader, Source } from '../../core/ports/source.ts';
import type { PostgresSourceSettings, TlsSettings } from '../../core/settings.ts';
import type { Column, Model } from '../../core/model/terms.ts';
import { blankSemicolons } from './model-sql.ts';
import { canceledError } from '../model-errors.ts';
import { describeColumns } from './columns.ts';
import { toModelError, notAQueryError, redactRowError, unresponsiveError, toSourceError } from './errors.ts';
import { createWatchdog } from './watchdog.ts';
import type { Watchdog } from './watchdog.ts';

/** Sessions differ; people must not. Every setting that changes how a value is written as text is fixed. */
const sessionSettings = `set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601';
  set extra_float_digits = 1; set bytea_output = 'hex'; set client_encoding = 'UTF8'`;

/** How long a cancellation at the server may take before the connection is simply dropped. */
const cancelTimeoutMs = 5000;

/** When a connection is first asked whether its other end still lives. */
const keepAliveDelayMs = 10_000;

const preparePrefix = 'prepare panelsync_model as ';

export function createPostgresSource(settings: PostgresSourceSettings): Source {
  return {
    open: (model, label, signal) => openModel(settings, { model, label }, signal),
    check: async (signal) => {
      const session = await connect(settings, 'panelsync:check', signal);
      try {
        const { rows } = await session.client.query<{ user: string; database: string; version: string }>(
          `select current_user as user, current_database() as database, current_setting('server_version') as version`,
        );
        const [server] = rows;
        return `Postgres ${server?.version ?? ''}, database ${server?.database ?? ''}, user ${server?.user ?? ''}`;
      } catch (error) {
        throw toSourceError(settings.name, error);
      } finally {
        await session.close();
      }
    },
    close: async () => undefined,
  };
}

async function openModel(
  settings: PostgresSourceSettings,
  { model, label }: { readonly model: Model; readonly label: string },
  signal: AbortSignal,
): Promise<ModelReader> {
  const { client, watchdog, close } = await connect(settings, label, signal);
  try {
    await client.query('begin read only');
    await client.query(`set local statement_timeout = ${settings.statementTimeoutMs}`);
    const sql = blankSemicolons(model.sql);
    await requireSingleStatement(client, model);
    const columns = await describeModel(client, model, sql);
    return {
      columns,
      rows: (positions) => readRows({ client, watchdog, model, sql, columns, settings, signal }, positions),
      close,
    };
  } catch (error) {
    await close();
    throw translateError(error, { settings, watchdog, signal });
  }
}

/** The server judges, not we: only one statement, and only a query or a change, can be prepared. */
async function requireSingleStatement(client: pg.Client, model: Model): Promise<void> {
  try {
    await client.query({ text: preparePrefix + model.sql, queryMode: 'extended' } as pg.QueryConfig);
    await client.query('deallocate panelsync_model');
  } catch (error) {
    throw toModelError(model, error, preparePrefix.length);
  }
}

/** Names and types without a row; a change cannot stand where a query must. */
async function describeModel(client: pg.Client, model: Model, sql: string): Promise<readonly Column[]> {
  const text = `select * from (\n${sql}\n) as model limit 0`;
  const { fields } = await client.query({ text, queryMode: 'extended' } as pg.QueryConfig).catch((error: unknown) => {
    throw notAQueryError(model, error);
  });
  return describeColumns(client, fields);
}

interface OpenModel {
  readonly client: pg.Client;
  readonly watchdog: Watchdog;
  readonly model: Model;
  readonly sql: string;
  readonly columns: readonly Column[];
  readonly settings: PostgresSourceSettings;
  readonly signal: AbortSignal;
}

async function* readRows(openedModel: OpenModel, positions: readonly number[]): AsyncGenerator<Buffer> {
  const { client, watchdog, model, sql, columns } = openedModel;
  const aliases = columns.map((_, index) => `c${index}`);
  const copyPrefix = `copy (select ${positions.map((index) => aliases[index]).join(', ')} from (\n`;
  watchdog.start();
  const stream = client.query(copyTo(`${copyPrefix}${sql}\n) as model (${aliases.join(', ')})) to stdout`));
  let partialLine: Buffer | null = null;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const lineEnd = chunk.lastIndexOf(10) + 1;
      const remainder = chunk.subarray(lineEnd);
      if (lineEnd > 0)
        yield partialLine === null
          ? chunk.subarray(0, lineEnd)
          : Buffer.concat([partialLine, chunk.subarray(0, lineEnd)]);
      partialLine =
        lineEnd > 0 || partialLine === null ? nullIfEmpty(remainder) : Buffer.concat([partialLine, remainder]);
    }
  } catch (error) {
    throw translateError(toModelError(model, redactRowError(error), copyPrefix.length), openedModel);
  }
}

function translateError(
  error: unknown,
  { settings, watchdog, signal }: Pick<OpenModel, 'settings' | 'watchdog' | 'signal'>,
): unknown {
  if (signal.aborted) return canceledError();
  return watchdog.hasExpired() ? unresponsiveError(settings.name) : toSourceError(settings.name, error);
}

function nullIfEmpty(buffer: Buffer): Buffer | null {
  return buffer.length === 0 ? null : buffer;
}

interface PostgresSession {
  readonly client: pg.Client;
  readonly watchdog: Watchdog;
  close(): Promise<void>;
}

/** A connection that is cancelled at the server, then dropped, when `signal` aborts. */
async function connect(settings: PostgresSourceSettings, label: string, signal: AbortSignal): Promise<PostgresSession> {
  if (signal.aborted) throw canceledError();
  const config = clientConfig(settings, label);
  const client = createClient(settings, config);
  // Told by the query at work; without a listener an error between two queries would end the process.
  client.on('error', () => undefined);
  const watchdog = createWatchdog(client, settings.statementTimeoutMs);
  let pid: number | null = null;
  const cancel = (): void => {
    void cancelAtServer(config, pid).then(() => client.end());
  };
  try {
    await client.connect();
    watchdog.start();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    pid = rows[0]?.pid ?? null;
    await client.query(sessionSettings);
    if (signal.aborted) throw canceledError();
  } catch (error) {
    watchdog.stop();
    await client.end().catch(() => undefined);
    throw translateError(error, { settings, watchdog, signal });
  }
  signal.addEventListener('abort', cancel, { once: true });
  return {
    client,
    watchdog,
    close: async () => {
      watchdog.stop();
      signal.removeEventListener('abort', cancel);
      await client.end().catch(() => undefined);
    },
  };
}

/** The driver reads the files that the address names while it makes a client. */
function createClient({ name }: PostgresSourceSettings, config: pg.ClientConfig): pg.Client {
  try {
    return new Client(config);
  } catch (error) {
    throw toSourceError(name, error);
  }
}

async function cancelAtServer(config: pg.ClientConfig, pid: number | null): Promise<void> {
  const client = new Client({ ...config, connectionTimeoutMillis: cancelTimeoutMs, query_timeout: cancelTimeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_cancel_backend($1)', [pid]);
  } catch {
    // The connection is dropped all the same; the server notices at its next write.
  } finally {
    await client.end().catch(() => undefined);
  }
}

function clientConfig(settings: PostgresSourceSettings, label: string): pg.ClientConfig {
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
      return { ...files, checkServerIdentity: () => undefined };
    case 'verify-full':
      return files;
  }
}
