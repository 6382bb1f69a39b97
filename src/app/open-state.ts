import { join } from 'node:path';
import { configurationId } from '../core/model/configuration-id.ts';
import { createPayloadCodec } from '../core/model/payload-codec.ts';
import type { AuditLog } from '../core/ports/audit-log.ts';
import type { AlertStore } from '../core/ports/alert-store.ts';
import type { CanaryStore } from '../core/ports/canary-store.ts';
import type { HubState } from '../core/ports/hub/hub-session.ts';
import type { Log } from '../core/ports/log.ts';
import type { Records } from '../core/ports/records.ts';
import type { State } from '../core/ports/run/run-session.ts';
import type { ScheduleStore } from '../core/ports/schedule-store.ts';
import type { ReadGauges } from '../core/ports/sync-gauges.ts';
import type { Config, StateSettings, SyncSettings } from '../core/settings.ts';
import { findDataFolder } from '../embedded/cluster.ts';
import { startEmbedded } from '../embedded/embedded.ts';
import { requireCreatable } from '../embedded/preflight.ts';
import type { CleanupStack } from '../lib/async/cleanup-stack.ts';
import { openDatabase } from '../state/db/database.ts';
import type { Database } from '../state/db/database.ts';
import { migrate, requireCurrent, requireUsable, schemaVersion } from '../state/db/migrate.ts';
import { rehearse } from '../state/db/rehearsal.ts';
import { createHubState } from '../state/hub-session.ts';
import { readGauges } from '../state/queries/gauges.ts';
import { openRecords } from '../state/queries/records.ts';
import { hashAllPayloads } from '../state/run/payload-hashing.ts';
import { createState } from '../state/state.ts';
import { hubAddressOf } from '../core/model/hub-address.ts';
import { marksOf } from '../state/trust/state-marks.ts';
import { requireStartable } from '../state/trust/trust.ts';
import { openAlertStore } from '../state/tables/alerts.ts';
import { openAuditLog } from '../state/tables/audit-log.ts';
import { openCanaries } from '../state/tables/canaries.ts';
import { openSchedules } from '../state/tables/schedules.ts';

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
  /** Tries what a run does to the state database, and rolls it back; throws what the run would fail with. */
  rehearse(): Promise<void>;
  /** Throws what stops a run of the sync before it reads; changes nothing. */
  requireStartable(sync: SyncSettings): Promise<void>;
  records(): Promise<Records>;
  readonly schedules: ScheduleStore;
  readonly readGauges: ReadGauges;
  readonly canaries: CanaryStore;
  /** The state that each webhook was last notified of. */
  readonly alertStore: AlertStore;
  readonly auditLog: AuditLog;
}

export function openState(
  config: Config,
  database: Database,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): OpenState {
  const { state, retention } = config;
  const codec = createPayloadCodec(state);
  const options = {
    codec,
    log,
    signal,
    hubAddress: hubAddressOf(config.destination.baseUrl),
    configurationOf: (sync: SyncSettings) => configurationId(config, sync),
    marks: marksOf(database, state.directory, log),
  };
  return {
    state: createState(database, retention, options),
    hub: createHubState(database, options),
    embedded: state.url === null,
    migrate: async () => {
      const applied = await migrate(database, {
        signal,
        onWait: () => log.warn('waiting for another process that migrates the state database'),
      });
      await hashAllPayloads(database, codec, signal);
      return applied;
    },
    schemaVersion: () => schemaVersion(database),
    requireCurrent: () => requireCurrent(database),
    requireUsable: () => requireUsable(database),
    rehearse: () => rehearse(database),
    requireStartable: (sync) => requireStartable({ ...options, database, sync }),
    records: () => openRecords(database, options),
    schedules: openSchedules(database),
    readGauges: () => readGauges(database),
    canaries: openCanaries(database),
    alertStore: openAlertStore(database),
    auditLog: openAuditLog(database),
  };
}

export async function openStateDatabase(state: StateSettings, log: Log, cleanup: CleanupStack): Promise<Database> {
  const database = openDatabase(state.url ?? (await embeddedUrl(state.directory, log, cleanup)), state.schema);
  cleanup.add(() => database.close());
  return database;
}

async function embeddedUrl(directory: string, log: Log, cleanup: CleanupStack): Promise<string> {
  const postgres = await startEmbedded({ directory, log, durability: 'durable' });
  cleanup.add(() => postgres.close());
  log.info('state is in embedded Postgres, which is for trials; set state.url for production', {
    directory: join(directory, 'postgres'),
  });
  return postgres.url;
}

/** Throws where opening the state would fail to create an embedded Postgres; only where there is no state yet. */
export async function requireCreatableState({ state }: Pick<Config, 'state'>): Promise<void> {
  await requireCreatable(state.directory);
}

/** False where opening the state would have to create an embedded Postgres first. */
export async function hasState({ state }: Pick<Config, 'state'>): Promise<boolean> {
  return state.url !== null || (await findDataFolder(state.directory)) !== null;
}
