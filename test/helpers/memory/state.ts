import type { PanelsyncError } from '../../../src/core/errors.ts';
import { textHash } from '../../../src/core/model/hash.ts';
import type { Candidate, Difference, DifferenceOptions, StageWriter } from '../../../src/core/ports/run/plan-store.ts';
import type { CheckedCharacteristics, RunStores, RunSession, State } from '../../../src/core/ports/run/run-session.ts';
import type { Resolution, UnknownBatch } from '../../../src/core/ports/run/unknown-outcomes.ts';
import type { SuppressedCounts } from '../../../src/core/ports/run/suppressions.ts';
import type { NewRun, PlanOnlyRun, RunOutcome } from '../../../src/core/ports/run/run-store.ts';
import type { OutboxRow } from '../../../src/core/ports/run/ledger.ts';
import { stateConnectionLost } from '../../../src/core/lost-errors.ts';
import type { Fence } from '../../../src/core/ports/fence.ts';
import type { SyncSettings } from '../../../src/core/settings.ts';
import { isRemovalOperation } from '../../../src/core/model/terms.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import type { PlanApproval, SavedPlans, WaitingPlan } from '../../../src/core/ports/run/saved-plans.ts';
import type { PayloadCodec } from '../../../src/core/model/payload-codec.ts';
import { plainCodec } from '../fixtures/payload-codecs.ts';
import { MemoryLedger } from './ledger.ts';
import { differenceInMemory, MemoryRecorder, MemoryStage } from './plan.ts';
import { reportWith } from '../fixtures/run-report.ts';

/** A state database in memory, for one session of one sync: its run has the number 7. */
export class MemoryState implements State, RunSession {
  codec: PayloadCodec = plainCodec;
  /** What was asked of it, in order. */
  readonly calls: string[] = [];
  /** Called before each call is answered; what it throws is how the database fails. */
  onCall: (call: string) => void = () => undefined;
  readonly lostController = new AbortController();
  readonly lost = this.lostController.signal;
  readonly fence: Fence = { isHeld: () => true, renew: () => Promise.resolve(true) };
  /** Canonical payloads by key: what the Hub accepted last, and what it refused. */
  readonly snapshot = new Map<string, string>();
  readonly rejectedPayloads = new Map<string, string>();
  unknown: readonly UnknownBatch[] = [];
  contractVerified = true;
  readonly startedRuns: NewRun[] = [];
  readonly differenceCalls: DifferenceOptions[] = [];
  /** Mappings whose characteristics were found to be right. */
  readonly checkedMappings = new Set<string>();
  readonly stores: RunStores;
  readonly characteristics: CheckedCharacteristics = {
    isChecked: async (_, mapping) => this.checkedMappings.has(mapping),
    remember: async (_, { mapping }) => void this.checkedMappings.add(mapping),
    forget: async () => this.checkedMappings.clear(),
  };
  readonly runEnds: RunOutcome[] = [];
  readonly planOnlyRuns: PlanOnlyRun[] = [];
  /** What a run that was stopped before has left. */
  waitingPlan: WaitingPlan | null = null;
  readonly approvals: PlanApproval[] = [];
  readonly savedPlans: SavedPlans = {
    waiting: async (runId) => {
      this.#call(`plan of ${runId}`);
      if (this.waitingPlan === null) throw new Error('no plan waits');
      return this.waitingPlan;
    },
    approve: async (approval) => {
      this.#call('approve');
      this.approvals.push(approval);
    },
    snapshotVersion: async () => ({
      run: null,
      by: 'run',
      people: this.snapshot.size,
      content: [...this.snapshot].join(),
      resyncBefore: '0',
    }),
    compare: async () => ({ more: 0, less: 0, different: 0, sample: [] }),
  };
  readonly writer = new MemoryStage();
  recorder = new MemoryRecorder([]);
  #candidates: readonly Candidate[] = [];
  readonly #ledgers = new Map<string, MemoryLedger>();

  constructor() {
    this.stores = {
      runs: {
        begin: (run) => this.begin(run),
        finish: (runId, end) => this.finish(runId, end),
        recordPlanOnly: (run) => this.finishPlanOnly(run),
        recomputeCounts: (runId) => this.recomputeCounts(runId),
        findTurns: async () => null,
        isContractVerified: async () => this.contractVerified,
      },
      plans: {
        stage: () => this.stage(),
        difference: (options) => this.difference(options),
        unknownKeys: (limit) => this.unknownKeys(limit),
        payloads: (keys) => this.payloads(keys),
        open: (runId) => this.plan(runId),
        fingerprints: { load: async () => ({ generation: 0, remembered: null }) },
      },
      ledger: (runId) => this.ledger(runId),
      unknownOutcomes: {
        list: () => this.unknownBatches(),
        resolve: (batch, resolution) => this.resolve(batch, resolution),
      },
      suppressions: { forgotten: async () => null, suppressUnknown: () => this.suppressUnknown() },
      characteristics: this.characteristics,
      savedPlans: this.savedPlans,
    };
  }

  /** What the last run has left waits for approval, as that of run 6. */
  acceptStoppedPlan({ name: sync, mode }: SyncSettings): void {
    const plan = this.runEnds.at(-1)?.savedPlan;
    if (plan === undefined) throw new Error('the last run left no plan');
    const { limit, full, payloads, mapping, model, snapshot } = plan;
    const origin = { runId: '6', sync, mode, destination: 'memory', full, payloads, mapping, model, snapshot };
    const { removed = 0, invalid = 0 } = this.recorder.committed ?? {};
    this.waitingPlan = { origin, limit, rows: { removed, invalid } };
  }

  async openSession(sync: SyncSettings, { lock }: { readonly lock: boolean }): Promise<RunSession> {
    this.#call(`${lock ? 'lock' : 'open'} ${sync.name}`);
    return this;
  }

  async lostError(): Promise<PanelsyncError> {
    return stateConnectionLost();
  }

  async begin(run: NewRun): Promise<string> {
    this.#call('begin');
    this.startedRuns.push(run);
    return '7';
  }

  async unknownBatches(): Promise<readonly UnknownBatch[]> {
    this.#call('unknown batches');
    return this.unknown;
  }

  async resolve({ runId, number }: UnknownBatch, { applied, conflicting, notApplied }: Resolution): Promise<void> {
    this.#call(
      `resolve ${runId}/${number}: ${applied.length} arrived, ${conflicting.length} taken, ${notApplied.length} absent`,
    );
    this.unknown = this.unknown.filter((batch) => batch.runId !== runId || batch.number !== number);
  }

  async suppressUnknown(): Promise<SuppressedCounts> {
    this.#call('withhold unknown');
    return { batches: this.unknown.length, people: this.unknown.flatMap(({ rows }) => rows).length };
  }

  async stage(): Promise<StageWriter> {
    this.#call('stage');
    return this.writer;
  }

  async difference(options: DifferenceOptions): Promise<Difference> {
    this.#call('difference');
    this.differenceCalls.push(options);
    const known = new Map(
      [...this.snapshot].map(([key, payload]) => [key, { rowHash: '', payloadHash: textHash(payload) }]),
    );
    const { difference, changed } = differenceInMemory(this.writer.rows, known, options);
    this.#candidates = changed.map(({ known: entry, ...row }) => ({
      ...row,
      known: entry !== null,
      inSnapshot: entry !== null,
      payloadHash: entry?.payloadHash ?? null,
      rejected: this.#rejectionOf(row.key),
      previouslyRejected: this.rejectedPayloads.has(row.key),
      suppression: null,
    }));
    return difference;
  }

  #rejectionOf(key: string): Candidate['rejected'] {
    const payload = this.rejectedPayloads.get(key);
    return payload === undefined ? null : { payloadHash: textHash(payload), destination: 'memory' };
  }

  async unknownKeys(limit: number): Promise<readonly string[]> {
    return this.writer.rows
      .map(({ key }) => key)
      .filter((key) => !this.snapshot.has(key))
      .slice(0, limit);
  }

  async payloads(keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    this.#call(`payloads ${keys.length}`);
    return new Map([...this.snapshot].filter(([key]) => keys.includes(key)));
  }

  async plan(runId: string | null): Promise<MemoryRecorder> {
    this.#call(`plan ${String(runId)}`);
    this.recorder = new MemoryRecorder(this.#candidates, 2);
    return this.recorder;
  }

  ledger(runId: string): MemoryLedger {
    const ledger = this.#ledgers.get(runId) ?? new MemoryLedger(runId === '7' ? this.#outbox() : [], 1);
    this.#ledgers.set(runId, ledger);
    return ledger;
  }

  async recomputeCounts(runId: string): Promise<void> {
    this.#call(`retally ${runId}`);
  }

  async finish(runId: string, end: RunOutcome): Promise<RunReport> {
    this.#call(`finish ${runId}`);
    this.runEnds.push(end);
    const { status, notes, error } = end;
    return reportWith({ runId, status: status === 'complete' ? 'succeeded' : status, notes, error });
  }

  async finishPlanOnly(run: PlanOnlyRun): Promise<RunReport> {
    this.#call('finish plan');
    this.planOnlyRuns.push(run);
    const { status, notes, error } = run;
    return reportWith({ status, trigger: 'plan', notes, error });
  }

  async close(): Promise<void> {
    this.#call('close');
  }

  #outbox(): readonly OutboxRow[] {
    return this.recorder.pages
      .flatMap(({ changes }) => changes)
      .map(({ key, operation, payload, previouslyRejected }, at) => ({
        seq: at + 1,
        key,
        payload,
        previouslyRejected,
        isRemoval: isRemovalOperation(operation),
      }));
  }

  #call(call: string): void {
    this.calls.push(call);
    this.onCall(call);
  }
}
