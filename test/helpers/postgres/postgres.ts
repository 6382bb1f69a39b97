import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { QueryResultRow } from 'pg';
import type { Log } from '../../../src/core/ports/log.ts';
import { startEmbedded } from '../../../src/embedded/embedded.ts';

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Ends all connections to it. */
  drop(): Promise<void>;
}

interface Cluster {
  readonly url: string;
  stop(): Promise<void>;
}

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

let cluster: Promise<Cluster> | null = null;

/** A new database, empty or a copy of another one (its `name`), to which nobody may be connected then. */
export async function createDatabase(template = 'template0'): Promise<TestDatabase> {
  const { url: clusterUrl } = await testCluster();
  const name = `panelsync_test_${randomBytes(6).toString('hex')}`;
  // Files are copied in a third of the time that it takes to log each of their pages.
  await query(clusterUrl, `create database ${name} template ${template} strategy file_copy`);
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    async drop() {
      await query(clusterUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

/** One statement on a connection of its own. */
export async function query<Row extends QueryResultRow>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  // A connection that is lost rejects the query; without a listener it would end the process as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Row>(sql, [...values]);
    return rows;
  } finally {
    await client.end();
  }
}

/** The address of the Postgres that all tests of this run share: `TEST_DATABASE_URL`, or an embedded one. */
export async function testClusterUrl(): Promise<string> {
  return (await testCluster()).url;
}

/** Stops what this process started; a later test would start another cluster. */
export async function stopTestCluster(): Promise<void> {
  const running = cluster;
  cluster = null;
  await (await running)?.stop();
}

function testCluster(): Promise<Cluster> {
  cluster ??= startCluster();
  return cluster;
}

async function startCluster(): Promise<Cluster> {
  const url = process.env['TEST_DATABASE_URL'];
  if (url !== undefined && url !== '') return { url, stop: () => Promise.resolve() };
  const directory = await mkdtemp(join(await fastestFolder(), 'panelsync-test-'));
  // A run that is interrupted stops nothing, and what it left would stay in memory.
  const removeAtExit = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', removeAtExit);
  const embedded = await startEmbedded({ directory, log: silentLog, durability: 'throwaway' });
  return {
    url: embedded.url,
    async stop() {
      await embedded.close();
      process.off('exit', removeAtExit);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Linux' folder in memory, where creating and removing the files of temporary tables costs a third, if it is large. */
const memoryFolder = '/dev/shm';
const enoughBytes = 6 * 1024 ** 3;

async function fastestFolder(): Promise<string> {
  const { bavail, bsize } = await statfs(memoryFolder).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= enoughBytes ? memoryFolder : tmpdir();
}
