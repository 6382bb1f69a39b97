import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { PanelsyncError } from '../../../src/core/errors.ts';
import type { SyncSettings } from '../../../src/core/settings.ts';
import type { Mode, RunReport } from '../../../src/core/model/terms.ts';
import type { CrashRunOptions } from '../crash/crash-child.ts';
import { baseline, verify } from '../panel/audit.ts';
import { hashedCodec, keyedCodec as codec } from '../fixtures/payload-codecs.ts';
import { runWithLostConnection } from '../crash/lost-connection-run.ts';
import { defaultSync } from '../fixtures/default-sync.ts';
import type { FlatPerson, RunOptions, TestPanel, WarehouseRow } from '../panel/panel.ts';
import {
  expectKnownIds,
  expectMarks,
  expectOwnedCity,
  expectRenames,
  recordBefore,
  storySync,
} from './scenario-rules.ts';
import type { ModelIds, People } from './scenario-rules.ts';
import { emailOf, idOf, rowsOf, tooLong, valuesOf } from './scenario-rows.ts';
import type { ModelRow, PanelScenario, PanelStep, RunVariation } from './panel-scenarios.ts';

const child = fileURLToPath(new URL('../crash/crash-child.js', import.meta.url));

type RunStep = Extract<PanelStep, { do: 'run' }>;
type CrashStep = Extract<PanelStep, { do: 'die in a run' }>;

export interface ScenarioOptions {
  readonly diff: SyncSettings['diff'];
  /** People of the model to whom nothing happens. */
  readonly bystanders: number;
  /** One sender that waits for slow answers: what happens does not depend on which request comes first, or on time. */
  readonly isRepeatable: boolean;
}

const defaultOptions: ScenarioOptions = { diff: 'rows', bystanders: 0, isRepeatable: false };

/** Lets a story happen to a panel, and looks after every turn whether anything happened that must never happen. */
export class ScenarioRunner {
  readonly #panel: TestPanel;
  readonly #mode: Mode;
  readonly #scenario: PanelScenario;
  readonly #model = new Map<number, Exclude<ModelRow, null>>();
  readonly #forgotten = new Set<string>();
  /** Whom a repair found deleted in the Hub, and nobody has brought back since. */
  readonly #deleted = new Set<string>();
  /** Whom a researcher has deleted at some time: what marks them may be gone, and nobody notices. */
  readonly #everDeleted = new Set<string>();
  readonly #options: ScenarioOptions;
  /** Of the runs that came to their end, in their order. */
  readonly reports: RunReport[] = [];

  constructor(panel: TestPanel, mode: Mode, scenario: PanelScenario, options: ScenarioOptions = defaultOptions) {
    this.#options = options;
    this.#panel = panel;
    this.#mode = mode;
    this.#scenario = scenario;
  }

  async start(): Promise<void> {
    await this.#panel.reset();
    for (const person of this.#scenario.known) this.#create(person);
    await this.#setPeople();
    await this.#baseline(false);
  }

  async execute(step: PanelStep): Promise<void> {
    switch (step.do) {
      case 'change the model':
        return this.#change(step.rows);
      case 'create in the Hub':
      case 'edit in the Hub':
      case 'delete in the Hub':
        return this.#editHub(step.do, step.person);
      case 'run':
        await this.#withInvariants(() => this.#run(step));
        return;
      case 'die in a run':
        return this.#withInvariants(() => this.#crash(step));
      case 'baseline':
        return this.#baseline(step.replace);
      case 'verify':
        return this.#verify(step.repair);
      case 'resync':
        await (await this.#panel.records(codec)).resync('panel');
        return;
      case 'retry':
        await (await this.#panel.records(codec)).retry('panel', null);
        return;
      case 'forget':
        return this.#forget(step.person);
    }
  }

  /** All is well with the Hub from now on: one run resolves, a repair brings Hub and snapshot together, one run sends. */
  async reachQuiescence(): Promise<void> {
    const healthyRun: RunStep = { do: 'run', faults: [], refused: [], listClosed: false };
    const resolvingRun = await this.#withInvariants(() => this.#run(healthyRun));
    expect(resolvingRun.status, 'the resolving run').to.be.oneOf(['succeeded', 'partial']);
    await this.#verify('repair');
    await (await this.#panel.records(codec)).retry('panel', null);
    const { status, rows } = await this.#withInvariants(() => this.#run(healthyRun));
    expect([rows.unsent, rows.rejected], 'left over in peace').to.deep.equal([0, 0]);
    expect(status).to.equal(rows.invalid > 0 ? 'partial' : 'succeeded');
    this.#panel.newRequests();
    const quiet = await this.#run(healthyRun);
    expect([quiet.requests.sent, this.#panel.newRequests()], 'requests of a quiet run').to.deep.equal([0, 0]);
  }

  /** The Hub is what the model is, for everybody whom the mode may touch. */
  async expectConverged(): Promise<void> {
    const hub = this.#panel.people();
    const snapshot = await this.#panel.snapshot();
    for (const [person, row] of this.#model) {
      const email = emailOf(person);
      if (row === 'invalid' || this.#forgotten.has(email)) continue;
      // People of others whom update mode does not know, and whom insert mode found there, stay as they are.
      if (this.#mode === 'update' && snapshot[email] === undefined) continue;
      // Also somebody whom a researcher has brought back is left alone until a baseline finds them.
      if (this.#deleted.has(email)) continue;
      expect(hub, 'nobody of the model is missing').to.have.property(email);
      if (this.#mode !== 'insert') expect(hub[email], email).to.include(this.#sentValues(person, row));
    }
    const { counts } = await verify(this.#panel, { codec, sync: this.#sync() });
    expect(counts.missing, 'people missing in the end').to.equal(0);
    if (this.#mode !== 'insert') expect(counts.verdicts.different, 'people who differ in the end').to.equal(0);
    const open = await this.#panel.sql("select state from panelsync.batches where state in ('in_flight', 'unknown')");
    expect(open).to.deep.equal([]);
    await expectKnownIds(this.#panel, this.#modelIds());
    if (this.#sync().removed.action === 'mark') await expectMarks(this.#panel, this.#modelIds(), this.#everDeleted);
    for (const run of await (await this.#panel.records()).runs('panel', 50)) expect(run.status).to.not.equal('running');
  }

  /** What the mode and the rules send of a valid row. */
  #sentValues(person: number, row: Exclude<ModelRow, null | 'invalid'>): FlatPerson {
    const { city, ...others } = valuesOf(person, row);
    return this.#scenario.write === 'always' ? { ...others, city: city ?? '' } : others;
  }

  #sync(): Pick<SyncSettings, 'mode' | 'mapping' | 'removed' | 'identity' | 'diff'> {
    return { ...storySync(this.#scenario, this.#mode), diff: this.#options.diff };
  }

  #modelIds(): ModelIds {
    const ids = [...this.#model].map(([person, row]) => [emailOf(person), idOf(row)] as const);
    return new Map([...ids, ...this.#bystanders().map(({ email }) => [email, null] as const)]);
  }

  /** What no run may do, however it ends. Snapshot and Hub are compared as they are when it begins. */
  async #withInvariants<T>(run: () => Promise<T>): Promise<T> {
    const before = this.#panel.people();
    const records = await recordBefore(this.#panel);
    const { snapshot } = records;
    const applied = new Map(this.#panel.hub.counters.applied);
    const result = await run();
    const after = this.#panel.people();
    if (this.#mode !== 'insert') expectOwnedCity(this.#scenario, records, { before, after });
    for (const [email, times] of this.#panel.hub.counters.applied) {
      if (times === (applied.get(email) ?? 0)) continue;
      expect(this.#forgotten.has(email), `${email} is forgotten and was sent`).to.equal(false);
      expect(after[email]?.['city'], `${email} is invalid and was sent`).to.not.equal(tooLong);
    }
    for (const email of Object.keys(after)) this.#expectAllowed(email, { before, after, snapshot });
    expect(Object.keys(after), 'nobody is deleted by a run').to.include.members(Object.keys(before));
    return result;
  }

  #expectAllowed(email: string, states: Readonly<Record<'before' | 'after' | 'snapshot', People>>): void {
    const created = states.before[email] === undefined;
    const known = states.snapshot[email] !== undefined;
    if (created) expect(this.#deleted.has(email), `${email} was deleted and is there again`).to.equal(false);
    // Somebody who was deleted since the last repair is known still: update mode cannot know better.
    if (this.#mode === 'update' && created) expect(known, `update mode created ${email}`).to.equal(true);
    // Somebody who came since the last baseline is not known yet: insert mode cannot know better.
    if (this.#mode === 'insert' && known && !created) {
      expect(states.after[email], `insert mode overwrote ${email}`).to.deep.equal(states.before[email]);
    }
  }

  /** Only what never answers may meet a short limit: without faults a busy machine has all the time it needs. */
  #runOptions(hasFaults: boolean): RunOptions & { readonly sync: Partial<SyncSettings> } {
    const { batchSize, maxAttempts } = this.#scenario;
    const { isRepeatable } = this.#options;
    const concurrency = isRepeatable ? 1 : this.#scenario.concurrency;
    const timeoutMs = hasFaults && !isRepeatable ? 300 : 30_000;
    return { codec, sync: this.#sync(), destination: { batchSize, concurrency, maxAttempts, timeoutMs } };
  }

  async #run({ faults, refused, listClosed, variation }: RunStep): Promise<RunReport> {
    const { hub } = this.#panel;
    hub.setFaults(...faults);
    hub.setOptions({ rejectedEmails: refused.map(emailOf), unavailableLists: listClosed ? { participants: 404 } : {} });
    const options = this.#runOptions(faults.length > 0);
    const before = await recordBefore(this.#panel);
    const report = await this.#panel.run(variation === undefined ? options : varied(options, variation));
    if (variation?.payload !== 'hashed') await expectRenames(this.#panel, report, before, this.#modelIds());
    this.reports.push(report);
    hub.setFaults();
    hub.setOptions({ rejectedEmails: [], unavailableLists: {} });
    return report;
  }

  async #crash({ at, by }: CrashStep): Promise<void> {
    if (by === 'lost') return runWithLostConnection(this.#panel, this.#runOptions(false), at);
    const { batchSize } = this.#scenario;
    const { url, hub } = this.#panel;
    const target = { url, hub: hub.url, mode: this.#mode, sync: this.#sync() };
    const options: CrashRunOptions = { ...target, point: at, batchSize, withHashKey: true };
    const process = fork(child, [JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    await once(process, 'exit');
  }

  async #change(rows: Extract<PanelStep, { do: 'change the model' }>['rows']): Promise<void> {
    for (const [person, row] of rows) {
      if (row === null) this.#model.delete(person);
      else this.#model.set(person, row);
    }
    await this.#setPeople();
  }

  async #setPeople(): Promise<void> {
    const people = [...this.#model].flatMap(([person, row]) => rowsOf(person, row));
    await this.#panel.setPeople([...people, ...this.#bystanders()]);
  }

  #bystanders(): readonly (WarehouseRow & { readonly email: string })[] {
    return Array.from({ length: this.#options.bystanders }, (_, n) => ({
      email: `bystander${n}@example.test`,
      first_name: 'B',
      city: 'Lima',
    }));
  }

  #editHub(what: 'create in the Hub' | 'edit in the Hub' | 'delete in the Hub', person: number): void {
    const { hub } = this.#panel;
    const isThere = hub.people.has(emailOf(person));
    if (what === 'create in the Hub' && !isThere) this.#create(person);
    if (what === 'edit in the Hub' && isThere) hub.edit(emailOf(person), { city: 'Edited' });
    if (what !== 'delete in the Hub' || !isThere) return;
    hub.remove(emailOf(person));
    this.#everDeleted.add(emailOf(person));
  }

  #create(person: number): void {
    this.#panel.hub.add({ email: emailOf(person), first_name: 'By hand', city: 'Kyiv' });
  }

  async #baseline(replace: boolean): Promise<void> {
    await baseline(this.#panel, { codec, replace, sync: this.#sync() });
    const present = Object.keys(this.#panel.people());
    const known = present.filter((email) => !this.#forgotten.has(email));
    expect(Object.keys(await this.#panel.snapshot()), 'known after a baseline').to.include.members(known);
    for (const email of present) this.#deleted.delete(email);
  }

  async #verify(repair: 'none' | 'repair' | 'recreate'): Promise<void> {
    const hub = this.#panel.people();
    const gone = Object.keys(await this.#panel.snapshot()).filter((email) => hub[email] === undefined);
    const options = repair === 'none' ? null : { recreate: repair === 'recreate', force: true };
    const sync = this.#sync();
    const { counts } = await verify(this.#panel, { codec, sync, repair: options }).catch((error: unknown) => {
      throw error instanceof PanelsyncError ? new Error(error.message) : error;
    });
    expect(counts.missing, 'people missing').to.equal(gone.length);
    if (repair === 'none') return;
    expect(await this.#panel.snapshot(), 'whoever is missing is known no more').to.not.have.any.keys('nobody', ...gone);
    if (repair === 'repair') for (const email of gone) this.#deleted.add(email);
    else for (const email of this.#deleted) if (hub[email] === undefined) this.#deleted.delete(email);
  }

  async #forget(person: number): Promise<void> {
    const email = emailOf(person);
    await (await this.#panel.records(codec)).forget({ email, key: null, sync: null });
    this.#forgotten.add(email);
    expect(await this.#panel.snapshot()).to.not.have.property(email);
  }
}

function varied(options: RunOptions, { limit, full, duplicates, nulls, withPlan, payload }: RunVariation): RunOptions {
  const usual = options.sync?.mapping ?? defaultSync.mapping;
  const mapping = withPlan ? usual : { ...usual, characteristics: {} };
  return {
    ...options,
    ...(limit === null ? {} : { limit }),
    full,
    sync: { ...options.sync, duplicates, nulls, mapping },
    codec: payload === 'hashed' ? hashedCodec : codec,
  };
}
