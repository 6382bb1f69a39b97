import { chmod, mkdtemp, readdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPostmaster } from '../../../src/embedded/postmaster.ts';
import { canTraverse, serverAccount } from '../../../src/embedded/program.ts';
import { isPostgres } from '../../../src/embedded/server-process.ts';
import { isAlive } from '../../../src/lib/processes.ts';

/**
 * A new folder that the server of embedded Postgres gets through to: as root it runs as somebody else, to whom TMPDIR may
 * be closed.
 */
export async function createEmbeddedRoot(): Promise<string> {
  const account = await serverAccount('/');
  let parent = tmpdir();
  for (const candidate of [tmpdir(), '/var/tmp', '/dev/shm'].toReversed())
    if (await canTraverse(account, candidate)) parent = candidate;
  const root = await realpath(await mkdtemp(join(parent, 'panelsync-embedded-')));
  if (account !== null) await chmod(root, 0o711);
  return root;
}

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
