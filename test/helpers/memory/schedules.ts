import type { Schedules } from '../../../src/core/ports/schedule-store.ts';

/** Slots of one sync in memory, by the rules of the state database; `clock` is the database's. */
export class MemorySchedules implements Pick<Schedules, 'claimSlot' | 'claimOwed' | 'lastSlot'> {
  readonly claims: string[] = [];
  readonly #clock: () => number;
  #last: Date | null;
  #owed: { readonly slot: Date; readonly claimedMs: number } | null = null;
  gone = false;

  constructor(clock: () => number, last: Date | null = null) {
    this.#clock = clock;
    this.#last = last;
  }

  async claimSlot(_sync: string, slotAt: Date): Promise<boolean> {
    this.#refuseWhenGone();
    const limit = this.#clock() + 60_000;
    const isNewer = this.#last === null || this.#last < slotAt || this.#last.getTime() > limit;
    if (slotAt.getTime() > limit || !isNewer) return false;
    this.#last = slotAt;
    this.#owed = { slot: slotAt, claimedMs: this.#clock() };
    this.claims.push(slotAt.toISOString());
    return true;
  }

  async claimOwed(): Promise<Date | null> {
    this.#refuseWhenGone();
    if (this.#owed === null || this.#clock() - this.#owed.claimedMs <= 60_000) return null;
    this.#owed = { slot: this.#owed.slot, claimedMs: this.#clock() };
    return this.#owed.slot;
  }

  async lastSlot(): Promise<Date | null> {
    this.#refuseWhenGone();
    return this.#last;
  }

  /** A run has begun. */
  begun(): void {
    this.#owed = null;
  }

  #refuseWhenGone(): void {
    if (this.gone) throw new Error('no connection');
  }
}
