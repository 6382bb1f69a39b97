import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asPanelsyncError } from '../core/errors.ts';
import type { Log } from '../core/ports/ports.ts';
import { findData, openCluster } from './cluster.ts';
import { folderFault } from './errors.ts';
import { withLockFile } from './lock-file.ts';
import { findLiving } from './postmaster.ts';
import type { Keeper, LivingServer } from './postmaster.ts';
import { startServer, stopServer } from './server.ts';
import type { Tuning } from './server.ts';

export interface EmbeddedOptions {
  /** The data lives in `postgres` in this folder. */
  readonly directory: string;
  readonly log: Log;
  /** Default: durable. A server that runs already stays as it was started. */
  readonly tuned?: Tuning;
}

export interface EmbeddedPostgres {
  /** Of the database `postgres`, as its superuser; holds the password. */
  readonly url: string;
  /** Stops the server, unless other processes are connected: then the last of them does. */
  close(): Promise<void>;
}

interface Place {
  readonly directory: string;
  readonly lockFile: string;
  readonly logFile: string;
}

/** A connection that was closed a moment ago may still be listed: how long others are waited for. */
const lingerMs = 1000;
const pollMs = 20;
const retryPausesMs = [100, 500];

/**
 * Postgres for trying out and for tests: adopts the server that runs on this folder, or starts one. Several
 * processes may do so at the same time and share the server.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory);
  const place = {
    directory,
    lockFile: join(directory, 'postgres.lock'),
    logFile: join(directory, 'postgres.log'),
  };
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await withLockFile(place.lockFile, () => adoptOrStart(place, options));
  } catch (error) {
    throw folderFault(directory, error);
  }
}

async function adoptOrStart(place: Place, { log, tuned = 'durable' }: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const adopted = await findLivingIn(place.directory);
  if (adopted !== null) {
    log.debug('embedded postgres joined', { pid: adopted.pid });
    return makeHandle(place, adopted, { log, stopAtExit: () => undefined });
  }
  const startedMs = performance.now();
  const started = await start(place, tuned);
  log.info('embedded postgres started', { pid: started.pid, ms: Math.round(performance.now() - startedMs) });
  return makeHandle(place, started, { log, stopAtExit: () => signalAtExit(started.pid, tuned) });
}

async function findLivingIn(directory: string): Promise<LivingServer | null> {
  const dataFolder = await findData(directory);
  return dataFolder === null ? null : findLiving(dataFolder);
}

/**
 * Again if need be: the free port may be lost to others, an orphan may only now show itself, and what a killed
 * server left behind takes a moment to go.
 */
async function start(place: Place, tuned: Tuning): Promise<LivingServer> {
  const cluster = await openCluster(place.directory);
  for (const pauseMs of retryPausesMs) {
    try {
      return await startServer(cluster, place.logFile, tuned);
    } catch {
      await sleep(pauseMs);
      const orphan = await findLiving(cluster.dataFolder);
      if (orphan !== null) return orphan;
    }
  }
  return startServer(cluster, place.logFile, tuned);
}

/** For a process that ends without close(). A durable server may serve others: it goes when they have gone. */
function signalAtExit(pid: number, tuned: Tuning): void {
  if (process.platform === 'win32') return;
  try {
    process.kill(pid, tuned === 'throwaway' ? 'SIGINT' : 'SIGTERM');
  } catch {
    // It has gone already.
  }
}

interface HandleParts {
  readonly log: Log;
  readonly stopAtExit: () => void;
}

function makeHandle(place: Place, server: LivingServer, { log, stopAtExit }: HandleParts): EmbeddedPostgres {
  let closing: Promise<void> | null = null;
  process.once('exit', stopAtExit);
  const close = async (): Promise<void> => {
    try {
      const stopped = await withLockFile(place.lockFile, () => leave(server));
      log.debug(stopped ? 'embedded postgres stopped' : 'embedded postgres left to others', { pid: server.pid });
    } catch (error) {
      // Whoever comes next adopts the server: not worth failing a command that has done its work.
      log.warn('embedded postgres not stopped', { pid: server.pid, code: asPanelsyncError(error).code });
    } finally {
      process.off('exit', stopAtExit);
    }
  };
  return { url: server.url, close: () => (closing ??= close()) };
}

async function leave({ keeper, pid }: LivingServer): Promise<boolean> {
  let inUse: boolean;
  try {
    inUse = await isInUse(keeper);
  } finally {
    await keeper.end();
  }
  if (!inUse) await stopServer(pid);
  return !inUse;
}

async function isInUse(keeper: Keeper): Promise<boolean> {
  const deadlineMs = performance.now() + lingerMs;
  for (;;) {
    const others = await keeper.others();
    if (others.clients === 0) return false;
    if (others.keepers > 0 || performance.now() > deadlineMs) return true;
    await sleep(pollMs);
  }
}
