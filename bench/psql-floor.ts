import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { columns, model } from './model.ts';

/** The harder floor, which users can try for themselves: COPY out of one psql, piped into COPY in of another. */

const exec = promisify(execFile);

const table = `create temp table floor (${columns.map((column) => `${column} text`).join(', ')})`;

export const hasPsql = spawnSync('psql', ['--version']).error === undefined;

/** Returns the time of the whole pipe, its two processes included. */
export async function measurePsqlFloor(url: string): Promise<number> {
  const script = 'psql -qX "$1" -c "$2" | psql -qX "$1" -c "$3" -c "copy floor from stdin"';
  const startedMs = performance.now();
  await exec('sh', ['-c', script, 'sh', url, `copy (${model}) to stdout`, table]);
  return performance.now() - startedMs;
}
