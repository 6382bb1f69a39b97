import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError, messageWithLocation } from './config/issues/issues.ts';
import { presetEnvironment } from './config/load.ts';
import type { AlertStore } from './core/ports/alert-store.ts';
import type { CanaryStore } from './core/ports/canary-store.ts';
import { PanelsyncError } from './core/errors.ts';
import type { ReadGauges } from './core/ports/sync-gauges.ts';
import { createPayloadCodec } from './core/model/payload-codec.ts';
import type { State } from './core/ports/run-store.ts';
import type { HubState } from './core/ports/hub-session.ts';
import { Observers } from './core/ports/observer.ts';
import type { Destination, Formats, Log, Source } from './core/ports/ports.ts';
import type { Records } from './core/ports/records.ts';
import type { ScheduleStore } from './core/ports/schedule-store.ts';
import type { Config, StateSettings, SyncSettings } from './core/settings.ts';
import { createResearchHub } from './destination/research-hub.ts';
import { rateLimitKey } from './destination/wire.ts';
import { formats } from './core/formats.ts';
import { CleanupStack } from './lib/async/cleanup-stack.ts';
import { createPostgresSource } from './source/postgres/postgres.ts';
import { createSnowflakeSource } from './source/snowflake/snowflake.ts';
import { openAlertStore } from './state/tables/alerts.ts';
import { openCanaries } from './state/tables/canaries.ts';
import { openDatabase } from './state/db/database.ts';
import type { Database } from './state/db/database.ts';
import { findDataFolder } from './embedded/cluster.ts';
import { startEmbedded } from './embedded/embedded.ts';
import { readGauges } from './state/queries/gauges.ts';
import { hashAllPayloads } from './state/run/payload-hashing.ts';
import { migrate, requireCurrent, requireUsable, schemaVersion } from './state/db/migrate.ts';
import { openRateLimitStore } from './state/tables/rate-limits.ts';
import { emptyRecords, openRecords } from './state/queries/records.ts';
import { createHubState } from './state/hub-session.ts';
import { openSchedules } from './state/tables/schedules.ts';
import { createState } from './state/state.ts';
import type { RunDeps } from './sync/run-sync.ts';

/** The state database as commands see it. */
export interface OpenState {
  readonly state: State;
  /** Where what the Hub holds meets the snapshot. */
  readonly hub: HubState;
  /** Embedded Postgres, not one of the user's own. */
  readonly embedded: boolean;
  /** Applies what is missing; returns the names of the migrations applied now. */
  migrate(): Promise<readonly string[]>;
  /** How many migrations it has; 0 before the first run. */
  schemaVersion(): Promise<number>;
  /** Throws unless it has just the migrations of this version. */
  requireCurrent(): Promise<void>;
  /** Throws where no run could keep its records, with or without tables. */
  requireUsable(): Promise<void>;
  records(): Promise<Records>;
  readonly schedules: ScheduleStore;
  readonly readGauges: ReadGauges;
  readonly canaries: CanaryStore;
  /** What webhooks were told. */
  readonly alertStore: AlertStore;
}

/** Whose turn counts when requests are paced: that of all who share key and state, or that of this process alone. */
export type RateLimitScope = 'shared' | 'alone';

/** Everything a command may need, opened when it asks, closed in reverse. */
export interface App {
  readonly config: Config;
  readonly log: Log;
  readonly formats: Formats;
  /** Are told what this process does. */
  readonly observers: Observers;
  sync(name: string): SyncSettings;
  source(sync: Pick<SyncSettings, 'source'>): Source;
  /** One for all runs; `alone` for what must not need a state. */
  destination(scope?: RateLimitScope): Destination;
  /** False where `state` would have to make an embedded Postgres first. */
  hasState(): Promise<boolean>;
  state(): Promise<OpenState>;
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
}

export function openApp(config: Config, log: Log): App {
  const cleanup = new CleanupStack();
  let database: Promise<Database> | null = null;
  const shared: SharedResources = {
    observers: new Observers(),
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
  const state = async (): Promise<OpenState> => openState(config, await shared.database(), log);
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
    state,
    records: async () => ((await hasState(config)) ? (await state()).records() : emptyRecords),
    withDeps: async (sync, work) => {
      const { state: runState } = await state();
      const source = openSource(config, sync.source, log);
      try {
        return await work({ state: runState, source, destination: openDestination(), formats, log });
      } finally {
        await source.close();
      }
    },
    withConfig: (newConfig, newLog) => openWith(newConfig, newLog, shared),
    close: () => cleanup.closeAll(),
  };
}

function createDestination(
  config: Config,
  { log, shared, scope }: { readonly log: Log; readonly shared: SharedResources; readonly scope: RateLimitScope },
): Destination {
  // The state is opened when somebody waits for a place, not before.
  const rateLimit =
    scope === 'shared' ? { pace: openRateLimitStore(shared.database, rateLimitKey(config.destination)) } : {};
  return createResearchHub(config.destination, { log, observer: shared.observers, ...rateLimit });
}

function findSync(config: Config, name: string): SyncSettings {
  const sync = Object.hasOwn(config.syncs, name) ? config.syncs[name] : undefined;
  if (sync !== undefined) return sync;
  throw new PanelsyncError({
    code: 'unknown_sync',
    recovery: 'usage',
    message: `There is no sync "${name}" in ${config.file}.`,
    hint: `Its syncs: ${Object.keys(config.syncs).join(', ')}.`,
  });
}

function openSource(config: Config, name: string, log: Log): Source {
  const settings = config.sources[name];
  if (settings === undefined) throw new RangeError(`no source ${name}`);
  switch (settings.type) {
    case 'postgres':
      return createPostgresSource(settings);
    case 'snowflake':
      return createSnowflakeSource(settings, { log, presetEnvironment });
  }
}

async function hasState({ state }: Config): Promise<boolean> {
  return state.url !== null || (await findDataFolder(state.directory)) !== null;
}

function openState({ state, retention }: Config, database: Database, log: Log): OpenState {
  const codec = createPayloadCodec(state);
  return {
    state: createState(database, retention, { log, codec }),
    hub: createHubState(database, { log, codec }),
    embedded: state.url === null,
    migrate: async () => {
      const applied = await migrate(database);
      await hashAllPayloads(database, codec);
      return applied;
    },
    schemaVersion: () => schemaVersion(database),
    requireCurrent: () => requireCurrent(database),
    requireUsable: () => requireUsable(database),
    records: () => openRecords(database, codec),
    schedules: openSchedules(database),
    readGauges: () => readGauges(database),
    canaries: openCanaries(database),
    alertStore: openAlertStore(database),
  };
}

async function openStateDatabase(state: StateSettings, log: Log, cleanup: CleanupStack): Promise<Database> {
  const database = openDatabase(state.url ?? (await embeddedUrl(state.directory, log, cleanup)), state.schema);
  cleanup.add(() => database.close());
  return database;
}

async function embeddedUrl(directory: string, log: Log, cleanup: CleanupStack): Promise<string> {
  const postgres = await startEmbedded({ directory, log, durability: 'durable' });
  cleanup.add(() => postgres.close());
  log.info('state is kept in embedded Postgres, for trying out; set state.url for real work', {
    directory: join(directory, 'postgres'),
  });
  return postgres.url;
}

/** The single faults of a configuration that cannot be used, each with its place; `null` for any other error. */
export function configIssues(
  error: unknown,
): readonly { readonly message: string; readonly hint: string | null }[] | null {
  if (!(error instanceof ConfigError)) return null;
  return error.issues.map((issue) => ({ message: messageWithLocation(issue), hint: issue.hint }));
}

/** Embedded Postgres for data that nobody will miss: warehouse and state of the demo. */
export interface TemporaryDatabase {
  readonly url: string;
  /** Where the data is when Postgres could not reach the folder it was given; `null`: in that folder. */
  readonly relocatedTo: string | null;
  rows<Row extends object>(sql: string): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export async function openTemporaryDatabase(directory: string, log: Log): Promise<TemporaryDatabase> {
  const postgres = await startEmbedded({ directory, log, durability: 'throwaway' });
  const database = openDatabase(postgres.url, 'public');
  const dataFolder = dirname((await findDataFolder(directory)) ?? join(directory, 'postgres'));
  return {
    url: postgres.url,
    relocatedTo: dataFolder === (await realpath(directory)) ? null : dataFolder,
    rows: (sql) => database.query({ text: sql }),
    close: async () => {
      await database.close();
      await postgres.close();
    },
  };
}
