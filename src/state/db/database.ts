import { Client, TypeOverrides, types as pgTypes } from 'pg';
import type pg from 'pg';
import { ConnectionPool } from './connection-pool.ts';
import { PoolerCheck } from './pooler-check.ts';
import { prepareDedicated } from './session-settings.ts';
import { addressOf, StateClient } from './state-client.ts';
import type { Statement } from './state-client.ts';
import { wrapDatabaseError } from './state-errors.ts';

/** The state database: a pool for statements that stand alone, and connections of one's own for runs. */
export interface Database {
  readonly connection: pg.ClientConfig;
  readonly schema: string;
  query<Row extends object>(statement: TimedStatement): Promise<readonly Row[]>;
  /** Runs statements in one transaction; anything thrown rolls it back. */
  transaction<T>(work: (client: StateClient) => Promise<T>, timeoutMs?: number): Promise<T>;
  /** A connection outside the pool, connected; the caller ends it. */
  dedicatedClient(): Promise<StateClient>;
  close(): Promise<void>;
}

export interface TimedStatement extends Statement {
  /** How long a silent database is waited for, where the default is too long. */
  readonly timeoutMs?: number;
}

const connectTimeoutMs = 15_000;

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
  const poolerCheck = new PoolerCheck(connection);
  const pool = new ConnectionPool(connection, schema, poolerCheck);
  return {
    connection,
    schema,
    query: <Row extends object>({ timeoutMs, ...statement }: TimedStatement) =>
      pool.use(async (client) => (await client.query<Row>(statement)).rows, timeoutMs),
    transaction: (work, timeoutMs) => pool.use((client) => client.transaction(work), timeoutMs),
    dedicatedClient: () => connectDedicated(connection, schema, poolerCheck),
    close: () => pool.close(),
  };
}

async function connectDedicated(
  connection: pg.ClientConfig,
  schema: string,
  poolerCheck: PoolerCheck,
): Promise<StateClient> {
  let client: pg.Client | null = null;
  try {
    // Reads the files that the address names.
    client = new Client(connection);
    // Without a listener an error between two statements would end the process.
    client.on('error', () => undefined);
    await client.connect();
    await prepareDedicated(client, schema);
    await poolerCheck.require(client);
    return new StateClient(client);
  } catch (error) {
    if (client !== null) await new StateClient(client).end().catch(() => undefined);
    throw wrapDatabaseError(error, addressOf(client));
  }
}
