import { toPanelsyncError, PanelsyncError } from '../core/errors.ts';
import type { Log } from '../core/ports/log.ts';
import type { ScheduleStore } from '../core/ports/schedule-store.ts';
import type { SyncSettings } from '../core/settings.ts';
import { backoffMs } from '../lib/async/backoff.ts';
import { BackgroundTask } from '../lib/async/service.ts';
import type { Service } from '../lib/async/service.ts';
import { createSchedule } from '../lib/schedule/schedule.ts';
import { sleep } from '../lib/async/sleep.ts';
import { ScheduleClock } from './schedule-clock.ts';

/** A sync with a schedule. */
export type ScheduledSync = Pick<SyncSettings, 'name' | 'timezone' | 'jitterSeconds' | 'catchUp'> & {
  readonly schedule: string;
};

export interface SchedulerOptions {
  readonly log: Log;
  schedules(): Promise<Pick<ScheduleStore, 'claimRun' | 'claimCatchUp' | 'lastScheduledAt'>>;
  /** Starts a run; rejects when it cannot. */
  startRun(sync: string): Promise<unknown>;
  /** From 0 to 1. */
  random(): number;
  /** Epoch milliseconds. */
  clock(): number;
}

/** A scheduled time that no process has claimed by then is missed. */
const missedAfterMs = 60_000;

/** The clock is read at least this often: it may have been changed, or the machine may have slept. */
const maxSleepMs = 10_000;

/** A scheduled time that waits for its run. */
interface PendingRun {
  readonly scheduledAtMs: number;
  readonly startMs: number;
  isClaimed: boolean;
  /** It has come by the clock of this machine, but not yet by that of the state database. */
  isAheadOfDatabase: boolean;
}

/** Starts the runs of one sync at the times of its schedule. */
export class Scheduler implements Service {
  readonly sync: ScheduledSync;
  readonly #options: SchedulerOptions;
  readonly #scheduleClock: ScheduleClock;
  readonly #mustRecover: boolean;
  readonly #task = new BackgroundTask((signal) => this.#runLoop(signal));
  #pending: PendingRun | null = null;

  /**
   * Scheduled times up to `handledUntilMs` are done. With `null`, those before now are, unless the state database knows
   * of one that was missed.
   */
  constructor(sync: ScheduledSync, handledUntilMs: number | null, options: SchedulerOptions) {
    this.sync = sync;
    this.#options = options;
    const schedule = createSchedule(sync.schedule, sync.timezone);
    this.#scheduleClock = new ScheduleClock(schedule, handledUntilMs ?? options.clock());
    this.#mustRecover = handledUntilMs === null && sync.catchUp;
  }

  /** Scheduled times up to here are done. */
  get handledUntilMs(): number {
    return this.#scheduleClock.handledUntilMs;
  }

  start(signal: AbortSignal): Promise<void> {
    return this.#task.start(signal);
  }

  stop(): Promise<void> {
    return this.#task.stop();
  }

  async #runLoop(signal: AbortSignal): Promise<void> {
    let mustRecover = this.#mustRecover;
    let failures = 0;
    while (!signal.aborted) {
      let waitMs: number;
      try {
        if (mustRecover) await this.#recoverMissed();
        mustRecover = false;
        waitMs = await this.#tick();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        waitMs = backoffMs(failures, { random: this.#options.random });
        const { code, message } = toPanelsyncError(error);
        const fields = { sync: this.sync.name, code, reason: message, retryInMs: waitMs };
        this.#options.log.warn('scheduled run delayed', fields);
      }
      await sleep(Math.min(waitMs, maxSleepMs), signal);
    }
  }

  /** What was missed while no process kept the schedule is what came after the last claimed time. */
  async #recoverMissed(): Promise<void> {
    const lastScheduledAt = await (await this.#options.schedules()).lastScheduledAt(this.sync.name);
    if (lastScheduledAt !== null)
      this.#scheduleClock.markHandled(Math.min(lastScheduledAt.getTime(), this.#scheduleClock.handledUntilMs));
  }

  /** Does what is due; returns how long nothing will be. */
  async #tick(): Promise<number> {
    const nowMs = this.#options.clock();
    this.#pending ??= this.#nextPending(nowMs);
    const pending = this.#pending;
    if (pending === null) {
      if (this.sync.catchUp) await this.#catchUp();
      return this.#scheduleClock.untilNextMs;
    }
    const untilStartMs = pending.startMs - nowMs;
    if (untilStartMs > 0 && untilStartMs <= this.sync.jitterSeconds * 1000) return untilStartMs;
    if (-untilStartMs > missedAfterMs && !pending.isAheadOfDatabase) this.#handleMissed(pending, nowMs);
    if (this.#pending === pending) await this.#startPending(pending);
    return 0;
  }

  /** Skips a missed time, or replaces it with the latest one that has come since, for one catch-up run. */
  #handleMissed({ scheduledAtMs }: PendingRun, nowMs: number): void {
    if (!this.sync.catchUp) {
      const scheduledAt = new Date(scheduledAtMs).toISOString();
      const hint = 'Set catchUp: true to make up for missed runs with one run.';
      this.#options.log.warn('scheduled run missed', { sync: this.sync.name, scheduledAt, hint });
      this.#pending = null;
      this.#scheduleClock.markHandled(scheduledAtMs);
      return;
    }
    const latestScheduledMs = this.#scheduleClock.latestDue(nowMs) ?? scheduledAtMs;
    if (latestScheduledMs > scheduledAtMs)
      this.#pending = {
        scheduledAtMs: latestScheduledMs,
        startMs: latestScheduledMs,
        isClaimed: false,
        isAheadOfDatabase: false,
      };
  }

  #nextPending(nowMs: number): PendingRun | null {
    const scheduledAtMs = this.#scheduleClock.latestDue(nowMs);
    if (scheduledAtMs === null) return null;
    const jitterMs = Math.round(this.#options.random() * this.sync.jitterSeconds * 1000);
    return { scheduledAtMs, startMs: scheduledAtMs + jitterMs, isClaimed: false, isAheadOfDatabase: false };
  }

  async #startPending(pending: PendingRun): Promise<void> {
    const scheduledAt = new Date(pending.scheduledAtMs);
    const fields = { sync: this.sync.name, scheduledAt: scheduledAt.toISOString() };
    pending.isClaimed ||= await this.#claim(pending, scheduledAt);
    if (pending.isClaimed) await this.#startRun('scheduled', fields);
    else
      this.#options.log.debug('scheduled run not claimed: another process claimed it, or the sync is paused', fields);
    this.#pending = null;
    this.#scheduleClock.markHandled(pending.scheduledAtMs);
  }

  async #claim(pending: PendingRun, scheduledAt: Date): Promise<boolean> {
    const { name } = this.sync;
    const schedules = await this.#options.schedules();
    if (await schedules.claimRun(name, scheduledAt)) return true;
    const lastScheduledAt = await schedules.lastScheduledAt(name);
    if (lastScheduledAt !== null && lastScheduledAt >= scheduledAt) return false;
    pending.isAheadOfDatabase = true;
    throw clockAheadError();
  }

  async #catchUp(): Promise<void> {
    const missedAt = await (await this.#options.schedules()).claimCatchUp(this.sync.name);
    if (missedAt === null) return;
    await this.#startRun('catch-up', { sync: this.sync.name, scheduledAt: missedAt.toISOString() });
  }

  async #startRun(kind: 'scheduled' | 'catch-up', fields: Readonly<Record<string, string>>): Promise<void> {
    try {
      await this.#options.startRun(this.sync.name);
      this.#options.log.debug(`${kind} run started`, fields);
    } catch (error) {
      const { recovery, message } = toPanelsyncError(error);
      if (recovery !== 'busy') throw error;
      const consequence = this.sync.catchUp ? 'postponed' : 'skipped';
      this.#options.log.info(`${kind} run ${consequence}: the sync is already running`, { ...fields, reason: message });
    }
  }
}

function clockAheadError(): PanelsyncError {
  return new PanelsyncError({
    code: 'clock_ahead',
    recovery: 'retriable',
    message: 'The clock of this machine is more than a minute ahead of the clock of the state database.',
    hint: 'Synchronize both clocks (NTP). Until then runs start when they are due by the clock of the database.',
  });
}
