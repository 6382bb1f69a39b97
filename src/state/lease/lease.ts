/** The right to send: an advisory lock, and a lease beside it that its holder renews. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { PanelsyncError } from '../../core/errors.ts';
import { leaseLost, stateConnectionLost } from '../../core/lost-errors.ts';
import type { Fence } from '../../core/ports/fence.ts';
import type { Database } from '../db/database.ts';
import { renewLeaseStatement, acquireLock } from './lock.ts';
import type { LockTarget } from './lock.ts';
import type { StateClient } from '../db/state-client.ts';

/** The lease of a lock that was taken: renewed for as long as it is held. */
export interface Lease extends Fence {
  /** Why the session was lost: somebody else's doing, or the database's. */
  whyLost(): Promise<PanelsyncError>;
  /** Lets go in good order, so that the next holder need not wait. */
  release(): Promise<void>;
}

/** How long a renewal may take; a slow database is waited for, a silent one is asked again on another connection. */
const renewalTimeoutMs = 10_000;
const releaseTimeoutMs = 3000;

/** What one moment is by both clocks: the monotonic one stands still while a virtual machine is suspended. */
interface ClockReading {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

function readClocks(): ClockReading {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

interface LeaseOptions {
  readonly database: Database;
  readonly target: LockTarget;
  readonly holder: string;
  /** Before the lock was asked for. */
  readonly takenAt: ClockReading;
  /** The same moment by the clock of the database, in seconds since 1970: whoever has taken the lock later is another. */
  readonly lockTakenAt: string;
  /** Aborted here when the lease is lost, and elsewhere when the connection with the lock is. */
  readonly lost: AbortController;
}

/** Takes the lock of a sync for a connection and keeps it; nothing may be sent for `graceMs`. */
export async function acquireLease(
  client: StateClient,
  options: Pick<LeaseOptions, 'database' | 'target' | 'lost'>,
): Promise<{ readonly lease: Lease; readonly graceMs: number }> {
  const takenAt = readClocks();
  const { holder, graceMs, takenAt: lockTakenAt } = await acquireLock(client, options.target);
  return { lease: new RenewedLease({ ...options, holder, takenAt, lockTakenAt }), graceMs };
}

/** Of a session without a lock, which sends nothing. */
export const noLease: Lease = {
  isHeld: () => false,
  renew: () => Promise.resolve(false),
  whyLost: () => Promise.resolve(stateConnectionLost()),
  release: () => Promise.resolve(),
};

/** Renews the lease until it is released or lost. A renewal counts from before it was requested. */
class RenewedLease implements Lease {
  readonly #options: LeaseOptions;
  #confirmedAt: ClockReading;
  #renewing: Promise<boolean> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #released = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#confirmedAt = options.takenAt;
    this.#schedule();
  }

  isHeld(): boolean {
    return !this.#isOver() && this.#confirmedWithin(this.#options.target.times.sendMs);
  }

  renew(): Promise<boolean> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async whyLost(): Promise<PanelsyncError> {
    const { target, lockTakenAt } = this.#options;
    const text = 'select from leases where sync_id = $1 and extract(epoch from taken_at) > $2::numeric';
    const others = await this.#tryQuery(text, [target.syncId, lockTakenAt]);
    return others > 0 ? leaseLost() : stateConnectionLost();
  }

  async release(): Promise<void> {
    this.#released = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    // What was dropped with the session may still be on its way: the next holder waits before it sends.
    if (this.#options.lost.signal.aborted) return;
    const { target, holder } = this.#options;
    const text = 'update leases set holder = null where sync_id = $1 and holder = $2 returning sync_id';
    await this.#tryQuery(text, [target.syncId, holder]);
  }

  /** Runs a statement that may as well fail; it returns how many rows it gave. */
  async #tryQuery(text: string, values: readonly unknown[]): Promise<number> {
    try {
      return (await this.#options.database.query({ text, values, timeoutMs: releaseTimeoutMs })).length;
    } catch {
      return 0;
    }
  }

  /** A statement that fails says nothing about the lease; only when it must have run out is it given up. */
  async #renew(): Promise<boolean> {
    const { database, target, holder, lost } = this.#options;
    while (!this.#isOver()) {
      const askedAt = readClocks();
      try {
        const timeoutMs = Math.min(renewalTimeoutMs, target.times.leaseMs / 3);
        const renewed = await database.query({ ...renewLeaseStatement(target, holder), timeoutMs });
        if (renewed.length === 0) lost.abort();
        else this.#confirmedAt = askedAt;
        return renewed.length > 0 && !this.#isOver();
      } catch {
        if (!this.#confirmedWithin(target.times.leaseMs)) lost.abort();
        else await this.#backOff();
      }
    }
    return false;
  }

  #schedule(): void {
    const renewAndReschedule = async (): Promise<void> => {
      if (await this.renew()) this.#schedule();
    };
    this.#timer = setTimeout(() => void renewAndReschedule(), this.#options.target.times.renewMs);
    this.#timer.unref();
  }

  #backOff(): Promise<void> {
    const { renewMs } = this.#options.target.times;
    return sleep(renewMs / 4);
  }

  #confirmedWithin(durationMs: number): boolean {
    const now = readClocks();
    const wallMs = now.wallMs - this.#confirmedAt.wallMs;
    return now.monotonicMs - this.#confirmedAt.monotonicMs < durationMs && Math.abs(wallMs) < durationMs;
  }

  #isOver(): boolean {
    return this.#released || this.#options.lost.signal.aborted;
  }
}
