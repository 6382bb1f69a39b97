/**
 * The process that runs DuckDB for one model. It is one of its own because DuckDB works in this process's threads and
 * memory: a model that takes all of them, crashes or cannot be interrupted must not take a daemon with it. Locks on
 * database files, the working directory and memory end with it.
 */

import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { Socket } from 'node:net';
import type { DuckDBConnection } from '@duckdb/node-api';
import { systemCode } from '../../lib/system-code.ts';
import { endOfRows, rowsDescriptor } from './messages.ts';
import type { EngineFailure, EngineReply, EngineRequest } from './messages.ts';

/** Removed when panelsync is gone and cannot do it. */
const temporaryDirectory = process.argv[3];
let connection: DuckDBConnection | null = null;

const rowsPipe = new Socket({ fd: rowsDescriptor, readable: false });

async function answer(request: EngineRequest): Promise<EngineReply> {
  switch (request.kind) {
    case 'open':
      return open(request);
    case 'count':
      return { count: (await connected().extractStatements(request.sql)).count };
    case 'query':
      return { rows: await readTexts(request.sql) };
    case 'stream':
      await streamLines(request);
      return { isDone: true };
  }
}

function connected(): DuckDBConnection {
  if (connection === null) throw new RangeError('no database is open');
  return connection;
}

async function open({ database, settings }: EngineRequest & { kind: 'open' }): Promise<EngineReply> {
  const api = await import('@duckdb/node-api').catch((error: unknown) => {
    throw new PackageError(error);
  });
  const instance = await api.DuckDBInstance.create(database ?? ':memory:', { ...settings });
  connection = await instance.connect();
  return { rows: [[api.version()]] };
}

/** DuckDB's package is not installed, or its library does not load here. */
class PackageError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function readTexts(sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const reader = await connected().runAndReadAll(sql);
  return reader.getRowsJson().map((row) => row.map((value) => (typeof value === 'string' ? value : null)));
}

/**
 * Asks for a part of the rows at a time: if the rows of a query are fetched while it runs, the driver reports an error in
 * their middle as their end. One text for many lines also costs less than a text for
 * each, even in the order of the rows, which threads would mix.
 */
async function streamLines({ table, rows, rowsAtOnce }: EngineRequest & { kind: 'stream' }): Promise<void> {
  try {
    for (let from = 0; from < rows; from += rowsAtOnce) {
      const [row] = await readTexts(
        `select string_agg(line, chr(10) order by rowid) from ${table} where rowid >= ${from} and rowid < ${from + rowsAtOnce}`,
      );
      await write(`${row?.[0] ?? ''}\n`);
    }
  } finally {
    await write(endOfRows);
  }
}

async function write(lines: string): Promise<void> {
  if (!rowsPipe.write(lines)) await once(rowsPipe, 'drain');
}

function toFailure(error: unknown): EngineFailure {
  const isPackage = error instanceof PackageError;
  return {
    kind: isPackage ? 'package' : 'duckdb',
    message: error instanceof Error ? error.message : String(error),
    code: systemCode(isPackage ? error.cause : error) ?? '',
  };
}

process.on('message', (request: EngineRequest) => {
  void answer(request)
    .catch((error: unknown): EngineReply => ({ failure: toFailure(error) }))
    .then((reply) => process.send?.(reply));
});

// Ctrl-C and service managers signal the whole group; panelsync decides when its models end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

// Nobody is left to read a row. A query at work would keep the process alive.
function end(): void {
  if (temporaryDirectory !== undefined) rmSync(temporaryDirectory, { recursive: true, force: true });
  process.kill(process.pid, 'SIGKILL');
}
process.on('disconnect', end);
if (!process.connected) end();
rowsPipe.on('error', () => undefined);
