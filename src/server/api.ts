import type { AuditRecord } from '../core/ports/audit-log.ts';
import type { ListedRow, RowListName, RowQuery } from '../core/ports/row-lists.ts';
import type { BatchRecord, RunsFilter, SyncHistory } from '../core/ports/run-details.ts';
import type { ReasonCount, RunError, RunReport } from '../core/model/terms.ts';

/** Whether the daemon can work. */
export interface Health {
  /** What keeps it from working; empty if nothing does. */
  readonly problems: readonly RunError[];
}

/** What the page says of the daemon. */
export interface About {
  readonly version: string;
  /** Of the Hub's API. */
  readonly hubAddress: string;
}

/** Who did something by hand, and why. */
export interface ActionNote {
  readonly by: string;
  readonly reason: string | null;
}

export interface PageRequest {
  readonly limit: number;
  /** `next` of the page before; `null` for the first page. */
  readonly after: string | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next page starts; `null` on the last page. */
  readonly next: string | null;
}

export interface PersonQuery {
  readonly email: string;
  /** In syncs whose rows have another key than the e-mail. */
  readonly key: string | null;
  /** `null`: all syncs. */
  readonly sync: string | null;
}

/** Something that happened. */
export interface LiveEvent {
  /** `syncs`: the document of GET /api/syncs; `progress` of a run; `unavailable`: why the state cannot be read. */
  readonly name: 'syncs' | 'progress' | 'unavailable';
  /** JSON, on one line. */
  readonly data: string;
}

/** What came of approving the plan of a stopped run; `runId` is the run that sends it, or that has found the drift. */
export type ApprovalOutcome =
  | { readonly isApproved: true; readonly runId: string }
  | {
      readonly isApproved: false;
      readonly runId: string;
      /** Whether the run could tell that the plan no longer applies; false: it failed before. */
      readonly isStopped: boolean;
      readonly error: RunError;
      /** What has drifted, without people; `null`: something else stopped the run. */
      readonly drift: object | null;
    };

/** What the routes ask of the daemon. Unknown names, busy syncs and unavailable databases are `PanelsyncError`s. */
export interface DaemonApi {
  about(): About;
  health(): Promise<Health>;
  /** The documents of `status --json`. */
  syncs(): Promise<readonly object[]>;
  /** One of them, with its configuration and its model. */
  sync(name: string): Promise<object>;
  /** Runs of a sync by time, for charts. */
  history(sync: string, days: number): Promise<SyncHistory>;
  /** Runs and plans, newest first. */
  runs(filter: RunsFilter, page: PageRequest): Promise<Page<RunReport>>;
  run(runId: string): Promise<RunReport>;
  /** The newest run, plans left out; of one sync or of all. */
  latestRun(sync: string | null): Promise<RunReport>;
  /** What a run did one after the other. */
  steps(runId: string): Promise<readonly object[]>;
  /** Batches of a run, by number. */
  batches(runId: string, page: PageRequest): Promise<Page<BatchRecord>>;
  /** A page of rows of a run, or of those that stand rejected in a sync. */
  rows(name: RowListName, query: RowQuery): Promise<Page<ListedRow>>;
  /** How many of them share a reason, the most frequent ones first. */
  reasons(name: RowListName): Promise<readonly ReasonCount[]>;
  /** The document of `explain --json`. */
  person(query: PersonQuery): Promise<readonly object[]>;
  /** What people did by hand, newest first; on one sync or on all. */
  audit(sync: string | null, page: PageRequest): Promise<Page<AuditRecord>>;
  /** Starts a run; resolves when it is recorded. */
  trigger(sync: string): Promise<{ readonly runId: string }>;
  /** The document of `plan --json` with at most `limit` changes, skipped and invalid rows; 'busy' during another plan. */
  plan(sync: string, request: { readonly limit: number; readonly signal: AbortSignal }): Promise<object>;
  /** Sends the plan of a stopped run; resolves when sending begins, or when nothing is sent. */
  approve(runId: string, note: ActionNote): Promise<ApprovalOutcome>;
  /** Lets the next run retry what the Hub rejected, of one person or of everybody; returns how many rows. */
  retry(sync: string, person: string | null, note: ActionNote): Promise<number>;
  pause(sync: string, note: ActionNote): Promise<void>;
  resume(sync: string): Promise<void>;
  /** Puts on record that somebody asked to see people on the page. */
  recordShowPeople(note: ActionNote): Promise<void>;
  /** Calls `listener` with the present state and then with what happens; returns what ends that. */
  watch(listener: (event: LiveEvent) => void): () => void;
  /** For Prometheus. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}
