import type { ReasonCount, RunError, RunReport, RunStatus, SourceWork, Trigger } from '../../model/terms.ts';
import type { NewFingerprints } from './fingerprint-store.ts';
import type { DataFreshness } from '../../model/freshness/data-freshness.ts';
import type { Tolerance } from '../../settings.ts';
import type { PlanCounts } from './plan-store.ts';
import type { StoppedPlan } from './saved-plans.ts';

/** The runs of one sync: begun, counted, finished. */
export interface RunStore {
  /** Throws where the run approves a plan that does not wait for approval. */
  begin(run: NewRun): Promise<string>;
  finish(runId: string, outcome: RunOutcome): Promise<RunReport>;
  /** Records a plan that was only looked at. */
  recordPlanOnly(run: PlanOnlyRun): Promise<RunReport>;
  /** Counts anew what a run's batches did; for runs that are over already. */
  recomputeCounts(runId: string): Promise<void>;
  /** Whether another configuration ran the sync in between; `null` if not. */
  findTurns(runId: string): Promise<Turns | null>;
  /** Whether the Hub ever accepted a row through this address and wire profile. */
  isContractVerified(destination: string): Promise<boolean>;
}

/** Runs of a sync whose configurations take turns. */
export interface Turns {
  /** The run before, which had another configuration. */
  readonly other: string;
  /** The newest run before that with the configuration of now. */
  readonly own: string;
}

export interface NewRun {
  readonly trigger: Trigger;
  /** Fingerprint of the destination. */
  readonly destination: string;
  /** Plans as if the snapshot were empty, and so do later runs until everybody was sent once. */
  readonly full: boolean;
  /** The stopped run whose plan this one is to send; absent: it sends its own. */
  readonly approves?: string;
}

export interface RunOutcome {
  readonly status: Exclude<RunStatus, 'running'> | 'complete';
  readonly error: RunError | null;
  readonly notes: readonly string[];
  /** What was read from the source; its rows are those of a run that ended before its plan. */
  readonly work: SourceWork;
  /** `null`: nobody watches it, or the model was not read to its end. */
  readonly freshness: DataFreshness | null;
  /** What the next run is to compare with, stored together with the end of this one. */
  readonly fingerprints?: NewFingerprints;
  /** The plan of a run that was stopped, which people may approve. */
  readonly savedPlan?: StoppedPlan;
  /** Absent: every invalid or rejected row makes the run partial. */
  readonly tolerance?: RunTolerance;
}

/** Up to here a run that sent all of its plan has succeeded; beyond, it is partial. */
export interface RunTolerance extends Tolerance {
  /** What the report says where the run is within. */
  note(counts: ToleratedCounts): string;
}

export interface ToleratedCounts {
  readonly read: number;
  readonly invalid: number;
  readonly rejected: number;
}

export interface PlanOnlyRun {
  readonly startedAt: Date;
  readonly destination: string;
  readonly counts: PlanCounts;
  readonly work: SourceWork;
  readonly freshness: DataFreshness | null;
  readonly status: 'succeeded' | 'stopped';
  readonly notes: readonly string[];
  readonly reasons: readonly ReasonCount[];
  readonly error: RunError | null;
}
