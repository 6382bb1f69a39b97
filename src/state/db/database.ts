import knex from 'knex';
import type { Knex } from 'knex';
import { Client, TypeOverrides, types as pgTypes } from 'pg';
import type pg from 'pg';
import { PanelsyncError } from '../../core/errors.ts';
import { parsePostgresError } from '../../lib/postgres-error.ts';
import type { PostgresErrorInfo } from '../../lib/postgres-error.ts';

/** The state database: a pool for statements that stand alone, and connections of one's own for runs. */
export interface Database {
  readonly knex: Knex;
  readonly schema: string;
  /** Runs one statement. A `name` keeps it prepared on each connection. */
  query<Row extends object>(statement: Statement): Promise<readonly Row[]>;
  /** Runs statements in one transaction; anything thrown rolls it back. */
  transaction<T>(work: (client: pg.ClientBase) => Promise<T>, timeoutMs?: number): Promise<T>;
  /** A connection outside the pool, connected; the caller ends it. */
  dedicatedClient(): Promise<pg.Client>;
  close(): Promise<void>;
}

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
  /** How long a silent database is waited for, where the usual patience is too long. */
  readonly timeoutMs?: number;
}

const connectTimeoutMs = 15_000;

/** How long anything may take that a database is asked; far more than a database that lives needs. */
const defaultTimeoutMs = 10 * 60_000;

const closeTimeoutMs = 3000;

/** A transaction that was begun by a process which is frozen now must not keep its rows locked. */
const idleTransactionMs = 20_000;

/** What a machine held that vanished is free within seconds. */
const tcpKeepaliveSettings =
  'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3';

/**
 * What a server, a database or a user may be set to and our statements are not made for: dates in an order that nobody
 * can know, transactions that have to be repeated, and the end of sessions that are quiet
 * while a run sends. Not every version knows all of it.
 */
const sessionSettings = `select set_config(name, wanted, false) from pg_settings join (values
  ('DateStyle', 'ISO, YMD'), ('default_transaction_isolation', 'read committed'),
  ('idle_session_timeout', '0'), ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0')
) as own (setting_name, wanted) on name = setting_name`;

/** When a connection is first asked whether its other end still lives. */
const keepAliveDelayMs = 10_000;

/** Reads Postgres' int8 as a number: counts and ids of ours stay far below 2^53. */
const types = new TypeOverrides();
types.setTypeParser(pgTypes.builtins.INT8, Number);

export function openDatabase(url: string, schema: string): Database {
  const connection = {
    connectionString: url,
    application_name: 'panelsync',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    types,
  };
  const pool = openPool(connection, schema);
  const { use, cutAll } = poolAccess(pool);
  return {
    knex: pool,
    schema,
    query: <Row extends object>(statement: Statement) =>
      use(async (client) => (await client.query<Row>(toQuery(statement))).rows, statement.timeoutMs),
    transaction: (work, timeoutMs) => use((client) => inTransaction(client, work), timeoutMs),
    dedicatedClient: () => connectDedicated(() => new Client(connection), schema),
    close: () => {
      // The pool waits for all that are in use, also for those that no server answers any more.
      cutAll();
      return pool.destroy();
    },
  };
}

/** The pool's connections, each lent for one piece of work. */
function poolAccess(pool: Knex) {
  const busy = new Set<pg.Client>();
  let closing = false;
  const use = async <T>(work: (client: pg.Client) => Promise<T>, timeoutMs = defaultTimeoutMs): Promise<T> => {
    try {
      const client = await acquireWithTimeout(pool, timeoutMs);
      busy.add(client);
      if (closing) destroyConnection(client);
      try {
        return await withTimeout(client, timeoutMs, work(client));
      } catch (error) {
        if (!(error instanceof PanelsyncError) && parsePostgresError(error).kind === 'unreachable') markBroken(client);
        throw error;
      } finally {
        busy.delete(client);
        await release(pool, client);
      }
    } catch (error) {
      throw wrapDatabaseError(error);
    }
  };
  const cutAll = (): void => {
    closing = true;
    for (const client of busy) destroyConnection(client);
  };
  return { use, cutAll };
}

/** `connection` is handed to pg as it is; knex's type does not know pg's type parsers. */
function openPool(connection: object, schema: string): Knex {
  return knex({
    client: 'pg',
    connection: connection as Knex.StaticConnectionConfig,
    searchPath: [schema],
    pool: { min: 0, max: 12, propagateCreateError: true, afterCreate: prepareConnection },
    acquireConnectionTimeout: connectTimeoutMs + 5000,
    // Its warnings repeat what our own errors say, and may quote statements.
    log: { warn: ignore, error: ignore, debug: ignore, deprecate: ignore },
  });
}

function prepareConnection(client: pg.Client, done: (error: Error | null) => void): void {
  client.query(
    `${sessionSettings}; set idle_in_transaction_session_timeout = ${idleTransactionMs}; ${tcpKeepaliveSettings}`,
    done,
  );
}

/** Making a connection has a time-out of its own, which may be longer than the caller can wait. */
async function acquireWithTimeout(pool: Knex, timeoutMs: number): Promise<pg.Client> {
  const acquiring = acquire(pool);
  let timer: NodeJS.Timeout | null = null;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeoutError(timeoutMs)), timeoutMs);
  });
  try {
    return await Promise.race([acquiring, timeout]);
  } catch (error) {
    acquiring.then((client) => release(pool, client)).catch(ignore);
    throw error;
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

function timeoutError(timeoutMs: number): Error {
  return Object.assign(new Error(`it did not answer for ${timeoutMs / 1000} s`), { code: 'silent' });
}

/** The connection breaks when its time is over: nothing else ends a wait for a server that has fallen silent. */
async function withTimeout<T>(client: pg.Client, timeoutMs: number, work: Promise<T>): Promise<T> {
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    destroyConnection(client);
  }, timeoutMs);
  try {
    return await work;
  } catch (error) {
    throw timedOut ? timeoutError(timeoutMs) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Breaks a connection without a word to the server, which may not be there to hear it. */
export function destroyConnection(client: pg.Client): void {
  client.connection.stream.destroy();
}

/** Ends a connection in good order, or breaks it where nobody answers the farewell. */
export async function endConnection(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => destroyConnection(client), closeTimeoutMs);
  await client.end().finally(() => clearTimeout(timer));
}

async function connectDedicated(create: () => pg.Client, schema: string): Promise<pg.Client> {
  let client: pg.Client | null = null;
  try {
    // It reads the files that the address names.
    client = create();
    // Without a listener an error between two statements would end the process.
    client.on('error', ignore);
    await client.connect();
    // Space for the stage of a million rows, which otherwise goes to disk and back, and for sorting what changed.
    await client.query(
      `${sessionSettings}; set search_path to "${schema}"; set temp_buffers = '128MB'; set work_mem = '64MB'; ${tcpKeepaliveSettings}`,
    );
    return client;
  } catch (error) {
    if (client !== null) await endConnection(client).catch(ignore);
    throw wrapDatabaseError(error);
  }
}

export async function inTransaction<T, Client extends pg.ClientBase>(
  client: Client,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  await client.query('begin');
  try {
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    // The first error is the one to tell; on a broken connection the server rolls back by itself.
    await client.query('rollback').catch(ignore);
    throw error;
  }
}

export function toQuery({ text, values, name }: Statement): pg.QueryConfig {
  return { text, values: [...(values ?? [])], ...(name === undefined ? {} : { name }) };
}

/** An error of the state database in words for people; errors of our own pass as they are. */
export function wrapDatabaseError(error: unknown): unknown {
  if (error instanceof PanelsyncError) return error;
  const failure = parsePostgresError(error);
  return new PanelsyncError({
    code: `state_${failure.kind}`,
    recovery: failure.kind === 'statement' ? 'fatal' : 'retriable',
    message: `The state database refused: ${describeFailure(failure)} (${failure.code}).`,
    hint: hints[failure.kind],
    cause: error,
  });
}

/** Work on a connection of one's own, with its errors in words for people. */
export async function withDatabaseErrors<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw wrapDatabaseError(error);
  }
}

function describeFailure(failure: PostgresErrorInfo): string {
  // A statement's own error text may quote a row; its code says enough.
  if (failure.kind === 'statement') return 'a statement failed';
  // knex puts its statement before the server's words.
  return failure.message.split(' - ').at(-1) ?? '';
}

const hints: Readonly<Record<PostgresErrorInfo['kind'], string>> = {
  unreachable: 'See whether it runs and whether state.url points at it.',
  tls: 'sslmode in state.url says whether TLS is used; sslrootcert there names a file with who is trusted.',
  login: 'Check user and password in state.url; special characters in them are percent-encoded, such as %40 for @.',
  missing: 'Create the database that state.url names.',
  rights: 'Grant the user of state.url CREATE and TEMPORARY on its database, and what is in the schema state.schema.',
  read_only: 'state.url points at a read-only server: use the primary.',
  full: 'Make room on the disk of the state database.',
  busy: 'The state database is overloaded or held up by other sessions. Run again.',
  timeout: 'The database cancels statements too early: raise its statement_timeout for this user.',
  canceled: 'Somebody cancelled the statement at the server. Run again.',
  statement: 'Run panelsync migrate, then again with --log-level debug; report it if it stays.',
};

/** knex types its client as unknown territory; these two calls are its documented way to a raw connection. */
async function acquire(pool: Knex): Promise<pg.Client> {
  const client: unknown = await (pool.client as { acquireConnection(): Promise<unknown> }).acquireConnection();
  return client as pg.Client;
}

async function release(pool: Knex, client: pg.ClientBase): Promise<void> {
  await (pool.client as { releaseConnection(client: unknown): Promise<void> }).releaseConnection(client);
}

/** knex's own mark of a broken connection, which it sets a moment later: nobody gets this one from the pool any more. */
function markBroken(client: pg.ClientBase): void {
  Object.assign(client, { __knex__disposed: true });
}

function ignore(): void {
  // Nothing to do: see the callers.
}
