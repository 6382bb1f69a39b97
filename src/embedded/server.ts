import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../lib/system-code.ts';
import { installedFolder, programPath } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { programError } from './errors.ts';
import { isAlive } from '../lib/processes.ts';
import { readPostmaster, tryConnect } from './postmaster.ts';
import type { RunningServer } from './postmaster.ts';
import { changeOwner, runProgram, spawnOptions } from './program.ts';
import { isPostgres } from './server-process.ts';
import type { Account } from './program.ts';

/** `durable` survives a crash of the machine; `throwaway` is faster, for data that can be lost. */
export type Durability = 'durable' | 'throwaway';

const pollMs = 20;
/** Long, because Postgres first recovers its data after a crash. */
const startTimeoutMs = 120_000;
const stopTimeoutMs = 60_000;
const maxLogBytes = 1_000_000;

const settings: readonly string[] = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=100',
  'shared_buffers=128MB',
  'timezone=UTC',
  'log_timezone=UTC',
  // No replication, so less is written.
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_logical_replication_workers=0',
  // Parallel queries share /dev/shm, which has only 64 MB in a container.
  'max_parallel_workers_per_gather=0',
  'jit=off',
  // Messages about failed statements quote rows, that is people: they stay out of the log.
  'log_min_messages=log',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
  'log_checkpoints=off',
];
const throwawaySettings: readonly string[] = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/** Starts a server on the cluster and waits until it accepts our connection. */
export async function startServer(cluster: Cluster, logFile: string, durability: Durability): Promise<RunningServer> {
  const log = await openLog(logFile, cluster.account);
  try {
    const { size } = await log.stat();
    const args = ['-D', cluster.dataFolder, '-p', String(await findFreePort())];
    const effectiveSettings = durability === 'throwaway' ? [...settings, ...throwawaySettings] : settings;
    for (const setting of effectiveSettings) args.push('-c', setting);
    const file = programPath(cluster.binaries.folder, 'postgres');
    const child = spawn(file, args, { ...spawnOptions(cluster.account), stdio: ['ignore', log.fd, log.fd] });
    let reason = 'it ended without a message';
    child.once('error', (error) => (reason = systemCode(error) ?? reason));
    child.unref();
    const server = await waitUntilReady(child, cluster.dataFolder);
    if (server !== null) return server;
    const output = (await readFile(logFile)).subarray(size).toString();
    throw programError('The embedded Postgres did not start', output === '' ? reason : output);
  } finally {
    await log.close();
  }
}

/** Asks for a fast shutdown, which ends all connections, and waits for the process to be gone. */
export async function stopServer(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    await sendSignal(pid, signal);
    const deadlineMs = performance.now() + stopTimeoutMs;
    while (performance.now() < deadlineMs) {
      if (!isAlive(pid) || !(await isPostgres(pid))) return;
      await sleep(pollMs);
    }
  }
}

/** Windows has no such signals; `pg_ctl` reaches Postgres in another way there. */
async function sendSignal(pid: number, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  if (process.platform === 'win32') {
    await runProgram(programPath(installedFolder(), 'pg_ctl'), ['kill', signal.slice(3), String(pid)], null);
  } else if (isAlive(pid)) {
    process.kill(pid, signal);
  }
}

async function waitUntilReady(child: ChildProcess, dataFolder: string): Promise<RunningServer | null> {
  const deadlineMs = performance.now() + startTimeoutMs;
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const postmaster = await readPostmaster(dataFolder);
    const isOurs = postmaster !== null && postmaster !== 'unreadable' && postmaster.pid === child.pid;
    const server = isOurs ? await tryConnect(dataFolder, postmaster) : null;
    if (server !== null) return server;
    if (performance.now() > deadlineMs) {
      await stopServer(child.pid);
      return null;
    }
    await sleep(pollMs);
  }
  return null;
}

/** Appends to what earlier servers wrote, until it is too long. */
async function openLog(file: string, account: Account): Promise<FileHandle> {
  const log = await open(file, 'a+', 0o600);
  await changeOwner(account, file);
  const { size } = await log.stat();
  if (size > maxLogBytes) await log.truncate(0);
  return log;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
