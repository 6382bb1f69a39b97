import { Client } from 'pg';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { ModelReader, Source } from '../../core/ports/ports.ts';
import type { PostgresSourceSettings, TlsSettings } from '../../core/settings.ts';
import type { Column, Model } from '../../core/model/terms.ts';
import { withoutSemicolons } from './model-sql.ts';
import { canceled } from '../model-errors.ts';
import { columnsOf } from './columns.ts';
import { modelError, notAQuery, readingError, silent, sourceError } from './errors.ts';
import { watchOver } from './watchdog.ts';
import type { Watch } from './watchdog.ts';

/** Sessions differ; people must not. Every setting that changes how a value is written as text is fixed. */
const sameText = `set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601';
  set extra_float_digits = 1; set bytea_output = 'hex'; set client_encoding = 'UTF8'`;

/** How long a cancellation at the server may take before the connection is simply dropped. */
const cancelTimeoutMs = 5000;

/** When a connection is first asked whether its other end still lives. */
const keepAliveDelayMs = 10_000;

const prepared = 'prepare panelsync_model as ';

export function createPostgresSource(settings: PostgresSourceSettings): Source {
  return {
    open: (model, label, signal) => openModel(settings, { model, label }, signal),
    check: async (signal) => {
      const session = await connect(settings, 'panelsync:check', signal);
      try {
        const { rows } = await session.client.query<{ user: string; database: string; version: string }>(
          `select current_user as user, current_database() as database, current_setting('server_version') as version`,
        );
        const [found] = rows;
        return `Postgres ${found?.version ?? ''}, database ${found?.database ?? ''}, user ${found?.user ?? ''}`;
      } catch (error) {
        throw sourceError(settings.name, error);
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
  const { client, watch, close } = await connect(settings, label, signal);
  try {
    await client.query('begin read only');
    await client.query(`set local statement_timeout = ${settings.statementTimeoutMs}`);
    const body = withoutSemicolons(model.sql);
    await requireOneStatement(client, model);
    const columns = await describe(client, model, body);
    return {
      columns,
      rows: (positions) => readRows({ client, watch, model, body, columns, settings, signal }, positions),
      close,
    };
  } catch (error) {
    await close();
    throw toldError(error, { settings, watch, signal });
  }
}

/** The server judges, not we: only one statement, and only a query or a change, can be prepared. */
async function requireOneStatement(client: pg.Client, model: Model): Promise<void> {
  try {
    await client.query({ text: prepared + model.sql, queryMode: 'extended' } as pg.QueryConfig);
    await client.query('deallocate panelsync_model');
  } catch (error) {
    throw modelError(model, error, prepared.length);
  }
}

/** Names and types without a row; a change cannot stand where a query must. */
async function describe(client: pg.Client, model: Model, body: string): Promise<readonly Column[]> {
  const text = `select * from (\n${body}\n) as model limit 0`;
  const { fields } = await client.query({ text, queryMode: 'extended' } as pg.QueryConfig).catch((error: unknown) => {
    throw notAQuery(model, error);
  });
  return columnsOf(client, fields);
}

interface OpenModel {
  readonly client: pg.Client;
  readonly watch: Watch;
  readonly model: Model;
  readonly body: string;
  readonly columns: readonly Column[];
  readonly settings: PostgresSourceSettings;
  readonly signal: AbortSignal;
}

async function* readRows(open: OpenModel, positions: readonly number[]): AsyncGenerator<Buffer> {
  const { client, watch, model, body, columns } = open;
  const names = columns.map((_, at) => `c${at}`);
  const before = `copy (select ${positions.map((at) => names[at]).join(', ')} from (\n`;
  watch.start();
  const stream = client.query(copyTo(`${before}${body}\n) as model (${names.join(', ')})) to stdout`));
  let carry: Buffer | null = null;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(10) + 1;
      const rest = chunk.subarray(end);
      if (end > 0) yield carry === null ? chunk.subarray(0, end) : Buffer.concat([carry, chunk.subarray(0, end)]);
      carry = end > 0 || carry === null ? nonEmpty(rest) : Buffer.concat([carry, rest]);
    }
  } catch (error) {
    throw toldError(modelError(model, readingError(error), before.length), open);
  }
}

function toldError(
  error: unknown,
  { settings, watch, signal }: Pick<OpenModel, 'settings' | 'watch' | 'signal'>,
): unknown {
  if (signal.aborted) return canceled();
  return watch.isOver() ? silent(settings.name) : sourceError(settings.name, error);
}

function nonEmpty(buffer: Buffer): Buffer | null {
  return buffer.length === 0 ? null : buffer;
}

interface Connection {
  readonly client: pg.Client;
  readonly watch: Watch;
  close(): Promise<void>;
}

/** A connection that is cancelled at the server, then dropped, when `signal` aborts. */
async function connect(settings: PostgresSourceSettings, label: string, signal: AbortSignal): Promise<Connection> {
  if (signal.aborted) throw canceled();
  const config = clientConfig(settings, label);
  const client = newClient(settings, config);
  // Told by the query at work; without a listener an error between two queries would end the process.
  client.on('error', () => undefined);
  const watch = watchOver(client, settings.statementTimeoutMs);
  let pid: number | null = null;
  const cancel = (): void => {
    void cancelAtServer(config, pid).then(() => client.end());
  };
  try {
    await client.connect();
    watch.start();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    pid = rows[0]?.pid ?? null;
    await client.query(sameText);
    if (signal.aborted) throw canceled();
  } catch (error) {
    watch.stop();
    await client.end().catch(() => undefined);
    throw toldError(error, { settings, watch, signal });
  }
  signal.addEventListener('abort', cancel, { once: true });
  return {
    client,
    watch,
    close: async () => {
      watch.stop();
      signal.removeEventListener('abort', cancel);
      await client.end().catch(() => undefined);
    },
  };
}

/** The driver reads the files that the address names while it makes a client. */
function newClient({ name }: PostgresSourceSettings, config: pg.ClientConfig): pg.Client {
  try {
    return new Client(config);
  } catch (error) {
    throw sourceError(name, error);
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
