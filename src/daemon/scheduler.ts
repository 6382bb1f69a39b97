import { toPanelsyncError, PanelsyncError } from '../core/errors.ts';
import type { Log } from '../core/ports/ports.ts';
import type { ScheduleStore } from '../core/ports/schedule-store.ts';
import type { SyncSettings } from '../core/settings.ts';
import { backoffMs } from '../lib/async/backoff.ts';
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
  /** Begins a run; rejects when it cannot. */
  start(sync: string): Promise<unknown>;
  /** From 0 to 1. */
  random(): number;
  /** Epoch milliseconds. */
  clock(): number;
}

/** A slot that nobody has claimed by then was missed. */
const missedAfterMs = 60_000;

/** The clock is read at least as often: it may have been changed, or the machine have slept. */
const maxSleepMs = 10_000;

/** A slot that waits for its run. */
interface PendingRun {
  readonly scheduledAtMs: number;
  readonly startMs: number;
  isClaimed: boolean;
  /** It has come by the clock of this machine, and not yet by that of the state database. */
  isAheadOfDatabase: boolean;
}

/** Keeps the schedule of one sync until it is stopped. */
export class Scheduler {
  readonly sync: ScheduledSync;
  readonly #options: SchedulerOptions;
  readonly #stop = new AbortController();
  #scheduleClock: ScheduleClock;
  #pending: PendingRun | null = null;
  #finished: Promise<void> = Promise.resolve();

  /** Slots until `seenMs` are done with; `null`: those until now, unless the state tells of one that was missed. */
  constructor(sync: ScheduledSync, handledUntilMs: number | null, options: SchedulerOptions) {
    this.sync = sync;
    this.#options = options;
    this.#scheduleClock = new ScheduleClock(
      createSchedule(sync.schedule, sync.timezone),
      handledUntilMs ?? options.clock(),
    );
    this.#finished = this.#runLoop(handledUntilMs === null && sync.catchUp);
  }

  /** Slots until here are done with. */
  get handledUntilMs(): number {
    return this.#scheduleClock.handledUntilMs;
  }

  /** Resolves when it starts no run any more. */
  stop(): Promise<void> {
    this.#stop.abort();
    return this.#finished;
  }

  async #runLoop(recoverMissed: boolean): Promise<void> {
    const { signal } = this.#stop;
    let mustRecover = recoverMissed;
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
        this.#options.log.warn('schedule waits', { sync: this.sync.name, code, reason: message, retryInMs: waitMs });
      }
      await sleep(Math.min(waitMs, maxSleepMs), signal);
    }
  }

  /** What was missed while nobody kept the schedule is what came after the last claimed slot. */
  async #recoverMissed(): Promise<void> {
    const lastScheduledAt = await (await this.#options.schedules()).lastScheduledAt(this.sync.name);
    if (lastScheduledAt !== null)
      this.#scheduleClock.markHandled(Math.min(lastScheduledAt.getTime(), this.#scheduleClock.handledUntilMs));
  }

  /** Does what is to be done now; returns how long there is nothing to do. */
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

  /** Left out, or made up for by one run however many slots have come since. */
  #handleMissed({ scheduledAtMs }: PendingRun, nowMs: number): void {
    const scheduledAt = new Date(scheduledAtMs).toISOString();
    if (!this.sync.catchUp) {
      const hint = 'With catchUp: true one run would make up for it.';
      this.#options.log.warn('slot missed', { sync: this.sync.name, slotAt: scheduledAt, hint });
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
    const fields = { sync: this.sync.name, slotAt: scheduledAt.toISOString() };
    pending.isClaimed ||= await this.#claim(pending, scheduledAt);
    if (pending.isClaimed) await this.#startRun('slot', fields);
    else this.#options.log.debug('slot passed: another process has it, or the sync is paused', fields);
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
    await this.#startRun('owed slot', { sync: this.sync.name, slotAt: missedAt.toISOString() });
  }

  async #startRun(label: string, fields: Readonly<Record<string, string>>): Promise<void> {
    try {
      await this.#options.start(this.sync.name);
      this.#options.log.debug(`${label} has its run`, fields);
    } catch (error) {
      const { recovery, message } = toPanelsyncError(error);
      if (recovery !== 'busy') throw error;
      const consequence = this.sync.catchUp ? 'one run makes up for it' : 'it is left out';
      this.#options.log.info(`${label} finds the sync at work: ${consequence}`, { ...fields, reason: message });
    }
  }
}

function clockAheadError(): PanelsyncError {
  return new PanelsyncError({
    code: 'clock_ahead',
    recovery: 'retriable',
    message: 'The clock of this machine is ahead of that of the state database by more than a minute.',
    hint: 'Set both clocks by a time server (NTP); until then runs begin when the database says that they are due.',
  });
}
