import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';
import { canceledWhileWaiting, PanelsyncError } from '../../core/errors.ts';
import { sleep } from '../../lib/async/sleep.ts';
import { packageFile } from '../../lib/package-file.ts';
import type { Database } from './database.ts';
import { addressOf } from './state-client.ts';
import type { StateClient } from './state-client.ts';
import { wrapDatabaseError } from './state-errors.ts';

const directory = fileURLToPath(packageFile('migrations'));
const migrationsTable = 'migrations';
const fileNamePattern = /^\d{4}_[a-z0-9_]+\.sql$/;

/** How often the lock is asked for while another process has it. */
const lockPollMs = 200;

/** A wait that lasts is reported. */
const attemptsUntilReported = 10;

export interface MigrateOptions {
  readonly signal: AbortSignal;
  onWait?: (() => void) | undefined;
}

/**
 * Applies what is missing, all processes in turn; returns the names of the migrations applied now. Where nothing is
 * missing nobody waits, whoever holds the lock. A wait ends when `signal` aborts.
 */
export async function migrate(
  database: Database,
  { signal, onWait }: MigrateOptions = { signal: new AbortController().signal },
): Promise<readonly string[]> {
  await requireUsable(database);
  if (await isCurrent(database)) return [];
  const client = await database.dedicatedClient();
  try {
    await waitForLock(client, database.schema, { signal, onWait });
    await rejectNewerSchema(database);
    // "create schema if not exists" asks for the right to create one even where it is there.
    const { rowCount } = await client.query('select from pg_namespace where nspname = $1', [database.schema]);
    if (rowCount === 0) await client.query(`create schema "${database.schema}"`);
    return await applyMissing(database);
  } finally {
    await client.end();
  }
}

async function isCurrent(database: Database): Promise<boolean> {
  const [applied, expected] = [await rejectNewerSchema(database), await migrationFiles()];
  return applied.length === expected.length;
}

/** Advisory locks belong to the whole database: the schema is part of the name. The lock goes with the connection. */
async function waitForLock(client: StateClient, schema: string, { signal, onWait }: MigrateOptions): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) throw canceledWhileWaiting('another process that migrates the state database');
    const { rows } = await client.query<{ taken: boolean }>(
      "select pg_try_advisory_lock(hashtextextended('panelsync:migrate:' || $1, 0)) as taken",
      [schema],
    );
    if (rows[0]?.taken === true) return;
    if (attempt === attemptsUntilReported) onWait?.();
    await sleep(lockPollMs, signal);
  }
}

/** knex is here for migrations only, with a connection of its own. It is a third of what a command loads, so it waits. */
async function applyMissing({ connection, schema }: Database): Promise<readonly string[]> {
  const { default: createKnex } = await import('knex');
  const options = { migrationSource: await sqlMigrations(), tableName: migrationsTable, schemaName: schema };
  const knex = createKnex({
    client: 'pg',
    // knex's type does not know pg's type parsers; it hands them to pg as they are.
    connection: connection as Knex.StaticConnectionConfig,
    searchPath: [schema],
    pool: { min: 0, max: 1 },
    // Its warnings repeat what our own errors say, and may quote statements.
    log: { warn: ignore, error: ignore, debug: ignore, deprecate: ignore },
  });
  try {
    // The advisory lock is the lock: knex's own stays taken when a process dies.
    await knex.migrate.forceFreeMigrationsLock(options);
    const [, applied] = (await knex.migrate.latest(options)) as [number, string[]];
    return applied;
  } catch (error) {
    // knex puts its statement before the server's words.
    if (error instanceof Error) error.message = error.message.split(' - ').at(-1) ?? '';
    throw wrapDatabaseError(error, addressOf(null));
  } finally {
    await knex.destroy();
  }
}

function ignore(): void {
  // knex says nothing of its own.
}

/** How many of our migrations the database has; 0 without our tables. Throws when it is ahead of this version. */
export async function schemaVersion(database: Database): Promise<number> {
  const applied = await rejectNewerSchema(database);
  return applied.length;
}

/** Throws unless the database has just the migrations of this version. */
export async function requireCurrent(database: Database): Promise<void> {
  if (await isCurrent(database)) return;
  const [applied, expected] = [await schemaVersion(database), await migrationFiles()];
  throw new PanelsyncError({
    code: 'state_outdated',
    recovery: 'usage',
    message: `The state database has ${applied} of ${expected.length} migrations.`,
    hint: 'Run panelsync migrate.',
  });
}

/** Throws unless runs can write here, and write every name: in most encodings those of other scripts have no form. */
export async function requireUsable(database: Database): Promise<void> {
  const [found] = await database.query<{ encoding: string; read_only: boolean }>({
    text: `select current_setting('server_encoding') as encoding, current_setting('transaction_read_only')::boolean as read_only`,
  });
  if (found?.read_only === true) {
    throw new PanelsyncError({
      code: 'state_read_only',
      recovery: 'retriable',
      message: 'The state database is read-only: a replica, or one that was set so.',
      hint: 'A run writes down what it does: use the primary in state.url.',
    });
  }
  // SQL_ASCII keeps the bytes as they come.
  if (found === undefined || found.encoding === 'UTF8' || found.encoding === 'SQL_ASCII') return;
  throw new PanelsyncError({
    code: 'state_encoding',
    recovery: 'usage',
    message: `The state database keeps text as ${found.encoding}, which has no room for the names of all people.`,
    hint: "Make one with create database … encoding 'UTF8' template template0, and point state.url at it.",
  });
}

async function rejectNewerSchema(database: Database): Promise<readonly string[]> {
  const applied = await appliedMigrations(database);
  const known = new Set(await migrationFiles());
  const unknown = applied.filter((name) => !known.has(name));
  if (unknown.length === 0) return applied;
  throw new PanelsyncError({
    code: 'state_newer',
    recovery: 'usage',
    message: `The state database was migrated by a newer panelsync (${unknown.join(', ')}).`,
    hint: 'Upgrade panelsync here, or point state.url or state.schema at another place.',
  });
}

async function appliedMigrations(database: Database): Promise<readonly string[]> {
  const [found] = await database.query<{ found: string | null }>({
    text: 'select to_regclass($1) as found',
    values: [`"${database.schema}"."${migrationsTable}"`],
  });
  if (found === undefined || found.found === null) return [];
  const rows = await database.query<{ name: string }>({ text: `select name from "${migrationsTable}" order by id` });
  return rows.map(({ name }) => name);
}

async function migrationFiles(): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => fileNamePattern.test(name)).toSorted();
}

/** The SQL of all migrations, in their order. */
export async function migrationTexts(): Promise<readonly string[]> {
  return Promise.all((await migrationFiles()).map((name) => readFile(join(directory, name), 'utf8')));
}

/** Plain SQL files; their names are the same in a checkout and in a package, so knex always finds what it recorded. */
async function sqlMigrations(): Promise<Knex.MigrationSource<string>> {
  const names = await migrationFiles();
  return {
    getMigrations: async () => [...names],
    getMigrationName: (name) => name,
    getMigration: async (name) => {
      const sql = await readFile(join(directory, name), 'utf8');
      return {
        // knex takes question marks for bindings; ours are SQL.
        up: (transaction) => transaction.raw(sql.replaceAll('?', '\\?')),
        down: () => Promise.reject(new Error('migrations go forward only')),
      };
    },
  };
}
