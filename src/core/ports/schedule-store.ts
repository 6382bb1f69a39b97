import { PanelsyncError } from '../errors.ts';

/** Somebody wants a sync not to be started by itself. */
export interface Pause {
  /** ISO 8601. */
  readonly at: string;
  /** user@host. */
  readonly by: string;
  readonly reason: string | null;
}

/**
 * What all schedulers on one state database agree on. A scheduled time is the moment that a schedule names, not the
 * moment at which a process gets to it.
 */
export interface ScheduleStore {
  /**
   * True for one caller in all processes: it starts the run now, so whoever delays a start delays the claim. The time
   * stays pending until a run of the sync starts. False also if it is no newer than the last claimed one, is more than a
   * minute in the database's future, or the sync is paused; a time that passes during a pause is never pending.
   */
  claimRun(sync: string, scheduledAt: Date): Promise<boolean>;
  /**
   * The pending scheduled time, for one caller in all processes, which starts a run to catch up. Null if none is
   * pending, the sync is paused, or another process claimed it less than a minute ago and may be about to start.
   */
  claimCatchUp(sync: string): Promise<Date | null>;
  /** The newest scheduled time that was claimed or passed during a pause; null before the first. */
  lastScheduledAt(sync: string): Promise<Date | null>;
  /** Pauses a sync. If it is paused already, a new reason replaces author and reason. */
  pause(sync: string, pause: Omit<Pause, 'at'>): Promise<Pause>;
  /** Returns the pause that it ended; null where there was none. */
  resume(sync: string): Promise<Pause | null>;
  /** All that are paused, by sync. */
  pauses(): Promise<ReadonlyMap<string, Pause>>;
}

/** For those who are asked to start a paused sync and may not. */
export function pausedError(sync: string, { at, by, reason }: Pause): PanelsyncError {
  return new PanelsyncError({
    code: 'paused',
    recovery: 'busy',
    message: `The sync "${sync}" is paused since ${at} by ${by}${reason === null ? '' : `: ${reason}`}.`,
    hint: `panelsync resume ${sync} lets it start again; panelsync run ${sync} runs it once all the same.`,
  });
}
