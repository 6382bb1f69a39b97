import { asPanelsyncError, PanelsyncError } from '../core/errors.ts';
import type { Log } from '../core/ports/ports.ts';
import type { Schedules } from '../core/ports/schedule-store.ts';
import type { SyncSettings } from '../core/settings.ts';
import { backoffMs } from '../lib/async/backoff.ts';
import { openSchedule } from '../lib/schedule/schedule.ts';
import { sleep } from '../lib/async/sleep.ts';
import { SlotClock } from './schedule-clock.ts';

/** A sync with a schedule. */
export type ScheduledSync = Pick<SyncSettings, 'name' | 'timezone' | 'jitterSeconds' | 'catchUp'> & {
  readonly schedule: string;
};

export interface KeeperParts {
  readonly log: Log;
  schedules(): Promise<Pick<Schedules, 'claimSlot' | 'claimOwed' | 'lastSlot'>>;
  /** Begins a run; rejects when it cannot. */
  start(sync: string): Promise<unknown>;
  /** From 0 to 1. */
  random(): number;
  /** Epoch milliseconds. */
  clock(): number;
}

/** A slot that nobody has claimed by then was missed. */
const lateMs = 60_000;

/** The clock is read at least as often: it may have been changed, or the machine have slept. */
const longestSleepMs = 10_000;

/** A slot that waits for its run. */
interface Waiting {
  readonly slotMs: number;
  readonly startMs: number;
  claimed: boolean;
  /** It has come by the clock of this machine, and not yet by that of the state database. */
  early: boolean;
}

/** Keeps the schedule of one sync until it is stopped. */
export class Keeper {
  readonly sync: ScheduledSync;
  readonly #parts: KeeperParts;
  readonly #stop = new AbortController();
  #slots: SlotClock;
  #waiting: Waiting | null = null;
  #ended: Promise<void> = Promise.resolve();

  /** Slots until `seenMs` are done with; `null`: those until now, unless the state tells of one that was missed. */
  constructor(sync: ScheduledSync, seenMs: number | null, parts: KeeperParts) {
    this.sync = sync;
    this.#parts = parts;
    this.#slots = new SlotClock(openSchedule(sync.schedule, sync.timezone), seenMs ?? parts.clock());
    this.#ended = this.#keep(seenMs === null && sync.catchUp);
  }

  /** Slots until here are done with. */
  get seenMs(): number {
    return this.#slots.seenMs;
  }

  /** Resolves when it starts no run any more. */
  stop(): Promise<void> {
    this.#stop.abort();
    return this.#ended;
  }

  async #keep(lookBack: boolean): Promise<void> {
    const { signal } = this.#stop;
    let behind = lookBack;
    let failures = 0;
    while (!signal.aborted) {
      let waitMs: number;
      try {
        if (behind) await this.#lookBack();
        behind = false;
        waitMs = await this.#step();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        waitMs = backoffMs(failures, this.#parts.random);
        const { code, message } = asPanelsyncError(error);
        this.#parts.log.warn('schedule waits', { sync: this.sync.name, code, reason: message, retryInMs: waitMs });
      }
      await sleep(Math.min(waitMs, longestSleepMs), signal);
    }
  }

  /** What was missed while nobody kept the schedule is what came after the last claimed slot. */
  async #lookBack(): Promise<void> {
    const last = await (await this.#parts.schedules()).lastSlot(this.sync.name);
    if (last !== null) this.#slots.done(Math.min(last.getTime(), this.#slots.seenMs));
  }

  /** Does what is to be done now; returns how long there is nothing to do. */
  async #step(): Promise<number> {
    const nowMs = this.#parts.clock();
    this.#waiting ??= this.#nextWaiting(nowMs);
    const waiting = this.#waiting;
    if (waiting === null) {
      if (this.sync.catchUp) await this.#makeUp();
      return this.#slots.waitMs;
    }
    const aheadMs = waiting.startMs - nowMs;
    if (aheadMs > 0 && aheadMs <= this.sync.jitterSeconds * 1000) return aheadMs;
    if (-aheadMs > lateMs && !waiting.early) this.#late(waiting, nowMs);
    if (this.#waiting === waiting) await this.#fire(waiting);
    return 0;
  }

  /** Left out, or made up for by one run however many slots have come since. */
  #late({ slotMs }: Waiting, nowMs: number): void {
    const slotAt = new Date(slotMs).toISOString();
    if (!this.sync.catchUp) {
      const hint = 'With catchUp: true one run would make up for it.';
      this.#parts.log.warn('slot missed', { sync: this.sync.name, slotAt, hint });
      this.#waiting = null;
      this.#slots.done(slotMs);
      return;
    }
    const latestMs = this.#slots.due(nowMs) ?? slotMs;
    if (latestMs > slotMs) this.#waiting = { slotMs: latestMs, startMs: latestMs, claimed: false, early: false };
  }

  #nextWaiting(nowMs: number): Waiting | null {
    const slotMs = this.#slots.due(nowMs);
    if (slotMs === null) return null;
    const jitterMs = Math.round(this.#parts.random() * this.sync.jitterSeconds * 1000);
    return { slotMs, startMs: slotMs + jitterMs, claimed: false, early: false };
  }

  async #fire(waiting: Waiting): Promise<void> {
    const slotAt = new Date(waiting.slotMs);
    const fields = { sync: this.sync.name, slotAt: slotAt.toISOString() };
    waiting.claimed ||= await this.#claim(waiting, slotAt);
    if (waiting.claimed) await this.#start('slot', fields);
    else this.#parts.log.debug('slot passed: another process has it, or the sync is paused', fields);
    this.#waiting = null;
    this.#slots.done(waiting.slotMs);
  }

  async #claim(waiting: Waiting, slotAt: Date): Promise<boolean> {
    const { name } = this.sync;
    const schedules = await this.#parts.schedules();
    if (await schedules.claimSlot(name, slotAt)) return true;
    const last = await schedules.lastSlot(name);
    if (last !== null && last >= slotAt) return false;
    waiting.early = true;
    throw clockAhead();
  }

  async #makeUp(): Promise<void> {
    const owed = await (await this.#parts.schedules()).claimOwed(this.sync.name);
    if (owed === null) return;
    await this.#start('owed slot', { sync: this.sync.name, slotAt: owed.toISOString() });
  }

  async #start(what: string, fields: Readonly<Record<string, string>>): Promise<void> {
    try {
      await this.#parts.start(this.sync.name);
      this.#parts.log.debug(`${what} has its run`, fields);
    } catch (error) {
      const { recovery, message } = asPanelsyncError(error);
      if (recovery !== 'busy') throw error;
      const then = this.sync.catchUp ? 'one run makes up for it' : 'it is left out';
      this.#parts.log.info(`${what} finds the sync at work: ${then}`, { ...fields, reason: message });
    }
  }
}

function clockAhead(): PanelsyncError {
  return new PanelsyncError({
    code: 'clock_ahead',
    recovery: 'retriable',
    message: 'The clock of this machine is ahead of that of the state database by more than a minute.',
    hint: 'Set both clocks by a time server (NTP); until then runs begin when the database says that they are due.',
  });
}
