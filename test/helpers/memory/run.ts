import type { Log } from '../../../src/core/ports/log.ts';
import type { SyncSettings } from '../../../src/core/settings.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { formats } from '../../../src/core/formats.ts';
import { planSync } from '../../../src/sync/plan/plan-sync.ts';
import type { PlanRequest, SyncPlan } from '../../../src/sync/plan/plan-sync.ts';
import { applyPlan, openSavedPlan } from '../../../src/sync/approve/apply-plan.ts';
import type { ApplyResult, SavedPlan } from '../../../src/sync/approve/apply-plan.ts';
import { approvePlan } from '../../../src/sync/approve/approve-plan.ts';
import { savePlan } from '../../../src/sync/approve/save-plan.ts';
import type { RunStart } from '../../../src/sync/record-run.ts';
import type { RunDeps } from '../../../src/sync/run-context.ts';
import { runSync } from '../../../src/sync/run-sync.ts';
import type { RunRequest } from '../../../src/sync/run-sync.ts';
import { MemoryHub } from './hub.ts';
import type { MemoryHubOptions } from './hub.ts';
import { MemorySource } from './source.ts';
import type { MemoryRow } from './source.ts';
import { MemoryState } from './state.ts';
import { defaultSync } from '../fixtures/default-sync.ts';
import { newShutdownSignals } from '../hub/scripted-hub.ts';

export interface RunScenario {
  readonly rows: readonly MemoryRow[];
  readonly sync?: Partial<SyncSettings>;
  readonly hub?: Partial<MemoryHubOptions>;
}

/** An entry of the log: its level, its event, and the fields. */
export type LogEntry = readonly [keyof Log, string, Readonly<Record<string, unknown>>];

/** A sync with warehouse, state and Hub in memory: rows are e-mail and city. Everything that happens is kept. */
export class TestRun {
  readonly state = new MemoryState();
  readonly source: MemorySource;
  readonly hub: MemoryHub;
  readonly stop = newShutdownSignals();
  readonly log: LogEntry[] = [];
  /** Progress as "step done/total". */
  readonly progress: string[] = [];
  readonly #sync: SyncSettings;

  constructor({ rows, sync, hub }: RunScenario) {
    this.#sync = {
      ...defaultSync,
      // A state in memory keeps no fingerprints.
      diff: 'rows',
      mapping: { fields: { email: 'email', city: 'city' }, characteristics: {} },
      ...sync,
    };
    this.source = new MemorySource(['email', 'city'], rows);
    this.hub = new MemoryHub(hub);
  }

  async run(request: Partial<RunRequest> = {}): Promise<RunReport> {
    const defaults: RunRequest = { ...this.#start(), full: false, force: false, limit: null };
    return runSync({ ...defaults, ...request }, this.#deps());
  }

  async plan(request: Partial<PlanRequest> = {}): Promise<SyncPlan> {
    const defaults: PlanRequest = {
      sync: this.#sync,
      full: false,
      limit: 20,
      signal: this.stop.drain,
      onProgress: ({ step, done, total }) => void this.progress.push(`${step} ${done}/${String(total)}`),
    };
    return planSync({ ...defaults, ...request }, this.#deps());
  }

  /** Plans and saves the plan in this file. */
  async savePlan(file: string, full = false): Promise<SavedPlan> {
    const { sync, onProgress } = this.#start();
    await savePlan({ sync, full, limit: 0, signal: this.stop.drain, onProgress, file }, this.#deps());
    return openSavedPlan(file);
  }

  async apply(savedPlan: SavedPlan): Promise<ApplyResult> {
    return applyPlan({ ...this.#start(), force: false, savedPlan }, this.#deps());
  }

  /** Approves what the last run, which was stopped, has left. */
  async approve(): Promise<ApplyResult> {
    this.state.acceptStoppedPlan(this.#sync);
    const approval = { runId: '6', by: 'tester', reason: null };
    return approvePlan({ ...this.#start(), approval }, this.#deps());
  }

  #start(): RunStart {
    return {
      sync: this.#sync,
      trigger: 'manual',
      shutdown: this.stop,
      delivery: { batchSize: 2, concurrency: 1, maxAttempts: 1, maxSplitRequests: 100, checkCharacteristics: 'stop' },
      onProgress: ({ step, done, total }) => void this.progress.push(`${step} ${done}/${String(total)}`),
    };
  }

  #deps(): RunDeps {
    const capture =
      (level: keyof Log) =>
      (event: string, fields: Readonly<Record<string, unknown>> = {}): void =>
        void this.log.push([level, event, fields]);
    const log: Log = { debug: capture('debug'), info: capture('info'), warn: capture('warn'), error: capture('error') };
    return { state: this.state, source: this.source, destination: this.hub, formats, log };
  }
}

/** Rows of people with these names, all in one city. */
export function peopleIn(city: string, ...names: readonly string[]): readonly MemoryRow[] {
  return names.map((name) => [`${name}@example.test`, city]);
}

/** The payload of one of them. */
export function payloadOf(name: string, city: string): string {
  return `{"fields":{"email":"${name}@example.test","city":"${city}"},"characteristics":{}}`;
}
