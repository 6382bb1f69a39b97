import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { PanelsyncError } from '../core/errors.ts';
import { systemCode } from '../lib/system-code.ts';
import { readPassword, superuser } from './cluster.ts';
import { isAlive } from '../lib/processes.ts';

const pollMs = 20;
const connectTimeoutMs = 60_000;
const markerName = 'panelsync embedded';

/** A server that is up, and our connection to it, which tells other processes that it is in use. */
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

interface Postmaster {
  readonly pid: number;
  /** `null` while it has not chosen one yet. */
  readonly port: number | null;
}

/** The server that runs on this data already, waited for while it starts; `null` when there is none. */
export async function findRunningServer(dataFolder: string): Promise<RunningServer | null> {
  const deadlineMs = performance.now() + connectTimeoutMs;
  for (;;) {
    const postmaster = await readPostmaster(dataFolder);
    if (postmaster === null || !isAlive(postmaster.pid)) return null;
    if (!(await isPostgres(postmaster.pid))) {
      // The number went to another program after a crash or a restart; Postgres itself would take it for a server.
      await rm(join(dataFolder, 'postmaster.pid'), { force: true });
      return null;
    }
    const server = await tryConnect(dataFolder, postmaster);
    if (server !== null) return server;
    if (performance.now() > deadlineMs) throw unresponsiveError(dataFolder, postmaster.pid);
    await sleep(pollMs);
  }
}

/** One try to connect to the server. */
export async function tryConnect(dataFolder: string, { pid, port }: Postmaster): Promise<RunningServer | null> {
  if (port === null) return null;
  const password = await readPassword(dataFolder);
  const url = `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`;
  const marker = await connectMarker(port, password);
  return marker === null ? null : { pid, url, marker };
}

export async function readPostmaster(dataFolder: string): Promise<Postmaster | null> {
  try {
    const lines = (await readFile(join(dataFolder, 'postmaster.pid'), 'utf8')).split('\n');
    const pid = Number(lines[0]);
    return Number.isInteger(pid) && pid > 0 ? { pid, port: Number(lines[3]) || null } : null;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Whether the process is a Postgres; a zombie is none. In doubt it is one. */
export async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform === 'win32') return true;
  try {
    const command =
      process.platform === 'linux'
        ? await readFile(`/proc/${pid}/cmdline`, 'utf8')
        : (await promisify(execFile)('/bin/ps', ['-o', 'command=', '-p', String(pid)])).stdout;
    return command.includes('postgres');
  } catch (error) {
    return isAlive(pid) && systemCode(error) !== 'ENOENT';
  }
}

/** `null` when nobody answers there, or not yet, or somebody who is not ours: the password is known to ours only. */
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
  // A server that goes away shows itself to those who query it; this connection only has to survive the news.
  client.on('error', () => undefined);
  try {
    await client.connect();
    // It shall not keep a process alive that has done its work.
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
    message: `The embedded Postgres in ${dataFolder} (process ${pid}) runs, and lets nobody in.`,
    hint: `It may be starting, stopping or repairing its data. Wait for it, or stop process ${pid}, then start again.`,
  });
}
