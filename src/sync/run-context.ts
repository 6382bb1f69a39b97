import type { PayloadCodec } from '../core/model/payload-codec.ts';
import type { Destination } from '../core/ports/destination.ts';
import type { Fence } from '../core/ports/fence.ts';
import type { Formats } from '../core/ports/formats.ts';
import type { Log } from '../core/ports/log.ts';
import type { RunProgress } from '../core/ports/observer.ts';
import type { RunStores, State } from '../core/ports/run/run-session.ts';
import type { ShutdownSignals } from '../core/ports/shutdown-signals.ts';
import type { Source } from '../core/ports/source.ts';
import type { DestinationSettings, SyncSettings } from '../core/settings.ts';
import type { Trigger } from '../core/model/terms.ts';
import type { RunWork } from './run-work.ts';

/** What a run or a plan works with. */
export interface SyncDeps {
  readonly source: Source;
  readonly destination: Destination;
  readonly formats: Formats;
  readonly log: Log;
}

export interface RunDeps extends SyncDeps {
  readonly state: State;
}

/** How far a step is. */
export type Progress = Pick<RunProgress, 'step' | 'done' | 'total'>;

/**
 * A run: who, with what, under which authority, and until when. Built once, when the run is on record; its steps take
 * it and return values.
 */
export interface RunContext extends SyncDeps {
  readonly sync: SyncSettings;
  readonly runId: string;
  readonly trigger: Trigger;
  readonly codec: PayloadCodec;
  readonly stores: RunStores;
  /** May we still send? */
  readonly fence: Fence;
  /** Should we go on? They also abort when the session is lost. */
  readonly shutdown: ShutdownSignals;
  readonly delivery: DeliverySettings;
  readonly work: RunWork;
  onProgress(progress: Progress): void;
}

export type DeliverySettings = Pick<
  DestinationSettings,
  'batchSize' | 'concurrency' | 'maxAttempts' | 'maxSplitRequests' | 'checkCharacteristics'
>;

/** As much of it as making a plan takes; a plan that is only looked at has no run. */
export type PlanContext = Omit<RunContext, 'runId' | 'trigger' | 'fence' | 'delivery'> & {
  readonly runId: string | null;
};
