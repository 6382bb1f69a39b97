import { readFile, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { PanelsyncError } from '../core/errors.ts';
import { isAlive } from '../lib/processes.ts';
import { systemCode } from '../lib/system-code.ts';
import { readPassword, superuser } from './cluster.ts';
import { findServerProcess, isPostgres, isSameFolder, portOf, servesFolder } from './server-process.ts';

const pollMs = 20;
const connectTimeoutMs = 60_000;
const markerName = 'panelsync embedded';

/** A running server, and our connection to it, which shows other processes that it is in use. */
export interface RunningServer {
  readonly pid: number;
  readonly url: string;
  readonly marker: UsageMarker;
}

export interface UsageMarker {
  /** Who else is connected: processes that keep the server as we do, and any client at all. */
  otherConnections(): Promise<{ readonly processes: number; readonly clients: number }>;
  end(): Promise<void>;
}

/** What the server wrote into `postmaster.pid`, the lock file of its data. */
interface Postmaster {
  readonly pid: number;
  /** `null` while the server has not chosen one yet. */
  readonly port: number | null;
}

/**
 * The server that runs on this data already, waited for while it starts; `null` when there is none. A lock file that
 * names no server of this data is removed, as Postgres would not start beside it.
 */
export async function findRunningServer(dataFolder: string): Promise<RunningServer | null> {
  const deadlineMs = performance.now() + connectTimeoutMs;
  for (;;) {
    const postmaster = await findPostmaster(dataFolder);
    if (postmaster === null) return null;
    const server = await tryConnect(dataFolder, postmaster);
    if (server !== null) return server;
    if (performance.now() > deadlineMs) throw unresponsiveError(dataFolder, postmaster.pid);
    await sleep(pollMs);
  }
}

/** The lock file of a server that runs on this data. */
async function findPostmaster(dataFolder: string): Promise<Postmaster | null> {
  const file = await readPostmaster(dataFolder);
  if (file === null) return null;
  const pid = file === 'unreadable' ? await findServerProcess(dataFolder) : file.pid;
  if (file !== 'unreadable' && !isAlive(file.pid)) return null;
  if (pid === null || !(await isServerOf(pid, dataFolder))) {
    await rm(join(dataFolder, lockFileName), { force: true });
    return null;
  }
  return { pid, port: (await portOf(pid)) ?? (file === 'unreadable' ? null : file.port) };
}

/** Whether the process is a server of this data, and not one of other data or another program. */
async function isServerOf(pid: number, dataFolder: string): Promise<boolean> {
  if (!(await isPostgres(pid))) return false;
  return (await servesFolder(pid, dataFolder)) ?? (await isNotElsewhere(pid, dataFolder));
}

/** Where the system does not show the folder of a process: the one in the lock file, which a copy has from its original. */
async function isNotElsewhere(pid: number, dataFolder: string): Promise<boolean> {
  const text = await readFile(join(dataFolder, lockFileName), 'utf8').catch(() => '');
  const [, folder = ''] = text.split('\n');
  const isSame = await isSameFolder(folder, dataFolder);
  if (isSame === null) throw unknownServerError(dataFolder, pid);
  return isSame;
}

/** One attempt to connect to the server. */
export async function tryConnect(dataFolder: string, { pid, port }: Postmaster): Promise<RunningServer | null> {
  if (port === null) return null;
  const password = await readPassword(dataFolder);
  const url = `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`;
  const marker = await connectMarker(port, password);
  return marker === null ? null : { pid, url, marker };
}

const lockFileName = 'postmaster.pid';

/** `null` without a lock file; `unreadable` when Postgres has not written it yet, or it is damaged. */
export async function readPostmaster(dataFolder: string): Promise<Postmaster | 'unreadable' | null> {
  try {
    const lines = (await readFile(join(dataFolder, lockFileName), 'utf8')).split('\n');
    // Negative for a server without connections, as people use it for repairs.
    const pid = Math.abs(Number(lines[0]));
    return Number.isInteger(pid) && pid > 0 ? { pid, port: Number(lines[3]) || null } : 'unreadable';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** `null` when nobody answers there yet, or a server that is not ours: only ours accepts the password. */
async function connectMarker(port: number, password: string): Promise<UsageMarker | null> {
  const socket = new Socket();
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: superuser,
    password,
    database: 'postgres',
    ssl: false,
    application_name: markerName,
    connectionTimeoutMillis: 5000,
    stream: () => socket,
  });
  // Whoever queries a server that has gone notices it; this connection only must not end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    // It must not keep a process alive that has done its work.
    socket.unref();
  } catch {
    await client.end().catch(() => undefined);
    return null;
  }
  return {
    async otherConnections() {
      socket.ref();
      const sql = `select count(*) filter (where application_name = $1)::int as processes, count(*)::int as clients
        from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`;
      const { rows } = await client.query<{ processes: number; clients: number }>(sql, [markerName]);
      return rows[0] ?? { processes: 0, clients: 0 };
    },
    end: () => client.end(),
  };
}

function unresponsiveError(dataFolder: string, pid: number): PanelsyncError {
  return new PanelsyncError({
    code: 'embedded_busy',
    recovery: 'busy',
    message: `The embedded Postgres in ${dataFolder} (process ${pid}) is running but accepts no connections.`,
    hint: `It may be starting, stopping or recovering its data. Wait, or stop process ${pid}, then run the command again.`,
  });
}

function unknownServerError(dataFolder: string, pid: number): PanelsyncError {
  return new PanelsyncError({
    code: 'embedded_busy',
    recovery: 'busy',
    message: `${join(dataFolder, lockFileName)} names a Postgres server (process ${pid}), and this system does not show whether it uses this folder.`,
    hint: `If process ${pid} belongs to another server, delete that file. Otherwise stop it. Then run the command again.`,
  });
}
