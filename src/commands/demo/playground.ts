import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { temporaryFolderError } from '../../core/temporary-spool.ts';
import type { App } from '../../app.ts';
import { openTemporaryDatabase } from '../../app/temporary-database.ts';
import type { TemporaryDatabase } from '../../app/temporary-database.ts';
import { CleanupStack } from '../../lib/async/cleanup-stack.ts';
import { defaultOptions } from '../../simulator/options.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import type { CommandContext } from '../command.ts';
import { demoConfig, createPeopleSql, modelFiles } from './warehouse.ts';
import type { DemoServer } from './warehouse.ts';

/** Everything that the demo uses. */
export interface Playground {
  readonly directory: string;
  /** panelsync as a user would have it, on the configuration in the folder. */
  readonly app: App;
  readonly warehouse: TemporaryDatabase;
  readonly simulator: Simulator;
}

export interface PlaygroundOptions {
  /** Its files stay. */
  readonly keep: boolean;
  /** `null`: no daemon is started on it. */
  readonly server: DemoServer | null;
}

/**
 * Makes the folder, starts Postgres and the simulator, writes the configuration and does the work; then everything
 * is stopped, and deleted unless `--keep` is given.
 */
export async function withPlayground<T>(
  context: CommandContext,
  { keep, server }: PlaygroundOptions,
  action: (playground: Playground) => Promise<T>,
): Promise<T> {
  const releasers = new CleanupStack();
  const remove = (directory: string) => (): Promise<void> | void =>
    keep ? undefined : rm(directory, { recursive: true, force: true });
  try {
    const directory = await mkdtemp(join(tmpdir(), 'panelsync-demo-')).catch((error: unknown) => {
      throw temporaryFolderError(error);
    });
    releasers.add(remove(directory));
    const log = context.log();
    // The introduction says what is started.
    const warehouse = await openTemporaryDatabase(directory, {
      ...log,
      info: (event, fields) => log.debug(event, fields),
    });
    if (warehouse.relocatedTo !== null) releasers.add(remove(warehouse.relocatedTo));
    releasers.add(() => warehouse.close());
    const { startSimulator } = await import('../../simulator/simulator.ts');
    const simulator = await startSimulator();
    releasers.add(() => simulator.close());
    for (const statement of createPeopleSql) await warehouse.rows(statement);
    await writeFiles(directory, warehouse, demoConfig(simulator.url, server));
    const app = await context.app({ file: 'panelsync.yaml', cwd: directory, env: {} });
    releasers.add(() => app.close());
    return await action({ directory, app, warehouse, simulator });
  } finally {
    await releasers.closeAll();
  }
}

async function writeFiles(directory: string, warehouse: TemporaryDatabase, config: string): Promise<void> {
  const environment = {
    DATABASE_URL: warehouse.url,
    WAREHOUSE_URL: warehouse.url,
    USER_INTERVIEWS_API_KEY: defaultOptions.apiKey,
  };
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
  const files = { 'panelsync.yaml': config, ...modelFiles };
  await writeFile(join(directory, '.env'), lines.join(''), { mode: 0o600 });
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), text);
  }
}
