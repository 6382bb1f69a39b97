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
 * What all processes that keep the schedules of one state database agree on. A slot is the moment that a schedule
 * names, not the moment at which a process got round to it.
 */
export interface ScheduleStore {
  /**
   * True for one caller in all processes: it starts the run now, so whoever delays a start delays the claim. The slot
   * stays owed until a run of the sync begins. False also when it is no newer than the last claimed one, lies more than
   * a minute in the database's future, or the sync is paused; a slot that passes in a pause is never owed.
   */
  claimRun(sync: string, scheduledAt: Date): Promise<boolean>;
  /**
   * The owed slot, for one caller in all processes, which starts a run to make up for it. Null when nothing is owed,
   * the sync is paused, or somebody claimed it less than a minute ago and may be about to begin.
   */
  claimCatchUp(sync: string): Promise<Date | null>;
  /** The newest slot that was claimed or passed in a pause; null before the first. */
  lastScheduledAt(sync: string): Promise<Date | null>;
  /** Pauses a sync. Of one that is paused already it changes by whom and why, if a reason is given. */
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
