import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readPostmaster } from '../../../src/embedded/postmaster.ts';
import { isPostgres } from '../../../src/embedded/server-process.ts';
import { isAlive } from '../../../src/lib/processes.ts';

/** The process that the lock file of an embedded Postgres names. */
export async function serverPid(directory: string): Promise<number | null> {
  const postmaster = await readPostmaster(join(directory, 'postgres')).catch(() => null);
  return postmaster === null || postmaster === 'unreadable' ? null : postmaster.pid;
}

export async function isRunning(pid: number): Promise<boolean> {
  return isAlive(pid) && (await isPostgres(pid));
}

/** Kills the server of every folder in `root`. */
export async function killServers(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = await serverPid(join(root, name));
    if (pid !== null && (await isRunning(pid))) process.kill(pid, 'SIGKILL');
  }
}
