import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from '../lib/processes.ts';

/**
 * Processes as the system shows them. A process id in a file proves nothing: after a crash, a restart or a copy it may
 * belong to any program, or to the server of other data.
 */

const exec = promisify(execFile);

/** Whether the process is a Postgres server. Where the system does not say, it is taken for one. */
export async function isPostgres(pid: number): Promise<boolean> {
  const args = await argumentsOf(pid);
  if (args === null) return isAlive(pid);
  return /^(postgres|postmaster)(\.exe)?$/.test(basename(args[0] ?? ''));
}

/** Whether the server works on this folder; `null` where neither its working folder nor its arguments say so. */
export async function servesFolder(pid: number, dataFolder: string): Promise<boolean | null> {
  // A server works in its data folder, which is the same one after it was moved.
  if (process.platform === 'linux') {
    const isSame = await isSameFolder(`/proc/${pid}/cwd`, dataFolder);
    if (isSame !== null) return isSame;
  }
  const folder = await argumentOf(pid, '-D');
  return folder === null ? null : isSameFolder(folder, dataFolder);
}

/** The port that the server was started with; `null` where its arguments do not say. */
export async function portOf(pid: number): Promise<number | null> {
  return Number(await argumentOf(pid, '-p')) || null;
}

/** The server that works on the folder, looked for among all processes; `null` when there is none. */
export async function findServerProcess(dataFolder: string): Promise<number | null> {
  for (const pid of await processIds()) {
    if ((await isPostgres(pid)) && (await servesFolder(pid, dataFolder)) === true) return pid;
  }
  return null;
}

/** Whether two paths lead to one folder; `null` when one of them cannot be followed. */
export async function isSameFolder(one: string, other: string): Promise<boolean | null> {
  try {
    const [first, second] = await Promise.all([stat(one), stat(other)]);
    return first.dev === second.dev && first.ino === second.ino;
  } catch {
    return null;
  }
}

async function argumentOf(pid: number, flag: string): Promise<string | null> {
  const args = (await argumentsOf(pid)) ?? [];
  const at = args.indexOf(flag);
  return at === -1 ? null : (args[at + 1] ?? null);
}

/** Empty for a zombie; `null` where the system does not say. */
async function argumentsOf(pid: number): Promise<readonly string[] | null> {
  try {
    if (process.platform === 'win32') return null;
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    const { stdout } = await exec('/bin/ps', ['-o', 'command=', '-p', String(pid)]);
    return stdout.trim().split(' ');
  } catch {
    return null;
  }
}

async function processIds(): Promise<readonly number[]> {
  if (process.platform === 'win32') return [];
  const names =
    process.platform === 'linux'
      ? await readdir('/proc')
      : (await exec('/bin/ps', ['-axo', 'pid='])).stdout.split('\n');
  return names.map(Number).filter((pid) => Number.isInteger(pid) && pid > 0);
}
