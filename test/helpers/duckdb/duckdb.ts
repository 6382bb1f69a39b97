import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDbSourceSettings } from '../../../src/core/settings.ts';
import { createDuckDbSource } from '../../../src/source/duckdb/duckdb.ts';
import type { Source } from '../../../src/core/ports/source.ts';

/** A folder with files that models read, and a source on it. */
export interface DuckDbFolder {
  readonly path: string;
  /** The settings of a source whose relative paths start here. */
  settings(changes?: Partial<DuckDbSourceSettings>): DuckDbSourceSettings;
  source(changes?: Partial<DuckDbSourceSettings>): Source;
  write(file: string, content: string | Buffer): Promise<void>;
  remove(): Promise<void>;
}

export async function createDuckDbFolder(): Promise<DuckDbFolder> {
  const path = await mkdtemp(join(tmpdir(), 'panelsync-test-duckdb-'));
  const settings = (changes: Partial<DuckDbSourceSettings> = {}): DuckDbSourceSettings => ({
    name: 'files',
    type: 'duckdb',
    directory: path,
    database: null,
    memoryLimit: '512MB',
    threads: 2,
    statementTimeoutMs: 600_000,
    connectTimeoutMs: 15_000,
    ...changes,
  });
  return {
    path,
    settings,
    source: (changes) => createDuckDbSource(settings(changes)),
    write: (file, content) => writeFile(join(path, file), content),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** Runs statements in a database file, or in memory, in this process; returns the rows of the last one. */
export async function runInDuckDb(
  database: string | null,
  statements: readonly string[],
): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(database ?? ':memory:');
  const connection = await instance.connect();
  try {
    let rows: readonly (readonly unknown[])[] = [];
    for (const statement of statements) rows = (await connection.runAndReadAll(statement)).getRowsJson();
    return rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The processes of DuckDB that this process has started under a label. */
export async function engineProcesses(label: string): Promise<readonly number[]> {
  const found = processList().filter(({ parent, command }) => parent === process.pid && command.includes(label));
  return found.filter(({ command }) => command.includes('engine-process')).map(({ pid }) => pid);
}

function processList(): readonly { readonly pid: number; readonly parent: number; readonly command: string }[] {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' }).split('\n');
  return lines.map((line) => {
    const [, pid, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return { pid: Number(pid), parent: Number(parent), command };
  });
}

/** CPU that a process has used, in a unit of the system; `null` when it is gone. */
export async function cpuOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    return stat === null ? null : stat.split(' ').slice(13, 15).join(' ');
  }
  try {
    return execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return null;
  }
}
