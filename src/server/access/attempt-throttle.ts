import { sleep } from '../../lib/async/sleep.ts';

/** Wrong tokens that an address may send before it is slowed down. */
const freeAttempts = 5;

const baseDelayMs = 250;
const maxDelayMs = 4000;

/** Requests of one address that may wait for their turn; more are turned away. */
const maxWaiting = 10;

/** An address whose last wrong token is this old starts anew. */
const forgetAfterMs = 5 * 60_000;

const maxAddresses = 10_000;

interface AddressAttempts {
  failures: number;
  lastFailureMs: number;
  waiting: number;
  /** The turn of the last request that waits. */
  turn: Promise<void>;
}

/**
 * Slows down who guesses tokens. After a few wrong ones, requests of the same address are looked at one by one, with a
 * growing delay before each, whether or not their token is right: an immediate answer to the right one would let many
 * guesses be made at once.
 */
export class AttemptThrottle {
  readonly #addresses = new Map<string, AddressAttempts>();

  /** Resolves when the token of a request may be looked at; `false`: too many wait already. */
  async awaitTurn(address: string, signal: AbortSignal): Promise<boolean> {
    const attempts = this.#recent(address);
    if (attempts === null || attempts.failures < freeAttempts) return true;
    if (attempts.waiting >= maxWaiting) return false;
    attempts.waiting += 1;
    const turn = attempts.turn.then(() => sleep(delayMs(attempts.failures), signal));
    attempts.turn = turn;
    await turn;
    attempts.waiting -= 1;
    return true;
  }

  recordFailure(address: string): void {
    const attempts = this.#recent(address) ?? this.#add(address);
    attempts.failures += 1;
    attempts.lastFailureMs = Date.now();
  }

  #recent(address: string): AddressAttempts | null {
    const attempts = this.#addresses.get(address);
    if (attempts === undefined) return null;
    if (attempts.waiting > 0 || Date.now() - attempts.lastFailureMs < forgetAfterMs) return attempts;
    this.#addresses.delete(address);
    return null;
  }

  #add(address: string): AddressAttempts {
    const [oldest] = this.#addresses.keys();
    if (this.#addresses.size >= maxAddresses && oldest !== undefined) this.#addresses.delete(oldest);
    const attempts = { failures: 0, lastFailureMs: 0, waiting: 0, turn: Promise.resolve() };
    this.#addresses.set(address, attempts);
    return attempts;
  }
}

function delayMs(failures: number): number {
  return Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(failures - freeAttempts, 10));
}
