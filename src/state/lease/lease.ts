import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { PanelsyncError } from '../../core/errors.ts';
import { lockLost, stateLost } from '../../core/lost-errors.ts';
import type { Hold } from '../../core/ports/ports.ts';
import type { Database } from '../db/database.ts';
import { renewal, takeLock } from './lock.ts';
import type { LockTarget } from './lock.ts';

/** The lease of a lock that was taken: renewed for as long as it is held. */
export interface Lease extends Hold {
  /** Why the session was lost: somebody else's doing, or the database's. */
  whyLost(): Promise<PanelsyncError>;
  /** Lets go in good order, so that the next holder need not wait. */
  release(): Promise<void>;
}

/** How long a renewal may take; a slow database is waited for, a silent one is asked again on another connection. */
const renewalTimeoutMs = 10_000;
const farewellTimeoutMs = 3000;

/** What one moment is by both clocks: the monotonic one stands still while a virtual machine is suspended. */
interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

function momentNow(): Moment {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

interface LeaseParts {
  readonly database: Database;
  readonly target: LockTarget;
  readonly holder: string;
  /** Before the lock was asked for. */
  readonly takenAt: Moment;
  /** Aborted here when the lease is lost, and elsewhere when the connection with the lock is. */
  readonly lost: AbortController;
}

/** Takes the lock of a sync for a connection and keeps it; `quietMs` is how long nothing may be sent yet. */
export async function openLease(
  client: pg.Client,
  parts: Pick<LeaseParts, 'database' | 'target' | 'lost'>,
): Promise<{ readonly lease: Lease; readonly quietMs: number }> {
  const takenAt = momentNow();
  const { holder, quietMs } = await takeLock(client, parts.target);
  return { lease: new KeptLease({ ...parts, holder, takenAt }), quietMs };
}

/** Of a session without a lock, which sends nothing. */
export const noLease: Lease = {
  held: () => false,
  renew: () => Promise.resolve(false),
  whyLost: () => Promise.resolve(stateLost()),
  release: () => Promise.resolve(),
};

/** Renews the lease until it is released or lost. What is known to be proven counts from before it was asked for. */
class KeptLease implements Lease {
  readonly #parts: LeaseParts;
  #proven: Moment;
  #renewing: Promise<boolean> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #released = false;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.#proven = parts.takenAt;
    this.#schedule();
  }

  held(): boolean {
    return !this.#over() && this.#provenWithin(this.#parts.target.times.sendMs);
  }

  renew(): Promise<boolean> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async whyLost(): Promise<PanelsyncError> {
    const others = await this.#farewell('select from leases where sync_id = $1 and holder is distinct from $2');
    return others > 0 ? lockLost() : stateLost();
  }

  async release(): Promise<void> {
    this.#released = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    // What was dropped with the session may still be on its way: the next holder keeps quiet for a while.
    if (this.#parts.lost.signal.aborted) return;
    await this.#farewell('update leases set holder = null where sync_id = $1 and holder = $2 returning sync_id');
  }

  /** Runs a statement that may as well fail; it returns how many rows it gave. */
  async #farewell(text: string): Promise<number> {
    const { database, target, holder } = this.#parts;
    try {
      const values = [target.syncId, holder];
      return (await database.rows({ text, values, timeoutMs: farewellTimeoutMs })).length;
    } catch {
      return 0;
    }
  }

  /** A statement that fails says nothing about the lease; only when it must have run out is it given up. */
  async #renew(): Promise<boolean> {
    const { database, target, holder, lost } = this.#parts;
    while (!this.#over()) {
      const asked = momentNow();
      try {
        const timeoutMs = Math.min(renewalTimeoutMs, target.times.leaseMs / 3);
        const renewed = await database.rows({ ...renewal(target, holder), timeoutMs });
        if (renewed.length === 0) lost.abort();
        else this.#proven = asked;
        return renewed.length > 0 && !this.#over();
      } catch {
        if (!this.#provenWithin(target.times.leaseMs)) lost.abort();
        else await this.#pause();
      }
    }
    return false;
  }

  #schedule(): void {
    const keep = async (): Promise<void> => {
      if (await this.renew()) this.#schedule();
    };
    this.#timer = setTimeout(() => void keep(), this.#parts.target.times.renewMs);
    this.#timer.unref();
  }

  #pause(): Promise<void> {
    const { renewMs } = this.#parts.target.times;
    return sleep(renewMs / 4);
  }

  #provenWithin(durationMs: number): boolean {
    const now = momentNow();
    const wallMs = now.wallMs - this.#proven.wallMs;
    return now.monotonicMs - this.#proven.monotonicMs < durationMs && Math.abs(wallMs) < durationMs;
  }

  #over(): boolean {
    return this.#released || this.#parts.lost.signal.aborted;
  }
}
