import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError, placedMessage } from './config/issues/issues.ts';
import { presetEnvironment } from './config/load.ts';
import type { AlertBook } from './core/ports/alert-store.ts';
import type { Canaries } from './core/ports/canary-store.ts';
import { PanelsyncError } from './core/errors.ts';
import type { ReadFigures } from './core/ports/sync-gauges.ts';
import { createKeeping } from './core/model/payload-codec.ts';
import type { State } from './core/ports/run-store.ts';
import type { HubState } from './core/ports/hub-session.ts';
import { Observers } from './core/ports/observer.ts';
import type { Destination, Formats, Log, Source } from './core/ports/ports.ts';
import type { Records } from './core/ports/records.ts';
import type { Schedules } from './core/ports/schedule-store.ts';
import type { Config, StateSettings, SyncSettings } from './core/settings.ts';
import { createResearchHub } from './destination/research-hub.ts';
import { paceKey } from './destination/wire.ts';
import { formats } from './core/formats.ts';
import { Releasers } from './lib/async/cleanup-stack.ts';
import { createPostgresSource } from './source/postgres/postgres.ts';
import { createSnowflakeSource } from './source/snowflake/snowflake.ts';
import { openAlertBook } from './state/tables/alerts.ts';
import { openCanaries } from './state/tables/canaries.ts';
import { openDatabase } from './state/db/database.ts';
import type { Database } from './state/db/database.ts';
import { findData } from './embedded/cluster.ts';
import { startEmbedded } from './embedded/embedded.ts';
import { readFigures } from './state/queries/gauges.ts';
import { hashAllPayloads } from './state/run/payload-hashing.ts';
import { migrate, requireCurrent, requireUsable, schemaVersion } from './state/db/migrate.ts';
import { openPace } from './state/tables/rate-limits.ts';
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
  readonly schedules: Schedules;
  readonly figures: ReadFigures;
  readonly canaries: Canaries;
  /** What webhooks were told. */
  readonly alertBook: AlertBook;
}

/** Whose turn counts when requests are paced: that of all who share key and state, or that of this process alone. */
export type Queue = 'shared' | 'alone';

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
  destination(queue?: Queue): Destination;
  /** False where `state` would have to make an embedded Postgres first. */
  hasState(): Promise<boolean>;
  state(): Promise<OpenState>;
  /** What the state holds; where there is none yet, none is made to find that out. */
  records(): Promise<Records>;
  /** Does work with what a run or a plan needs; the source is closed when it is done. */
  withDeps<T>(sync: SyncSettings, work: (deps: RunDeps) => Promise<T>): Promise<T>;
  /** The same state under another configuration; sources and destination are its own, and closed with it. */
  under(config: Config, log: Log): App;
  close(): Promise<void>;
}

/** What outlives a change of the configuration. */
interface Shared {
  readonly observers: Observers;
  database(): Promise<Database>;
}

export function openApp(config: Config, log: Log): App {
  const releasers = new Releasers();
  let database: Promise<Database> | null = null;
  const shared: Shared = {
    observers: new Observers(),
    database: () => {
      database ??= openStateDatabase(config.state, log, releasers).catch((error: unknown) => {
        // The next one to ask tries again.
        database = null;
        throw error;
      });
      return database;
    },
  };
  const app = openOver(config, log, shared);
  const close = async (): Promise<void> => {
    try {
      await app.close();
    } finally {
      await releasers.release();
    }
  };
  return { ...app, close };
}

function openOver(config: Config, log: Log, shared: Shared): App {
  const { observers } = shared;
  const releasers = new Releasers();
  let destination: Destination | null = null;
  const state = async (): Promise<OpenState> => openState(config, await shared.database(), log);
  const openDestination = (queue: Queue = 'shared'): Destination => {
    if (queue === 'shared' && destination !== null) return destination;
    const hub = createHub(config, { log, shared, queue });
    releasers.add(() => hub.close());
    if (queue === 'shared') destination = hub;
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
      releasers.add(() => source.close());
      return source;
    },
    destination: openDestination,
    hasState: () => hasState(config),
    state,
    records: async () => ((await hasState(config)) ? (await state()).records() : emptyRecords),
    withDeps: async (sync, work) => {
      const { state: own } = await state();
      const source = openSource(config, sync.source, log);
      try {
        return await work({ state: own, source, destination: openDestination(), formats, log });
      } finally {
        await source.close();
      }
    },
    under: (other, otherLog) => openOver(other, otherLog, shared),
    close: () => releasers.release(),
  };
}

function createHub(
  config: Config,
  { log, shared, queue }: { readonly log: Log; readonly shared: Shared; readonly queue: Queue },
): Destination {
  // The state is opened when somebody waits for a place, not before.
  const pace = queue === 'shared' ? { pace: openPace(shared.database, paceKey(config.destination)) } : {};
  return createResearchHub(config.destination, { log, observer: shared.observers, ...pace });
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
  return state.url !== null || (await findData(state.directory)) !== null;
}

function openState({ state, retention }: Config, database: Database, log: Log): OpenState {
  const keeping = createKeeping(state);
  return {
    state: createState(database, retention, { log, keeping }),
    hub: createHubState(database, { log, keeping }),
    embedded: state.url === null,
    migrate: async () => {
      const applied = await migrate(database);
      await hashAllPayloads(database, keeping);
      return applied;
    },
    schemaVersion: () => schemaVersion(database),
    requireCurrent: () => requireCurrent(database),
    requireUsable: () => requireUsable(database),
    records: () => openRecords(database, keeping),
    schedules: openSchedules(database),
    figures: () => readFigures(database),
    canaries: openCanaries(database),
    alertBook: openAlertBook(database),
  };
}

async function openStateDatabase(state: StateSettings, log: Log, releasers: Releasers): Promise<Database> {
  const database = openDatabase(state.url ?? (await embeddedUrl(state.directory, log, releasers)), state.schema);
  releasers.add(() => database.close());
  return database;
}

async function embeddedUrl(directory: string, log: Log, releasers: Releasers): Promise<string> {
  const postgres = await startEmbedded({ directory, log, tuned: 'durable' });
  releasers.add(() => postgres.close());
  log.info('state is kept in embedded Postgres, for trying out; set state.url for real work', {
    directory: join(directory, 'postgres'),
  });
  return postgres.url;
}

/** The single faults of a configuration that cannot be used, each with its place; `null` for any other error. */
export function configFaults(
  error: unknown,
): readonly { readonly message: string; readonly hint: string | null }[] | null {
  if (!(error instanceof ConfigError)) return null;
  return error.faults.map((fault) => ({ message: placedMessage(fault), hint: fault.hint }));
}

/** Embedded Postgres for data that nobody will miss: warehouse and state of the demo. */
export interface Throwaway {
  readonly url: string;
  /** Where the data is when Postgres could not reach the folder it was given; `null`: in that folder. */
  readonly otherFolder: string | null;
  rows<Row extends object>(sql: string): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export async function openThrowaway(directory: string, log: Log): Promise<Throwaway> {
  const postgres = await startEmbedded({ directory, log, tuned: 'throwaway' });
  const database = openDatabase(postgres.url, 'public');
  const home = dirname((await findData(directory)) ?? join(directory, 'postgres'));
  return {
    url: postgres.url,
    otherFolder: home === (await realpath(directory)) ? null : home,
    rows: (sql) => database.rows({ text: sql }),
    close: async () => {
      await database.close();
      await postgres.close();
    },
  };
}
