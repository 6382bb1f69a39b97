import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { temporaryFolderError } from '../../core/temporary-spool.ts';
import { packageFile } from '../../lib/package-file.ts';
import { wholeLines } from '../copy-lines.ts';
import { endOfRows, rowsDescriptor } from './messages.ts';
import type { EngineFailure, EngineReply, EngineRequest } from './messages.ts';

/** Starts the process that runs DuckDB, and talks to it. */

const engineFile = fileURLToPath(packageFile('dist/src/source/duckdb/engine-process.js'));

const endMarker = Buffer.from(endOfRows);

type Row = readonly (string | null)[];

/** How many lines a table has, and how many bytes the longest of them. */
export interface TableSize {
  readonly rows: number;
  readonly longestLine: number;
}

export interface Engine {
  /** A folder of this process alone, removed when it is closed. */
  readonly temporaryDirectory: string;
  /** Opens the database; returns DuckDB's version. */
  open(database: string | null, settings: Readonly<Record<string, string>>): Promise<string>;
  /** How many statements a text has; runs none. */
  countStatements(sql: string): Promise<number>;
  query(sql: string): Promise<readonly Row[]>;
  /** The lines of a table of so many rows, in chunks of whole lines. */
  lines(table: string, size: TableSize): AsyncGenerator<Buffer>;
  /** Ends the process, whatever it does. */
  close(): Promise<void>;
}

/** What one query reads of a table. */
const maxRowsAtOnce = 8192;
const maxBytesAtOnce = 4 * 1024 * 1024;

/** A power of two. */
function rowsAtOnce({ longestLine }: TableSize): number {
  const fitting = 2 ** Math.floor(Math.log2(maxBytesAtOnce / (longestLine + 1)));
  return Math.max(1, Math.min(maxRowsAtOnce, fitting));
}

/** A request that DuckDB refused. */
export class EngineError extends Error {
  readonly failure: EngineFailure;

  constructor(failure: EngineFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The process ended while somebody waited for it; `how` says with which code or signal. */
export class EngineEndedError extends Error {
  readonly how: string;

  constructor(how: string) {
    super(`the process ended ${how}`);
    this.how = how;
  }
}

/** `label` shows in the list of processes. Relative paths in SQL start at `directory`. */
export async function startEngine(directory: string, label: string): Promise<Engine> {
  const temporaryDirectory = await mkdtemp(join(tmpdir(), 'panelsync-duckdb-')).catch((error: unknown) => {
    throw temporaryFolderError(error);
  });
  const child = fork(engineFile, [label, temporaryDirectory], {
    cwd: directory,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'ipc'],
  });
  const ended = new Promise<EngineEndedError>((resolve) => {
    child.once('exit', (code, signal) => resolve(new EngineEndedError(signal ?? `with code ${code ?? 'unknown'}`)));
    child.once('error', (error) => resolve(new EngineEndedError(`before it began: ${error.message}`)));
  });
  const rows = child.stdio[rowsDescriptor];
  if (!(rows instanceof Readable)) throw new TypeError('the process has no pipe for rows');
  const request = (message: EngineRequest): Promise<EngineReply> => ask(child, ended, message);
  return {
    temporaryDirectory,
    open: async (database, settings) => (await rowsOf(request({ kind: 'open', database, settings })))[0]?.[0] ?? '',
    countStatements: (sql) => countOf(request({ kind: 'count', sql })),
    query: (sql) => rowsOf(request({ kind: 'query', sql })),
    lines: (table, size) =>
      streamLines(rows, request({ kind: 'stream', table, rows: size.rows, rowsAtOnce: rowsAtOnce(size) }), ended),
    close: async () => {
      child.kill('SIGKILL');
      await ended;
      await rm(temporaryDirectory, { recursive: true, force: true });
    },
  };
}

async function ask(
  child: ChildProcess,
  ended: Promise<EngineEndedError>,
  request: EngineRequest,
): Promise<EngineReply> {
  const answered = new AbortController();
  const reply = once(child, 'message', { signal: answered.signal }).then(([message]) => message as EngineReply);
  reply.catch(() => undefined);
  try {
    // What cannot be sent is never answered; the end of the process says why.
    if (child.connected) child.send(request, () => undefined);
    const result = await Promise.race([reply, ended]);
    if (result instanceof EngineEndedError) throw result;
    if ('failure' in result) throw new EngineError(result.failure);
    return result;
  } finally {
    answered.abort();
  }
}

async function rowsOf(reply: Promise<EngineReply>): Promise<readonly Row[]> {
  const result = await reply;
  return 'rows' in result ? result.rows : [];
}

async function countOf(reply: Promise<EngineReply>): Promise<number> {
  const result = await reply;
  return 'count' in result ? result.count : 0;
}

async function* streamLines(
  pipe: Readable,
  reply: Promise<EngineReply>,
  ended: Promise<EngineEndedError>,
): AsyncGenerator<Buffer> {
  // A failure is reported when the rows before it are delivered.
  reply.catch(() => undefined);
  const chunks = pipe.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  for await (const lines of wholeLines(chunks)) {
    const isLast = endsWithMarker(lines);
    const rows = isLast ? lines.subarray(0, -endMarker.length) : lines;
    if (rows.length > 0) yield rows;
    if (!isLast) continue;
    await reply;
    return;
  }
  throw await ended;
}

/** A line that only ends like the marker is a row: a value ends in a backslash and a dot. */
function endsWithMarker(lines: Buffer): boolean {
  const start = lines.length - endMarker.length;
  return lines.subarray(-endMarker.length).equals(endMarker) && (start === 0 || lines[start - 1] === 10);
}
