import type { RunError, RunReport } from '../core/model/terms.ts';

/** Whether the daemon can do its work. */
export interface Health {
  /** What keeps it from its work, in words; empty: nothing does. */
  readonly problems: readonly RunError[];
}

/** Why a sync was paused, and who says so. */
export interface PauseNote {
  readonly by: string;
  readonly reason: string | null;
}

/** What the routes ask of the daemon. Unknown names, busy syncs and lost databases are `PanelsyncError`s. */
export interface DaemonApi {
  health(): Promise<Health>;
  /** The documents of `status --json`. */
  syncs(): Promise<readonly object[]>;
  /** Newest first; of one sync or of all. */
  runs(sync: string | null, limit: number): Promise<readonly RunReport[]>;
  run(runId: string): Promise<RunReport>;
  /** Starts a run; resolves when it is on record. */
  trigger(sync: string): Promise<{ readonly runId: string }>;
  pause(sync: string, note: PauseNote): Promise<void>;
  resume(sync: string): Promise<void>;
  /** What Prometheus scrapes. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}
