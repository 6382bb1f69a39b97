import type {
  GuardedCounts,
  PeopleDrift,
  PlanBasis,
  SavedChange,
  SavedPlanOrigin,
  SnapshotVersion,
} from '../../model/saved-plan/saved-plan.ts';
import type { PlanCounts } from './plan-store.ts';

/** Saved plans beside the snapshot and the plan of a run: those in files, and those that stopped runs leave behind. */
export interface SavedPlans {
  snapshotVersion(): Promise<SnapshotVersion>;
  /** The plan of a stopped run that waits for approval; throws where it does not. */
  waiting(runId: string): Promise<WaitingPlan>;
  /** Compares what a run is about to send with a saved plan. */
  compare(runId: string, saved: SavedChanges): Promise<PeopleDrift>;
  /** Puts an approval on record, right before anything is sent. The changes of the approved plan are deleted. */
  approve(approval: PlanApproval): Promise<void>;
}

/** Where the changes of a saved plan are: read from a file part by part, or in the outbox of a stopped run. */
export type SavedChanges = AsyncIterable<readonly SavedChange[]> | { readonly runId: string };

export interface WaitingPlan {
  readonly origin: SavedPlanOrigin;
  readonly rows: GuardedCounts;
  /** Most changes to send; `null`: all. */
  readonly limit: number | null;
}

/** What a stopped run leaves behind for approval; its changes stay in the outbox. */
export interface StoppedPlan extends PlanBasis {
  readonly counts: Pick<PlanCounts, 'inserts' | 'updates' | 'marks' | 'restores'>;
  readonly limit: number | null;
}

export interface PlanApproval {
  /** The run whose plan is approved, and the run that sends it. */
  readonly runId: string;
  readonly sendingRunId: string;
  readonly by: string;
  readonly reason: string | null;
}
