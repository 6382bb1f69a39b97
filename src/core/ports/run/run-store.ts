import type { PanelsyncError } from '../../errors.ts';
import type { ForgottenPeople } from '../../model/forgotten-people.ts';
import type { PayloadCodec } from '../../model/payload-codec.ts';
import type { SavedPlans } from '../../model/saved-plan.ts';
import type { Fence } from '../destination.ts';
import type { SyncSettings } from '../../settings.ts';
import type {
  RowError,
  Mode,
  Operation,
  RequestCounts,
  RunError,
  RunReport,
  RunStatus,
  SkipCounts,
  SkipReason,
  Trigger,
  SuppressionReason,
} from '../../model/terms.ts';

/** Where the snapshot and the ledger are kept. */
export interface State {
  /**
   * A session for one run of a sync. With `lock` it holds the sync until it is closed or its process dies, and closes
   * what a dead process left behind; another holder is an error with `recovery: 'busy'`.
   */
  openSession(sync: SyncSettings, options: { readonly lock: boolean }): Promise<RunSession>;
}

export interface NewRun {
  readonly trigger: Trigger;
  /** Fingerprint of the destination. */
  readonly destination: string;
  /** Plans as if the snapshot were empty, and so do later runs until everybody was sent once. */
  readonly full: boolean;
}

export interface RunSession {
  readonly codec: PayloadCodec;
  /** Aborts when the lock or the connection that holds it is lost: nothing can be recorded, so nothing may be sent. */
  readonly lost: AbortSignal;
  /** The error that a lost session ends its run with. */
  lostError(): Promise<PanelsyncError>;
  /** The right to send that comes with the lock. */
  readonly fence: Fence;
  /** Whether the Hub ever accepted a row through this address and wire profile. */
  isContractVerified(destination: string): Promise<boolean>;
  begin(run: NewRun): Promise<string>;
  /** Batches of earlier runs whose outcome nobody knows, oldest first. */
  unknownBatches(): Promise<readonly UnknownBatch[]>;
  /** Settles a batch whose outcome was unknown by what was found out about its rows; the others stay unknown. */
  resolve(batch: UnknownBatch, resolution: Resolution): Promise<void>;
  /** Withholds the people of batches whose outcome is unknown still, and nobody else for that reason. */
  suppressUnknown(): Promise<SuppressedCounts>;
  /** People who are never to be sent; `null` while there are none. */
  forgotten(): Promise<ForgottenPeople | null>;
  readonly characteristics: CheckedCharacteristics;
  readonly savedPlans: SavedPlans;
  stage(): Promise<StageWriter>;
  /** Compares the stage with the snapshot and lets the mode take out what it never wants. */
  difference(options: DifferenceOptions): Promise<Difference>;
  /** Keys of the difference that the snapshot does not know, in the model's order: those that update mode skips. */
  unknownKeys(limit: number): Promise<readonly string[]>;
  /** What the snapshot holds of these keys: canonical payload texts. */
  payloads(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Opens the plan of a run; with `null` one that is only looked at. */
  plan(runId: string | null): Promise<PlanRecorder>;
  ledger(runId: string): Ledger;
  /** Counts again what a run's batches did; for runs that are over already. */
  recomputeCounts(runId: string): Promise<void>;
  finish(runId: string, outcome: RunOutcome): Promise<RunReport>;
  /** Records a plan that was only looked at. */
  finishPlanOnly(run: PlanOnlyRun): Promise<RunReport>;
  close(): Promise<void>;
}

/** Mappings whose characteristics the Hub was asked about, by the hash of their slugs and types. */
export interface CheckedCharacteristics {
  isChecked(destination: string, mapping: string): Promise<boolean>;
  remember(
    destination: string,
    checked: { readonly mapping: string; readonly outcome: 'known' | 'unavailable' },
  ): Promise<void>;
  /** The Hub has refused rows: it is asked again before the next sending. */
  forget(): Promise<void>;
}

/** Rows on their way into the stage; the writer owns the order of calls: add, flush now and then, finish once. */
export interface StageWriter {
  /** `rowHash` as sixteen latin1 characters; `position` is where the row's line stands in the spool. */
  add(key: string, rowHash: string, position: number): void;
  /** Resolves when the database has caught up. */
  flush(): Promise<void>;
  finish(): Promise<void>;
  /** Throws the stage away. */
  cancel(): Promise<void>;
}

export interface DifferenceOptions {
  readonly staged: number;
  readonly updateOnly: boolean;
  readonly duplicates: 'first' | 'reject';
  readonly full: boolean;
}

export interface Difference {
  /** Rows left out because their key came more than once. */
  readonly duplicate: number;
  readonly unchanged: number;
  /** New rows that update mode skips. */
  readonly notInSnapshot: number;
  /** Rows of people who are forgotten, as far as `candidates` does not give them. */
  readonly forgotten: number;
  /** Rows that `candidates` gives. */
  readonly candidates: number;
  readonly removed: number;
  /** People in the snapshot. */
  readonly snapshot: number;
}

export interface Candidate {
  readonly key: string;
  /** As Postgres writes it. */
  readonly rowHash: string;
  readonly position: number;
  /** Whether the plan takes the snapshot to know the key. */
  readonly known: boolean;
  /** Of what the snapshot holds; `null` for a new key, and where everything is to be sent again. */
  readonly payloadHash: string | null;
  /** What the Hub refused last; `null` when it refused nothing or `retry` asked for another try. */
  readonly rejected: { readonly payloadHash: string; readonly destination: string } | null;
  /** Whether the Hub has refused this key before: such rows travel apart. */
  readonly previouslyRejected: boolean;
  /** Why the person is not to be sent whatever the row says. */
  readonly suppression: SuppressionReason | null;
}

export interface PlannedChange {
  readonly key: string;
  readonly operation: Operation;
  readonly rowHash: string;
  readonly payloadHash: string;
  readonly payload: string;
  readonly previouslyRejected: boolean;
}

export interface InvalidRow {
  readonly key: string;
  /** As the model wrote it. */
  readonly email: string | null;
  readonly errors: readonly RowError[];
}

/** A part of a plan: what was decided about some rows. */
export interface PlanPage {
  readonly changes: readonly PlannedChange[];
  readonly skips: readonly { readonly key: string; readonly reason: SkipReason }[];
  readonly invalid: readonly InvalidRow[];
  /** Rows whose payload is what the Hub has, though the source wrote them in another way. */
  readonly refreshed: readonly RefreshedRow[];
  /** Rows of people who are forgotten: counted, and named nowhere. */
  readonly forgotten: number;
}

export interface RefreshedRow {
  readonly key: string;
  readonly rowHash: string;
  /** Where payloads are kept in full, and this one was not yet. */
  readonly restored: { readonly payloadHash: string; readonly payload: string } | null;
}

/** Counts of a whole plan. */
export interface PlanCounts {
  readonly read: number;
  readonly duplicate: number;
  readonly invalid: number;
  readonly unchanged: number;
  readonly skips: SkipCounts;
  readonly inserts: number;
  readonly updates: number;
  readonly removed: number;
}

/** Writes a plan in one transaction: all of it or nothing. */
export interface PlanRecorder {
  /** Rows that may have changed, in the model's order, by the page. */
  candidates(): AsyncIterable<readonly Candidate[]>;
  add(page: PlanPage): Promise<void>;
  commit(counts: PlanCounts): Promise<void>;
  rollback(): Promise<void>;
}

/** A row waiting to be sent. */
export interface OutboxRow {
  readonly seq: number;
  readonly key: string;
  /** Canonical payload text. */
  readonly payload: string;
  readonly previouslyRejected: boolean;
}

export interface UnknownBatch {
  readonly runId: string;
  readonly number: number;
  /** Of the run that sent it. */
  readonly mode: Mode;
  readonly rows: readonly OutboxRow[];
  /** Those of them whom a repair has found deleted in the Hub since. */
  readonly deleted: readonly OutboxRow[];
}

/** What was found out about rows of a batch with an unknown outcome. */
export interface Resolution {
  /** The Hub holds them as they were sent: the batch arrived. */
  readonly applied: readonly OutboxRow[];
  /** The Hub holds these people with other content, which is not overwritten. */
  readonly conflicting: readonly ConflictingRow[];
  /** The Hub does not hold them: nothing was stored. */
  readonly notApplied: readonly OutboxRow[];
}

export interface ConflictingRow {
  readonly row: OutboxRow;
  /** Canonical payload text of what the Hub holds. */
  readonly payload: string;
}

/** Batches whose outcome nobody can tell, and the people in them, who are not sent until somebody does. */
export interface SuppressedCounts {
  readonly batches: number;
  readonly people: number;
}

/** A batch about to be sent. `parent` is the batch whose refusal or unknown outcome it follows. */
export interface BatchIntent {
  readonly number: number;
  readonly parent: number | null;
  readonly rows: readonly OutboxRow[];
}

export interface RejectedRow {
  readonly row: OutboxRow;
  readonly error: RowError;
}

/** `found`: the Hub held the people already, with other content. */
export type BatchState = 'accepted' | 'refused' | 'not_sent' | 'unknown' | 'found';

export interface Settlement {
  readonly state: BatchState;
  readonly rejected: readonly RejectedRow[];
  readonly requests: Omit<RequestCounts, 'split'>;
  readonly split: boolean;
  readonly status: number | null;
  readonly requestId: string | null;
  readonly durationMs: number;
  /** Why, where it was not accepted. */
  readonly message: string | null;
}

/** The batches of one run: each on record before it is sent, settled in one transaction with the snapshot. */
export interface Ledger {
  /** Rows to be sent, in their order, after the one numbered `after`: at most `limit`, and none only at the end. */
  outbox(after: number, limit: number): Promise<readonly OutboxRow[]>;
  /** Number that the next batch may take. */
  nextNumber(): Promise<number>;
  /** Throws when this session is no longer the one that may send. */
  record(batch: BatchIntent): Promise<void>;
  settle(batch: BatchIntent, settlement: Settlement): Promise<void>;
  /** Puts rows on record as refused by the Hub, whose batch was settled before. */
  reject(number: number, rejected: readonly RejectedRow[]): Promise<void>;
}

export interface RunOutcome {
  readonly status: Exclude<RunStatus, 'running'> | 'complete';
  readonly error: RunError | null;
  readonly notes: readonly string[];
  /** Rows read by a run that ended before its plan. */
  readonly readSoFar: number;
}

export interface PlanOnlyRun {
  readonly startedAt: Date;
  readonly destination: string;
  readonly counts: PlanCounts;
  readonly status: 'succeeded' | 'stopped';
  readonly notes: readonly string[];
  readonly error: RunError | null;
}
