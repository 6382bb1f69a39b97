import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../core/errors.ts';
import { installedFolder, program } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { programFault } from './errors.ts';
import { isAlive } from '../lib/processes.ts';
import { greet, isPostgres, readPostmaster } from './postmaster.ts';
import type { LivingServer } from './postmaster.ts';
import { giveTo, programOptions, runProgram } from './program.ts';
import type { Account } from './program.ts';

/** `durable` survives a crash of the machine; `throwaway` is faster and is for data that nobody will miss. */
export type Tuning = 'durable' | 'throwaway';

const pollMs = 20;
/** Long: after a crash Postgres first repairs its data. */
const readyMs = 120_000;
const stopMs = 60_000;
const maxLogBytes = 1_000_000;

const settings: readonly string[] = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=100',
  'shared_buffers=128MB',
  'timezone=UTC',
  'log_timezone=UTC',
  // Nobody replicates from it: less is written.
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_logical_replication_workers=0',
  // Parallel queries share /dev/shm, of which a container has only 64 MB.
  'max_parallel_workers_per_gather=0',
  'jit=off',
  // Messages about failed statements quote rows, and rows are people: the log holds none of them.
  'log_min_messages=log',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
  'log_checkpoints=off',
];
const throwawaySettings: readonly string[] = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/** Starts a server on the cluster and waits until it lets us in. */
export async function startServer(cluster: Cluster, logFile: string, tuning: Tuning): Promise<LivingServer> {
  const log = await openLog(logFile, cluster.account);
  try {
    const { size } = await log.stat();
    const args = ['-D', cluster.dataFolder, '-p', String(await freePort())];
    const wanted = tuning === 'throwaway' ? [...settings, ...throwawaySettings] : settings;
    for (const setting of wanted) args.push('-c', setting);
    const file = program(cluster.binaries.folder, 'postgres');
    const child = spawn(file, args, { ...programOptions(cluster.account), stdio: ['ignore', log.fd, log.fd] });
    let silence = 'it ended without a word';
    child.once('error', (error) => (silence = systemCode(error) ?? silence));
    child.unref();
    const living = await waitUntilReady(child, cluster.dataFolder);
    if (living !== null) return living;
    const written = (await readFile(logFile)).subarray(size).toString();
    throw programFault('The embedded Postgres did not start', written === '' ? silence : written);
  } finally {
    await log.close();
  }
}

/** Asks for a fast shutdown, which ends all connections, and waits for the process to be gone. */
export async function stopServer(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    await sendSignal(pid, signal);
    const deadlineMs = performance.now() + stopMs;
    while (performance.now() < deadlineMs) {
      if (!isAlive(pid) || !(await isPostgres(pid))) return;
      await sleep(pollMs);
    }
  }
}

/** Windows knows no such signals; there `pg_ctl` tells Postgres in another way. */
async function sendSignal(pid: number, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  if (process.platform === 'win32') {
    await runProgram(program(installedFolder(), 'pg_ctl'), ['kill', signal.slice(3), String(pid)], null);
  } else if (isAlive(pid)) {
    process.kill(pid, signal);
  }
}

async function waitUntilReady(child: ChildProcess, dataFolder: string): Promise<LivingServer | null> {
  const deadlineMs = performance.now() + readyMs;
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const postmaster = await readPostmaster(dataFolder);
    const living = postmaster?.pid === child.pid ? await greet(dataFolder, postmaster) : null;
    if (living !== null) return living;
    if (performance.now() > deadlineMs) {
      await stopServer(child.pid);
      return null;
    }
    await sleep(pollMs);
  }
  return null;
}

/** What an earlier server wrote is kept while it is short. */
async function openLog(file: string, account: Account): Promise<FileHandle> {
  const log = await open(file, 'a+', 0o600);
  await giveTo(account, file);
  const { size } = await log.stat();
  if (size > maxLogBytes) await log.truncate(0);
  return log;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
