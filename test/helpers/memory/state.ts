import type { PanelsyncError } from '../../../src/core/errors.ts';
import { textHash } from '../../../src/core/model/hash.ts';
import type {
  Candidate,
  CheckedCharacteristics,
  Difference,
  DifferenceOptions,
  Finding,
  Held,
  NewRun,
  OutboxRow,
  PlanOnlyRun,
  RunEnd,
  RunSession,
  State,
  StageWriter,
  UnknownBatch,
} from '../../../src/core/ports/run-store.ts';
import { stateLost } from '../../../src/core/lost-errors.ts';
import type { Hold } from '../../../src/core/ports/ports.ts';
import type { SyncSettings } from '../../../src/core/settings.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import type { KeptPlans } from '../../../src/core/model/saved-plan.ts';
import type { Keeping } from '../../../src/core/model/payload-codec.ts';
import { plainKeeping } from '../fixtures/payload-codecs.ts';
import { MemoryLedger } from './ledger.ts';
import { differenceInMemory, MemoryRecorder, MemoryStage } from './plan.ts';
import { reportWith } from '../fixtures/run-report.ts';

/** A state database in memory, for one session of one sync: its run has the number 7. */
export class MemoryState implements State, RunSession {
  keeping: Keeping = plainKeeping;
  /** What was asked of it, in order. */
  readonly calls: string[] = [];
  /** Called before each call is answered; what it throws is how the database fails. */
  onCall: (call: string) => void = () => undefined;
  readonly loss = new AbortController();
  readonly lost = this.loss.signal;
  readonly hold: Hold = { held: () => true, renew: () => Promise.resolve(true) };
  /** Canonical payloads by key: what the Hub accepted last, and what it refused. */
  readonly snapshot = new Map<string, string>();
  readonly refused = new Map<string, string>();
  unknown: readonly UnknownBatch[] = [];
  proven = true;
  readonly begun: NewRun[] = [];
  readonly asked: DifferenceOptions[] = [];
  /** Mappings whose characteristics were found to be right. */
  readonly checked = new Set<string>();
  readonly characteristics: CheckedCharacteristics = {
    isChecked: async (_, mapping) => this.checked.has(mapping),
    remember: async (_, { mapping }) => void this.checked.add(mapping),
    forget: async () => this.checked.clear(),
  };
  readonly ends: RunEnd[] = [];
  readonly looks: PlanOnlyRun[] = [];
  readonly keptPlans: KeptPlans = {
    mark: async () => ({
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

  async openSession(sync: SyncSettings, { lock }: { readonly lock: boolean }): Promise<RunSession> {
    this.#call(`${lock ? 'lock' : 'open'} ${sync.name}`);
    return this;
  }

  async whyLost(): Promise<PanelsyncError> {
    return stateLost();
  }

  async isProven(): Promise<boolean> {
    return this.proven;
  }

  async begin(run: NewRun): Promise<string> {
    this.#call('begin');
    this.begun.push(run);
    return '7';
  }

  async unknownBatches(): Promise<readonly UnknownBatch[]> {
    this.#call('unknown batches');
    return this.unknown;
  }

  async resolve({ runId, number }: UnknownBatch, { arrived, taken, absent }: Finding): Promise<void> {
    this.#call(`resolve ${runId}/${number}: ${arrived.length} arrived, ${taken.length} taken, ${absent.length} absent`);
    this.unknown = this.unknown.filter((batch) => batch.runId !== runId || batch.number !== number);
  }

  async withholdUnknown(): Promise<Held> {
    this.#call('withhold unknown');
    return { batches: this.unknown.length, people: this.unknown.flatMap(({ rows }) => rows).length };
  }

  async forgotten(): Promise<null> {
    return null;
  }

  async stage(): Promise<StageWriter> {
    this.#call('stage');
    return this.writer;
  }

  async difference(options: DifferenceOptions): Promise<Difference> {
    this.#call('difference');
    this.asked.push(options);
    const known = new Map(
      [...this.snapshot].map(([key, payload]) => [key, { rowHash: '', payloadHash: textHash(payload) }]),
    );
    const { difference, changed } = differenceInMemory(this.writer.rows, known, options);
    this.#candidates = changed.map(({ known: held, ...row }) => ({
      ...row,
      known: held !== null,
      payloadHash: held?.payloadHash ?? null,
      rejected: this.#rejectionOf(row.key),
      suspect: this.refused.has(row.key),
      withheld: null,
    }));
    return difference;
  }

  #rejectionOf(key: string): Candidate['rejected'] {
    const payload = this.refused.get(key);
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

  async retally(runId: string): Promise<void> {
    this.#call(`retally ${runId}`);
  }

  async finish(runId: string, end: RunEnd): Promise<RunReport> {
    this.#call(`finish ${runId}`);
    this.ends.push(end);
    const { status, notes, error } = end;
    return reportWith({ runId, status: status === 'complete' ? 'succeeded' : status, notes, error });
  }

  async finishPlanOnly(run: PlanOnlyRun): Promise<RunReport> {
    this.#call('finish plan');
    this.looks.push(run);
    const { status, notes, error } = run;
    return reportWith({ status, trigger: 'plan', notes, error });
  }

  async close(): Promise<void> {
    this.#call('close');
  }

  #outbox(): readonly OutboxRow[] {
    return this.recorder.pages
      .flatMap(({ changes }) => changes)
      .map(({ key, payload, suspect }, at) => ({ seq: at + 1, key, payload, suspect }));
  }

  #call(call: string): void {
    this.calls.push(call);
    this.onCall(call);
  }
}
