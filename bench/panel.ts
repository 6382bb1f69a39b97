import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import type { RunReport } from '../src/core/model/terms.ts';
import { columns, model } from './model.ts';
import { measureProcess } from './measure-process.ts';
import type { Measurement } from './measure-process.ts';

const cli = fileURLToPath(new URL('../src/cli.js', import.meta.url));
const hubProgram = fileURLToPath(new URL('hub.js', import.meta.url));

interface HubCounts {
  readonly requests: number;
  readonly repeated: number;
  readonly people: number;
}

/** Two syncs of one model, so that each keeps what its last run left. */
export type BenchSync = 'fingerprints' | 'rows' | 'warehouse';

/** A warehouse with people, a Hub in another process, and panelsync between them as users run it. */
export class Panel {
  readonly url: string;
  readonly #client: Client;
  readonly #config: string;
  #hub: ChildProcess | null = null;

  constructor(url: string, client: Client, config: string) {
    this.url = url;
    this.#client = client;
    this.#config = config;
  }

  static async open(url: string, directory: string): Promise<Panel> {
    const client = new Client(url);
    await client.connect();
    const panel = new Panel(url, client, join(directory, 'bench.yaml'));
    await panel.restartHub();
    return panel;
  }

  /** A table of so many people, the same at each call. */
  async fill(rows: number): Promise<void> {
    await this.#client.query('drop table if exists public.people');
    await this.#client.query(
      `create table public.people as select i as id, 'person' || i || '@example.com' as email, 'First' || i as first_name,
         'Last' || i as last_name, '+1415555' || lpad((i % 10000)::text, 4, '0') as phone_number, 'Engineer' as title,
         'Company ' || i % 1000 as company, 'San Francisco' as city, 'CA' as state, 'US' as country
       from generate_series(1, ${rows}) as i`,
    );
    await this.#client.query('vacuum analyze public.people');
  }

  /** Other names for `rows` people, spread over the table. */
  async change(rows: number, round: number): Promise<void> {
    await this.#client.query(
      `update public.people set title = 'Changed ' || $1::text where id % ((select count(*) from public.people) / $2) = 0`,
      [round, rows],
    );
    await this.#client.query('vacuum public.people');
  }

  /** Lets the state begin anew. */
  async reset(): Promise<void> {
    await this.#client.query('drop schema if exists panelsync cascade');
    await this.restartHub();
  }

  async restartHub(kind: 'simulator' | 'forgetful' = 'simulator', badRows = 0): Promise<string> {
    if (this.#hub !== null) await this.#stopHub(this.#hub);
    const hub = fork(hubProgram, [kind, String(badRows)]);
    this.#hub = hub;
    const [{ url }] = (await once(hub, 'message')) as [{ url: string }];
    const mapping = columns.map((column) => `${column}: ${column}`).join(', ');
    await writeFile(
      this.#config,
      `state: { url: "${this.url}" }
destination: { apiKey: simulator-key, baseUrl: "${url}", requestsPerMinute: 1000000, concurrency: 4 }
sources: { warehouse: { type: postgres, url: "${this.url}" } }
syncs:
  fingerprints: { source: warehouse, mode: upsert, sql: "${model}", mapping: { ${mapping} }, diff: fingerprints }
  rows: { source: warehouse, mode: upsert, sql: "${model}", mapping: { ${mapping} }, diff: rows }
  warehouse: { source: warehouse, mode: upsert, sql: "${model}", mapping: { ${mapping} }, diff: warehouse }
`,
    );
    return url;
  }

  /** Brings snapshot and Hub up to the table, unmeasured. */
  async load(...syncs: readonly BenchSync[]): Promise<void> {
    await this.#client.query('drop schema if exists panelsync cascade');
    // A Hub that keeps nobody: millions of people would need a larger process than the one that is measured.
    await this.restartHub('forgetful');
    for (const sync of syncs) await this.run(sync, 'load');
    await this.#client.query('vacuum analyze panelsync.snapshot');
  }

  /** One run of the CLI. Its work is what its report says: from the lock to the end. */
  async run(sync: BenchSync, label: string, exitCodes: readonly number[] = [0]): Promise<Measurement> {
    const args = ['run', sync, '--json', '--log-level', 'error', '--config', this.#config];
    const { stdout, ...usage } = await measureProcess(cli, args, exitCodes);
    const { startedAt, finishedAt, error, work } = JSON.parse(stdout) as RunReport;
    if (finishedAt === null || error !== null) throw new Error(`${label}: ${stdout}`);
    const workMs = Date.parse(finishedAt) - Date.parse(startedAt);
    return { ...usage, workMs, bytesToState: work.bytesToState, bytesFromSource: work.bytesFromSource };
  }

  async serverVersion(): Promise<string> {
    const { rows } = await this.#client.query<{ version: string }>(
      `select current_setting('server_version') as version`,
    );
    return `Postgres ${rows[0]?.version ?? ''}`;
  }

  async hubCounts(): Promise<HubCounts> {
    if (this.#hub === null) throw new Error('no Hub');
    this.#hub.send('counts');
    const [counts] = (await once(this.#hub, 'message')) as [HubCounts];
    return counts;
  }

  async close(): Promise<void> {
    if (this.#hub !== null) await this.#stopHub(this.#hub);
    await this.#client.end();
  }

  async #stopHub(hub: ChildProcess): Promise<void> {
    const exited = once(hub, 'exit');
    hub.disconnect();
    await exited;
  }
}
