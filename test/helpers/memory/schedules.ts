import type { ScheduleStore } from '../../../src/core/ports/schedule-store.ts';

/** Slots of one sync in memory, by the rules of the state database; `clock` is the database's. */
export class MemorySchedules implements Pick<ScheduleStore, 'claimRun' | 'claimCatchUp' | 'lastScheduledAt'> {
  readonly claims: string[] = [];
  readonly #clock: () => number;
  #last: Date | null;
  #missed: { readonly scheduledAt: Date; readonly claimedMs: number } | null = null;
  disconnected = false;

  constructor(clock: () => number, last: Date | null = null) {
    this.#clock = clock;
    this.#last = last;
  }

  async claimRun(_sync: string, scheduledAt: Date): Promise<boolean> {
    this.#throwIfDisconnected();
    const limit = this.#clock() + 60_000;
    const isNewer = this.#last === null || this.#last < scheduledAt || this.#last.getTime() > limit;
    if (scheduledAt.getTime() > limit || !isNewer) return false;
    this.#last = scheduledAt;
    this.#missed = { scheduledAt, claimedMs: this.#clock() };
    this.claims.push(scheduledAt.toISOString());
    return true;
  }

  async claimCatchUp(): Promise<Date | null> {
    this.#throwIfDisconnected();
    if (this.#missed === null || this.#clock() - this.#missed.claimedMs <= 60_000) return null;
    this.#missed = { scheduledAt: this.#missed.scheduledAt, claimedMs: this.#clock() };
    return this.#missed.scheduledAt;
  }

  async lastScheduledAt(): Promise<Date | null> {
    this.#throwIfDisconnected();
    return this.#last;
  }

  /** A run has begun. */
  runStarted(): void {
    this.#missed = null;
  }

  #throwIfDisconnected(): void {
    if (this.disconnected) throw new Error('no connection');
  }
}
