import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbedded } from '../src/embedded/embedded.ts';
import { Panel } from './panel.ts';

/**
 * What the state needs on disk, with its indexes: `npm run bench:sizing`. People have the nine built-in fields of the
 * benchmark's model; more or longer fields add their text to a person and to a change.
 */

const people = 100_000;
const invalid = 10_000;
const runs = 10;

function report(what: string, bytes: number): void {
  process.stdout.write(`${what.padEnd(76)}${`${Math.round(bytes).toLocaleString('en')} B`.padStart(12)}\n`);
}

/** Bytes on disk of these tables with their indexes. */
async function sizeOf(client: Client, ...tables: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const table of tables) {
    // What a table no longer needs is no part of what it needs.
    await client.query(`vacuum full panelsync.${table}`);
    const { rows } = await client.query<{ bytes: string }>('select pg_total_relation_size($1) as bytes', [
      `panelsync.${table}`,
    ]);
    bytes += Number(rows[0]?.bytes);
  }
  return bytes;
}

async function measureChanges(panel: Panel, client: Client): Promise<void> {
  await panel.fill(people);
  await panel.load('fingerprints');
  report('A person in the snapshot', (await sizeOf(client, 'snapshot', 'snapshot_fields')) / people);
  report('  and for fingerprints', (await sizeOf(client, 'fingerprints')) / people);
  report('A change of a run: its row and its part of a batch', (await sizeOf(client, 'outbox', 'batches')) / people);
}

/** Tables have whole pages, so few runs say little of one: the bytes of their rows, and what an index needs for each. */
async function measureRuns(panel: Panel, client: Client): Promise<void> {
  const pageHeader = 28;
  const indexEntry = 24;
  for (let round = 0; round < runs; round += 1) await panel.run('fingerprints', 'no change');
  const { rows } = await client.query<{ bytes: string }>(
    'select avg(pg_column_size(r.*)) as bytes from panelsync.runs r',
  );
  report('A run without changes', Number(rows[0]?.bytes) + pageHeader + 2 * indexEntry);
}

async function measureRejections(panel: Panel, client: Client): Promise<void> {
  await client.query(`update public.people set email = 'invalid e-mail ' || id where id <= ${invalid}`);
  await panel.run('fingerprints', 'invalid', [3]);
  report('An open rejection', (await sizeOf(client, 'rejections')) / invalid);
  report('A person who left the model, beside the snapshot', (await sizeOf(client, 'absences')) / invalid);
  await client.query(`update public.people set email = 'person' || id || '@example.com' where id <= ${invalid}`);
  await panel.run('fingerprints', 'valid again');
  report('A closed rejection', (await sizeOf(client, 'past_rejections')) / invalid);
}

/** A sync in update mode would skip everybody; the rows are the same. */
async function measureSkips(client: Client): Promise<void> {
  await client.query(
    `insert into panelsync.skips (sync_id, key, reason, from_run_id)
     select sync_id, key, 'not_in_snapshot', 1 from panelsync.snapshot`,
  );
  report('A skip', (await sizeOf(client, 'skips')) / people);
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'panelsync-sizing-'));
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const postgres = await startEmbedded({ directory, log, durability: 'throwaway' });
  const panel = await Panel.open(postgres.url, directory);
  const client = new Client(postgres.url);
  await client.connect();
  try {
    await measureChanges(panel, client);
    await measureRuns(panel, client);
    await measureRejections(panel, client);
    await measureSkips(client);
  } finally {
    await client.end();
    await panel.close();
    await postgres.close();
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
