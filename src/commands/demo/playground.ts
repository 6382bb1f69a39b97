import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openThrowaway } from '../../app.ts';
import type { App, Throwaway } from '../../app.ts';
import { Releasers } from '../../lib/async/cleanup-stack.ts';
import { defaultOptions } from '../../simulator/options.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import type { CommandContext } from '../command.ts';
import { configuration, createPeople, models } from './warehouse.ts';

/** Everything the demo plays with. */
export interface Playground {
  readonly folder: string;
  /** panelsync as a user would have it, on the configuration in the folder. */
  readonly app: App;
  readonly warehouse: Throwaway;
  readonly simulator: Simulator;
}

/**
 * Makes the folder, starts Postgres and the simulator, writes the configuration and does the work; then everything
 * is stopped, and removed unless it is to be kept.
 */
export async function withPlayground<T>(
  context: CommandContext,
  keep: boolean,
  work: (playground: Playground) => Promise<T>,
): Promise<T> {
  const releasers = new Releasers();
  const remove = (folder: string) => (): Promise<void> | void =>
    keep ? undefined : rm(folder, { recursive: true, force: true });
  try {
    const folder = await mkdtemp(join(tmpdir(), 'panelsync-demo-'));
    releasers.add(remove(folder));
    const log = context.log();
    // What is started is part of the story and told there.
    const warehouse = await openThrowaway(folder, { ...log, info: (event, fields) => log.debug(event, fields) });
    if (warehouse.otherFolder !== null) releasers.add(remove(warehouse.otherFolder));
    releasers.add(() => warehouse.close());
    const { startSimulator } = await import('../../simulator/simulator.ts');
    const simulator = await startSimulator();
    releasers.add(() => simulator.close());
    for (const statement of createPeople) await warehouse.rows(statement);
    await writeFiles(folder, warehouse, simulator);
    const app = await context.app({ file: 'panelsync.yaml', cwd: folder, env: {} });
    releasers.add(() => app.close());
    return await work({ folder, app, warehouse, simulator });
  } finally {
    await releasers.release();
  }
}

async function writeFiles(folder: string, warehouse: Throwaway, simulator: Simulator): Promise<void> {
  const environment = {
    DATABASE_URL: warehouse.url,
    WAREHOUSE_URL: warehouse.url,
    USER_INTERVIEWS_API_KEY: defaultOptions.apiKey,
  };
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
  const files = { 'panelsync.yaml': configuration(simulator.url), ...models };
  await writeFile(join(folder, '.env'), lines.join(''), { mode: 0o600 });
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
}
