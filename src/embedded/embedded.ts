/** Embedded Postgres, for trials, the demo and the tests. Only the composition root uses it. */

import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { toPanelsyncError } from '../core/errors.ts';
import type { Log } from '../core/ports/log.ts';
import { createFolder } from '../lib/create-folder.ts';
import { findDataFolder, openCluster } from './cluster.ts';
import { folderError } from './errors.ts';
import { requireOwnData } from './fallback-home.ts';
import { withLockFile } from './lock-file.ts';
import { findRunningServer } from './postmaster.ts';
import type { RunningServer, UsageMarker } from './postmaster.ts';
import { startServer, stopServer } from './server.ts';
import type { Durability } from './server.ts';

export interface EmbeddedOptions {
  /** The data lives in `postgres` in this folder. */
  readonly directory: string;
  readonly log: Log;
  /** Default: durable. A server that runs already stays as it was started. */
  readonly durability?: Durability;
}

export interface EmbeddedPostgres {
  /** Of the database `postgres`, as its superuser; holds the password. */
  readonly url: string;
  /** Stops the server, unless other processes are connected: then the last of them does. */
  close(): Promise<void>;
}

interface EmbeddedPaths {
  readonly directory: string;
  readonly lockFile: string;
  readonly logFile: string;
}

/** How long to wait for connections that were closed a moment ago and are still listed. */
const disconnectGraceMs = 1000;
const pollMs = 20;
const retryDelaysMs = [100, 500];

/**
 * Postgres for trying panelsync out and for tests: adopts the server that runs on this folder, or starts one. Several
 * processes may do so at the same time and share the server.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory);
  const paths = {
    directory,
    lockFile: join(directory, 'postgres.lock'),
    logFile: join(directory, 'postgres.log'),
  };
  try {
    await createFolder(directory, 0o700);
    return await withLockFile(paths.lockFile, () => adoptOrStart(paths, options));
  } catch (error) {
    throw folderError(directory, error);
  }
}

async function adoptOrStart(
  paths: EmbeddedPaths,
  { log, durability = 'durable' }: EmbeddedOptions,
): Promise<EmbeddedPostgres> {
  const adopted = await findServerIn(paths.directory);
  if (adopted !== null) {
    log.debug('embedded postgres joined', { pid: adopted.pid });
    return createHandle(paths, adopted, { log, stopAtExit: () => undefined });
  }
  const startedMs = performance.now();
  const started = await start(paths, durability);
  log.info('embedded postgres started', { pid: started.pid, ms: Math.round(performance.now() - startedMs) });
  return createHandle(paths, started, { log, stopAtExit: () => signalAtExit(started.pid, durability) });
}

async function findServerIn(directory: string): Promise<RunningServer | null> {
  const dataFolder = await findDataFolder(directory);
  if (dataFolder === null) return null;
  await requireOwnData(directory, dataFolder);
  return findRunningServer(dataFolder);
}

/**
 * Tries again where that can help: another program may take the free port first, an orphan may only now have written
 * its lock file, and what a killed server left behind takes a moment to disappear.
 */
async function start(paths: EmbeddedPaths, durability: Durability): Promise<RunningServer> {
  const cluster = await openCluster(paths.directory);
  for (const delayMs of retryDelaysMs) {
    try {
      return await startServer(cluster, paths.logFile, durability);
    } catch {
      await sleep(delayMs);
      const running = await findRunningServer(cluster.dataFolder);
      if (running !== null) return running;
    }
  }
  return startServer(cluster, paths.logFile, durability);
}

/** For a process that ends without close(). A durable server may have other clients, and stops when they are gone. */
function signalAtExit(pid: number, durability: Durability): void {
  if (process.platform === 'win32') return;
  try {
    process.kill(pid, durability === 'throwaway' ? 'SIGINT' : 'SIGTERM');
  } catch {
    // It has stopped already.
  }
}

interface HandleOptions {
  readonly log: Log;
  readonly stopAtExit: () => void;
}

function createHandle(
  paths: EmbeddedPaths,
  server: RunningServer,
  { log, stopAtExit }: HandleOptions,
): EmbeddedPostgres {
  let closing: Promise<void> | null = null;
  process.once('exit', stopAtExit);
  const close = async (): Promise<void> => {
    try {
      const stopped = await withLockFile(paths.lockFile, () => releaseServer(server));
      log.debug(stopped ? 'embedded postgres stopped' : 'embedded postgres left to others', { pid: server.pid });
    } catch (error) {
      // The next process adopts the server: no reason to fail a command that has done its work.
      log.warn('embedded postgres not stopped', { pid: server.pid, code: toPanelsyncError(error).code });
    } finally {
      process.off('exit', stopAtExit);
    }
  };
  return { url: server.url, close: () => (closing ??= close()) };
}

async function releaseServer({ marker, pid }: RunningServer): Promise<boolean> {
  let inUse: boolean;
  try {
    inUse = await isInUse(marker);
  } finally {
    await marker.end();
  }
  if (!inUse) await stopServer(pid);
  return !inUse;
}

async function isInUse(marker: UsageMarker): Promise<boolean> {
  const deadlineMs = performance.now() + disconnectGraceMs;
  for (;;) {
    const others = await marker.otherConnections();
    if (others.clients === 0) return false;
    if (others.processes > 0 || performance.now() > deadlineMs) return true;
    await sleep(pollMs);
  }
}
