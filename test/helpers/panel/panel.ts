import { expect } from 'chai';
import { Pool } from 'pg';
import type { PayloadCodec } from '../../../src/core/model/payload-codec.ts';
import type { RunSession, State } from '../../../src/core/ports/run/run-session.ts';
import type { Destination } from '../../../src/core/ports/destination.ts';
import type { Source } from '../../../src/core/ports/source.ts';
import type { ShutdownSignals } from '../../../src/core/ports/shutdown-signals.ts';
import type { Records } from '../../../src/core/ports/records.ts';
import type {
  DestinationSettings,
  PostgresSourceSettings,
  RetentionSettings,
  SyncSettings,
} from '../../../src/core/settings.ts';
import type { CharacteristicValue, RowCounts, RunReport } from '../../../src/core/model/terms.ts';
import { createResearchHub } from '../../../src/destination/research-hub.ts';
import { formats } from '../../../src/core/formats.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { defaultOptions } from '../../../src/simulator/options.ts';
import type { SimulatorOptions } from '../../../src/simulator/options.ts';
import { createPostgresSource } from '../../../src/source/postgres/postgres.ts';
import { openDatabase } from '../../../src/state/db/database.ts';
import type { Database } from '../../../src/state/db/database.ts';
import type { LeaseTimes } from '../../../src/state/lease/lock.ts';
import { openRecords } from '../../../src/state/queries/records.ts';
import { createState } from '../../../src/state/state.ts';
import type { StateOptions } from '../../../src/state/state.ts';
import { defaultStateOptions, quickLease } from './state-options.ts';
import { templateName } from './template.ts';
import type { StateMarks } from '../../../src/state/trust/state-marks.ts';
import { applyPlan, openSavedPlan } from '../../../src/sync/approve/apply-plan.ts';
import type { ApplyResult } from '../../../src/sync/approve/apply-plan.ts';
import { savePlan } from '../../../src/sync/approve/save-plan.ts';
import { planSync } from '../../../src/sync/plan/plan-sync.ts';
import type { SyncPlan } from '../../../src/sync/plan/plan-sync.ts';
import { runSync } from '../../../src/sync/run-sync.ts';
import { crashingDeps } from '../crash/crash-points.ts';
import type { CrashPoint } from '../crash/crash-points.ts';
import { defaultSync } from '../fixtures/default-sync.ts';
import { plainCodec } from '../fixtures/payload-codecs.ts';
import { createDatabase, silentLog } from '../postgres/postgres.ts';
import type { TestDatabase } from '../postgres/postgres.ts';
import { testApiKey, newShutdownSignals, destinationSettings } from '../hub/scripted-hub.ts';
import { expectBalancedCounts } from './balanced-counts.ts';
import { expectSameInViews } from './ledger-views.ts';

/** A row of the warehouse's table `people`; columns that are left out are null. */
export type WarehouseRow = Readonly<
  Partial<Record<'email' | 'first_name' | 'city' | 'phone' | 'plan' | 'note', string | null>>
>;

export type FlatPerson = Readonly<Record<string, CharacteristicValue>>;

export interface RunOptions {
  readonly sync?: Partial<SyncSettings>;
  readonly destination?: Partial<DestinationSettings>;
  readonly full?: boolean;
  readonly force?: boolean;
  readonly limit?: number;
  readonly stop?: ShutdownSignals;
  readonly retention?: RetentionSettings;
  readonly codec?: PayloadCodec;
  /** Another source than the panel's own Postgres; whoever brings it closes it. */
  readonly otherSource?: Source;
  /** Where the run finds the warehouse, when not at the panel's own address. */
  readonly source?: Partial<Pick<PostgresSourceSettings, 'url' | 'statementTimeoutMs'>>;
  /** Where the run keeps its state, when not through the panel's own connections. */
  readonly database?: Database;
  readonly lease?: LeaseTimes;
  readonly marks?: StateMarks;
  readonly hubAddress?: string;
  /** Stands for the configuration of the run, where it counts. */
  readonly configuration?: string;
  /** Is told of the points at which a run can die. */
  readonly onCrashPoint?: (point: CrashPoint) => void;
}

export type PlanOptions = Pick<RunOptions, 'sync' | 'full' | 'limit' | 'codec' | 'hubAddress' | 'configuration'>;

type HubOptions = Omit<SimulatorOptions, 'host' | 'port'>;

/** A warehouse, a state database and a Hub of one test's own, with everything between them as it is in production. */
export class TestPanel {
  /** Of the database that is warehouse (schema public) and state (schema panelsync) at once. */
  readonly url: string;
  readonly hub: Simulator;
  readonly database: Database;
  readonly #testDatabase: TestDatabase;
  readonly #warehouse: Pool;
  readonly #options: HubOptions;
  #requestsSeen = 0;

  constructor(hub: Simulator, options: HubOptions, testDatabase: TestDatabase) {
    this.hub = hub;
    this.url = testDatabase.url;
    this.database = openDatabase(testDatabase.url, 'panelsync');
    this.#testDatabase = testDatabase;
    this.#warehouse = new Pool({ connectionString: testDatabase.url });
    // A connection that a test cuts is replaced.
    this.#warehouse.on('error', () => undefined);
    this.#options = options;
  }

  /** Forgets everything but the tables; those that hold nothing are left, as emptying makes new files for each. */
  async reset(): Promise<void> {
    const [state] = await this.sql<{ names: string }>(
      `select string_agg(oid::regclass::text, ', ') as names from pg_class where relkind = 'r'
         and relnamespace = 'panelsync'::regnamespace and relname not like 'migrations%' and pg_relation_size(oid) > 0`,
    );
    await this.sql(`truncate ${['people', state?.names].filter(Boolean).join(', ')} restart identity cascade`);
    this.hub.reset();
    this.hub.setOptions(this.#options);
    this.#requestsSeen = 0;
  }

  /** One statement on the warehouse, on any of a few connections. */
  async sql<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#warehouse.query<Row & Record<string, unknown>>(text, [...values]);
    return rows;
  }

  /** Makes these the only rows of the model, in this order. */
  async setPeople(rows: readonly WarehouseRow[]): Promise<void> {
    await this.sql('truncate people restart identity');
    await this.sql(
      `insert into people (email, first_name, city, phone, plan, note)
       select email, first_name, city, phone, plan, note
       from jsonb_array_elements($1::jsonb) with ordinality as rows (person, at),
         jsonb_populate_record(null::people, person) order by at`,
      [JSON.stringify(rows)],
    );
  }

  destination(changes: Partial<DestinationSettings> = {}): Destination {
    // Without jitter nothing waits between attempts.
    return createResearchHub(destinationSettings(this.hub.url, changes), { log: silentLog, random: () => 0 });
  }

  state(options: RunOptions = {}): State {
    const { configuration, database = this.database, codec = plainCodec, lease = quickLease } = options;
    const retention = options.retention ?? { runsDays: 90, skipsDays: 14 };
    const { marks, ...defaults } = defaultStateOptions(database, options.hubAddress ?? this.hub.url);
    const own = configuration === undefined ? {} : { configurationOf: () => configuration };
    return createState(database, retention, { ...defaults, ...own, codec, lease, marks: options.marks ?? marks });
  }

  /** A session of the usual sync, as a process that then goes wrong has it. */
  async session(sync: Partial<SyncSettings> = {}): Promise<RunSession> {
    return this.state().openSession({ ...defaultSync, ...sync }, { lock: true });
  }

  /** One run; its counts are checked to add up, in the report, on record and in the views. */
  async run(options: RunOptions = {}): Promise<RunReport> {
    const { full = false, force = false, limit = null, stop = newShutdownSignals() } = options;
    const sync = { ...defaultSync, ...options.sync };
    const delivery = destinationSettings(this.hub.url, options.destination);
    const report = await this.withDeps(options, (deps) =>
      runSync(
        { sync, trigger: 'manual', full, force, limit, shutdown: stop, delivery, onProgress: () => undefined },
        deps,
      ),
    );
    expectBalancedCounts(report);
    expect(await (await this.records()).run(report.runId)).to.deep.equal(report);
    await expectSameInViews(this.database, report);
    return report;
  }

  async plan(options: PlanOptions = {}): Promise<SyncPlan> {
    const { full = false, limit = 20 } = options;
    const request = { full, limit, signal: new AbortController().signal, onProgress: () => undefined };
    const sync = { ...defaultSync, ...options.sync };
    const plan = await this.withDeps(options, (deps) => planSync({ ...request, sync }, deps));
    expectBalancedCounts(plan.report);
    return plan;
  }

  /** Plans the sync and keeps the plan in a file. */
  savePlan(file: string, options: Pick<RunOptions, 'sync' | 'full' | 'codec'> = {}): Promise<SyncPlan> {
    const { full = false } = options;
    const sync = { ...defaultSync, ...options.sync };
    const { signal } = new AbortController();
    const request = { sync, full, file, limit: 0, signal, onProgress: () => undefined };
    return this.withDeps(options, (deps) => savePlan(request, deps));
  }

  async apply(file: string, options: Omit<RunOptions, 'full' | 'limit'> = {}): Promise<ApplyResult> {
    const { force = false, stop = newShutdownSignals() } = options;
    const sync = { ...defaultSync, ...options.sync };
    const savedPlan = await openSavedPlan(file);
    const delivery = destinationSettings(this.hub.url, options.destination);
    const request = { savedPlan, sync, force, shutdown: stop, delivery, onProgress: () => undefined };
    const applied = await this.withDeps(options, (deps) => applyPlan(request, deps));
    expectBalancedCounts(applied.report);
    return applied;
  }

  records(codec: PayloadCodec = plainCodec, changes: Partial<StateOptions> = {}): Promise<Records> {
    return openRecords(this.database, { ...defaultStateOptions(this.database, this.hub.url), ...changes, codec });
  }

  /** Who the Hub holds, by e-mail. */
  people(): Readonly<Record<string, FlatPerson>> {
    return Object.fromEntries(
      [...this.hub.people].map(([email, { fields, characteristics }]) => [email, { ...fields, ...characteristics }]),
    );
  }

  /** Who the snapshot holds, by key. */
  async snapshot(sync: string = defaultSync.name): Promise<Readonly<Record<string, FlatPerson>>> {
    const rows = await this.sql<{ key: string; payload: { fields: FlatPerson; characteristics: FlatPerson } }>(
      `select key, payload from panelsync.snapshot join panelsync.snapshot_fields using (sync_id, key)
         join panelsync.syncs on syncs.id = sync_id where name = $1`,
      [sync],
    );
    return Object.fromEntries(
      rows.map(({ key: person, payload }) => [person, { ...payload.fields, ...payload.characteristics }]),
    );
  }

  /** Requests to the Hub that carry people. */
  get batchRequests(): number {
    return this.hub.counters.requests - this.hub.counters.reads;
  }

  /** How many of them the Hub got since the last call. */
  newRequests(): number {
    const before = this.#requestsSeen;
    this.#requestsSeen = this.batchRequests;
    return this.#requestsSeen - before;
  }

  async close(): Promise<void> {
    await this.hub.close();
    await this.database.close();
    await this.#warehouse.end();
    await this.#testDatabase.drop();
  }

  async withDeps<T>(options: RunOptions, work: (deps: Parameters<typeof runSync>[1]) => Promise<T>): Promise<T> {
    const name = options.sync?.source ?? defaultSync.source;
    const ownSource = createPostgresSource({
      name,
      type: 'postgres',
      url: this.url,
      statementTimeoutMs: 60_000,
      connectTimeoutMs: 10_000,
      tls: null,
      ...options.source,
    });
    const source = options.otherSource ?? ownSource;
    const hub = this.destination(options.destination);
    const deps = { state: this.state(options), source, destination: hub, formats, log: silentLog };
    try {
      return await work(options.onCrashPoint === undefined ? deps : crashingDeps(deps, options.onCrashPoint));
    } finally {
      hub.close();
      await ownSource.close();
    }
  }
}

/** A panel to be shared by the tests of a file, with `reset` before each. */
export async function openPanel(options: Partial<HubOptions> = {}): Promise<TestPanel> {
  const { host: _host, port: _port, ...defaults } = defaultOptions;
  const hubOptions = { ...defaults, apiKey: testApiKey, ...options };
  return new TestPanel(await startSimulator(hubOptions), hubOptions, await createDatabase(await templateName()));
}

export function nonZeroRows({ rows }: RunReport): Partial<RowCounts> {
  return Object.fromEntries(Object.entries(rows).filter(([, count]) => count !== 0));
}
