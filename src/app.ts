import { hasState, openState, openStateDatabase, requireCreatableState } from './app/open-state.ts';
import type { OpenState } from './app/open-state.ts';
import { presetEnvironment } from './config/load.ts';
import { PanelsyncError } from './core/errors.ts';
import { formats } from './core/formats.ts';
import { Observers } from './core/ports/observer.ts';
import type { Destination } from './core/ports/destination.ts';
import type { Formats } from './core/ports/formats.ts';
import type { Log } from './core/ports/log.ts';
import type { Source } from './core/ports/source.ts';
import type { Records } from './core/ports/records.ts';
import type { Config, SyncSettings } from './core/settings.ts';
import { createResearchHub } from './destination/research-hub.ts';
import { rateLimitKey } from './destination/wire.ts';
import { CleanupStack } from './lib/async/cleanup-stack.ts';
import { createDuckDbSource } from './source/duckdb/duckdb.ts';
import { createPostgresSource } from './source/postgres/postgres.ts';
import { createRedshiftSource } from './source/redshift/redshift.ts';
import { createSnowflakeSource } from './source/snowflake/snowflake.ts';
import type { Database } from './state/db/database.ts';
import { emptyRecords } from './state/queries/records.ts';
import { openRateLimitStore } from './state/tables/rate-limits.ts';
import type { RunDeps } from './sync/run-context.ts';

/** The composition root: the one place that knows which source, destination and state there are. */

/** Who shares the rate limit: all processes with the same key and state, or this process alone. */
export type RateLimitScope = 'shared' | 'alone';

/** Everything a command may need, opened when it asks, closed in reverse. */
export interface App {
  readonly config: Config;
  readonly log: Log;
  readonly formats: Formats;
  /** Notified of what this process does. */
  readonly observers: Observers;
  sync(name: string): SyncSettings;
  source(sync: Pick<SyncSettings, 'source'>): Source;
  /** One for all runs; `alone` for what must not need a state. */
  destination(scope?: RateLimitScope): Destination;
  /** False where `state` would have to make an embedded Postgres first. */
  hasState(): Promise<boolean>;
  /** Throws where `state` would fail to create an embedded Postgres; creates none. */
  requireCreatableState(): Promise<void>;
  state(): Promise<OpenState>;
  /** The same with every migration applied. */
  migratedState(): Promise<OpenState>;
  /** What the state holds; where there is none yet, none is made to find that out. */
  records(): Promise<Records>;
  /** Does work with what a run or a plan needs; the source is closed when it is done. */
  withDeps<T>(sync: SyncSettings, work: (deps: RunDeps) => Promise<T>): Promise<T>;
  /** The same state under another configuration; sources and destination are its own, and closed with it. */
  withConfig(config: Config, log: Log): App;
  close(): Promise<void>;
}

/** What outlives a change of the configuration. */
interface SharedResources {
  readonly observers: Observers;
  database(): Promise<Database>;
  /** Aborts when the process is to stop: waits for other processes end. */
  readonly signal: AbortSignal;
}

export function openApp(config: Config, log: Log, signal: AbortSignal = new AbortController().signal): App {
  const cleanup = new CleanupStack();
  let database: Promise<Database> | null = null;
  const shared: SharedResources = {
    observers: new Observers(),
    signal,
    database: () => {
      database ??= openStateDatabase(config.state, log, cleanup).catch((error: unknown) => {
        // The next one to ask tries again.
        database = null;
        throw error;
      });
      return database;
    },
  };
  const app = openWith(config, log, shared);
  const close = async (): Promise<void> => {
    try {
      await app.close();
    } finally {
      await cleanup.closeAll();
    }
  };
  return { ...app, close };
}

function openWith(config: Config, log: Log, shared: SharedResources): App {
  const { observers } = shared;
  const cleanup = new CleanupStack();
  let destination: Destination | null = null;
  const state = async (): Promise<OpenState> =>
    openState(config, await shared.database(), { log, signal: shared.signal });
  const openDestination = (scope: RateLimitScope = 'shared'): Destination => {
    if (scope === 'shared' && destination !== null) return destination;
    const hub = createDestination(config, { log, shared, scope });
    cleanup.add(() => hub.close());
    if (scope === 'shared') destination = hub;
    return hub;
  };
  return {
    config,
    log,
    formats,
    observers,
    sync: (name) => findSync(config, name),
    source: (sync) => {
      const source = openSource(config, sync.source, log);
      cleanup.add(() => source.close());
      return source;
    },
    destination: openDestination,
    hasState: () => hasState(config),
    requireCreatableState: () => requireCreatableState(config),
    state,
    migratedState: async () => withMigrations(await state()),
    records: async () => ((await hasState(config)) ? (await state()).records() : emptyRecords),
    withDeps: async (sync, work) => {
      const { state: runState } = await state();
      const source = openSource(config, sync.source, log);
      const deps = { state: runState, source, destination: openDestination(), formats, log };
      return closeAfter(source, () => work(deps));
    },
    withConfig: (newConfig, newLog) => openWith(newConfig, newLog, shared),
    close: () => cleanup.closeAll(),
  };
}

async function closeAfter<T>(source: Source, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await source.close();
  }
}

async function withMigrations(state: OpenState): Promise<OpenState> {
  await state.migrate();
  return state;
}

function createDestination(
  config: Config,
  { log, shared, scope }: { readonly log: Log; readonly shared: SharedResources; readonly scope: RateLimitScope },
): Destination {
  // The state is opened by the first request that waits for its turn, not before.
  const rateLimit =
    scope === 'shared' ? { rateLimitStore: openRateLimitStore(shared.database, rateLimitKey(config.destination)) } : {};
  return createResearchHub(config.destination, { log, observer: shared.observers, ...rateLimit });
}

function findSync(config: Config, name: string): SyncSettings {
  const sync = Object.hasOwn(config.syncs, name) ? config.syncs[name] : undefined;
  if (sync !== undefined) return sync;
  throw new PanelsyncError({
    code: 'unknown_sync',
    recovery: 'usage',
    message: `There is no sync "${name}" in ${config.file}.`,
    hint: `Use one of its syncs: ${Object.keys(config.syncs).join(', ')}.`,
  });
}

function openSource(config: Config, name: string, log: Log): Source {
  const settings = config.sources[name];
  if (settings === undefined) throw new RangeError(`no source ${name}`);
  switch (settings.type) {
    case 'postgres':
      return createPostgresSource(settings);
    case 'redshift':
      return createRedshiftSource(settings);
    case 'snowflake':
      return createSnowflakeSource(settings, { log, presetEnvironment });
    case 'duckdb':
      return createDuckDbSource(settings);
  }
}
