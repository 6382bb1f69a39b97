import type { KeyHash } from '../../model/fingerprints.ts';
import type { FingerprintStore } from './fingerprint-store.ts';
import type {
  ChangeOperation,
  RemovalOperation,
  RowError,
  SkipCounts,
  SkipReason,
  SuppressionReason,
} from '../../model/terms.ts';

/** Where the model's rows meet the snapshot, and where the plan that comes of it is recorded. */
export interface PlanStore {
  stage(): Promise<StageWriter>;
  /** Compares the stage with the snapshot and lets the mode take out what it never wants. */
  difference(options: DifferenceOptions): Promise<Difference>;
  /** Keys of the difference that the snapshot does not know, in the model's order: those that update mode skips. */
  unknownKeys(limit: number): Promise<readonly string[]>;
  /** What the snapshot holds of these keys: canonical payload texts. */
  payloads(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Opens the plan that follows from the difference; with `null` one that is only looked at. */
  open(runId: string | null): Promise<PlanRecorder>;
  readonly fingerprints: FingerprintStore;
}

/** Rows on their way into the stage; the writer owns the order of calls: add, flush now and then, finish once. */
export interface StageWriter {
  /** Before the first row, where not all come: the snapshot is looked up while they are on their way. */
  expect(buckets: BucketSelection): void;
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
  /** Where rows are compared by bucket; absent: all of them, and nothing is to be remembered. */
  readonly buckets?: ComparedBuckets;
}

/** Which buckets the state database has to compare. */
export interface BucketSelection {
  readonly keyHash: KeyHash;
  /** Low bits of a key's hash that name its bucket. */
  readonly bits: number;
  /** A bit a bucket, the lowest first, as Postgres' `get_bit` counts them; `null`: all of them. */
  readonly changed: Buffer | null;
  /** Whether rows of other buckets are staged as well, each without the rest of its bucket. */
  readonly hasSingleRows: boolean;
}

export interface ComparedBuckets extends BucketSelection {
  /** People who are not compared and are both in the model and in the snapshot. */
  readonly present: number;
  /** People in the whole snapshot; not read where all buckets are compared. */
  readonly snapshotSize: number;
}

/** What the comparison has to say of single buckets, besides what `candidates` gives. */
export interface BucketFindings {
  /** Hashes of keys, or their buckets: the next run has to read their rows again. */
  readonly unstable: readonly number[];
  /** Rows that the mode skips. */
  readonly skipped: readonly { readonly bucket: number; readonly rows: number }[];
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
  readonly buckets?: BucketFindings;
}

export interface Candidate {
  readonly key: string;
  /** As Postgres writes it. */
  readonly rowHash: string;
  readonly position: number;
  /** Whether the plan takes the snapshot to know the key: not where everything is to be sent again. */
  readonly known: boolean;
  /** Whether the snapshot knows it. */
  readonly inSnapshot: boolean;
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
  readonly operation: ChangeOperation;
  /** Of a mark or restore: hash of the fields that are set. */
  readonly rowHash: string;
  readonly payloadHash: string;
  readonly payload: string;
  /** What the snapshot is to hold instead of the payload, in the form in which the state stores it. */
  readonly stored?: string;
  readonly previouslyRejected: boolean;
  /** Hash of what stays with the person; absent: unknown. */
  readonly identity?: string;
  /** The key that the snapshot has of the person of an insert, and that is not in the model any more. */
  readonly renamedFrom?: string;
}

/** A person by the key of their row, and by the hash of what stays with them. */
export interface IdentifiedPerson {
  readonly key: string;
  readonly identity: string;
}

/** What marks people who left, and what takes it back, as hashes of the fields that are set. */
export interface RemovalQuery {
  readonly setHash: string;
  readonly restoreHash: string;
  /** Fingerprint of the destination. */
  readonly destination: string;
}

/** Somebody to be marked or restored. */
export interface RemovalCandidate {
  readonly key: string;
  /** As it was sent last; `null` where payloads are stored as hashes. */
  readonly email: string | null;
  readonly operation: RemovalOperation;
  /** Whether the Hub has refused to mark or restore the person before. */
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
  /** Who the people of the snapshot are whose rows were looked at. */
  readonly identities: readonly IdentifiedPerson[];
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
  /** Inserts of people who are known under another e-mail. */
  readonly renames: number;
  readonly marks: number;
  readonly restores: number;
}

/** Everything that a plan sends. */
export function plannedChanges({ inserts, updates, marks, restores }: PlanCounts): number {
  return inserts + updates + marks + restores;
}

/** Writes a plan in one transaction: all of it or nothing. */
export interface PlanRecorder {
  /** Rows that may have changed, in the model's order, by the page. */
  candidates(): AsyncIterable<readonly Candidate[]>;
  /**
   * After the candidates: people who left and are not marked so, and marked people who are back, but for those who are
   * suppressed, whose mark the Hub refused, or who were never in the model.
   */
  removals(query: RemovalQuery): AsyncIterable<readonly RemovalCandidate[]>;
  /**
   * Which of these new people the snapshot knows under another key, by their new one: everybody it knows by that
   * identity has left the model, and no earlier row has claimed it. What the pages teach about identities counts from
   * the next plan on.
   */
  claimRenames(people: readonly IdentifiedPerson[]): Promise<ReadonlyMap<string, string>>;
  add(page: PlanPage): Promise<void>;
  commit(counts: PlanCounts): Promise<void>;
  rollback(): Promise<void>;
}
