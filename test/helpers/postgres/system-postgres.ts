import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { changeOwner, serverAccount } from '../../../src/embedded/program.ts';
import type { Account } from '../../../src/embedded/program.ts';
import { waitUntil } from '../wait-until.ts';
import { query } from './postgres.ts';

/** What the tests' own Postgres has no programs for: standby servers and other versions. */

const exec = promisify(execFile);

const packagesFolder = '/usr/lib/postgresql';

/** The programs of the newest Postgres that the system has, with those for replication; `null` without any. */
export const systemPostgresFolder: string | null = existsSync(packagesFolder)
  ? (readdirSync(packagesFolder)
      .toSorted((one, other) => Number(other) - Number(one))
      .map((version) => join(packagesFolder, version, 'bin'))
      .find((folder) => existsSync(join(folder, 'pg_basebackup'))) ?? null)
  : null;

/** A server that a test has started. */
export interface SystemServer {
  readonly url: string;
  stop(): Promise<void>;
}

const initdbOptions = ['-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '-N'];

/** For data that can be lost. */
export const throwawaySettings: readonly string[] = ['-c', 'fsync=off'];

/** A server with the settings that a package brings, where no others are given: a commit waits for the disk. */
export async function startSystemPostgres(
  programs: string = systemPostgresFolder ?? '',
  settings: readonly string[] = [],
): Promise<SystemServer> {
  const folder = await serverFolder('panelsync-postgres-');
  const data = join(folder, 'data');
  await run(join(programs, 'initdb'), ['-D', data, ...initdbOptions]);
  const server = await startPostgres(programs, data, settings);
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...server, stop };
}

/** A primary and its hot standby, which stops with it. */
export async function startReplicas(): Promise<{ readonly primary: SystemServer; readonly standby: SystemServer }> {
  const folder = await serverFolder('panelsync-replicas-');
  const [primaryData, standbyData] = [join(folder, 'primary'), join(folder, 'standby')];
  const programs = systemPostgresFolder ?? '';
  await run(join(programs, 'initdb'), ['-D', primaryData, ...initdbOptions]);
  const primary = await startPostgres(programs, primaryData, throwawaySettings);
  const { port } = new URL(primary.url);
  const from = ['-h', '127.0.0.1', '-p', port, '-U', 'postgres'];
  await run(join(programs, 'pg_basebackup'), [...from, '-D', standbyData, '-R', '-N']);
  const standby = await startPostgres(programs, standbyData, throwawaySettings);
  const stop = async (): Promise<void> => {
    await standby.stop();
    await primary.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { primary: { ...primary, stop }, standby };
}

async function startPostgres(programs: string, dataFolder: string, settings: readonly string[]): Promise<SystemServer> {
  const port = await findFreePort();
  const args = ['-D', dataFolder, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', ...settings];
  const file = join(programs, 'postgres');
  const child = spawn(file, [...args, '-c', 'unix_socket_directories='], { stdio: 'ignore', ...(await account()) });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await waitForServer(url, child);
  return { url, stop: () => end(child, 'SIGINT') };
}

async function waitForServer(url: string, child: ChildProcess): Promise<void> {
  await waitUntil(async () => {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    return query(url, 'select 1').then(
      () => true,
      () => false,
    );
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  child.kill(signal);
  await ended;
}

async function run(program: string, args: readonly string[]): Promise<void> {
  await exec(program, [...args], { cwd: '/', ...(await account()) });
}

async function serverFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await changeOwner(await account(), folder);
  await chmod(folder, 0o700);
  return folder;
}

/** No server runs as root. */
function account(): Promise<Account> {
  return serverAccount('/');
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
