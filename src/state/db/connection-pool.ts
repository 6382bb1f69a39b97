import { Pool } from 'pg';
import type pg from 'pg';
import type { PoolerCheck } from './pooler-check.ts';
import { preparePooled } from './session-settings.ts';
import { addressOf, StateClient } from './state-client.ts';
import { isConnectionError, silenceError, wrapDatabaseError } from './state-errors.ts';

/** How long anything may take that a database is asked; far more than a database that lives needs. */
const defaultTimeoutMs = 10 * 60_000;

const closeTimeoutMs = 3000;
const idleTimeoutMs = 30_000;
const maxConnections = 12;

/**
 * So long one that is in use is waited for before another one is opened: a connection costs both sides some milliseconds
 * of work, and few statements take longer than that.
 */
const defaultOpenAfterMs = 20;

/** pg's pool, each connection lent for one piece of work. */
export class ConnectionPool {
  readonly #connection: pg.ClientConfig;
  readonly #schema: string;
  readonly #poolerCheck: PoolerCheck;
  readonly #openAfterMs: number;
  readonly #busy = new Set<StateClient>();
  readonly #prepared = new WeakSet<pg.PoolClient>();
  /** Who waits for a connection to be released, first come first served. */
  readonly #queue: (() => void)[] = [];
  /** Ends the waits for a connection. */
  readonly #waiting = new Set<(reason: Error) => void>();
  #pool: Pool | null = null;
  #address = addressOf(null);
  #closing = false;

  constructor(connection: pg.ClientConfig, schema: string, poolerCheck: PoolerCheck, openAfterMs = defaultOpenAfterMs) {
    this.#openAfterMs = openAfterMs;
    this.#connection = connection;
    this.#schema = schema;
    this.#poolerCheck = poolerCheck;
  }

  async use<T>(work: (client: StateClient) => Promise<T>, timeoutMs = defaultTimeoutMs): Promise<T> {
    const pooled = await this.#acquire(timeoutMs);
    const client = new StateClient(pooled);
    this.#busy.add(client);
    let isBroken = false;
    try {
      return await this.#withTimeout(client, timeoutMs, work(client));
    } catch (error) {
      isBroken = isConnectionError(error);
      throw error;
    } finally {
      this.#busy.delete(client);
      pooled.release(isBroken);
      this.#queue.shift()?.();
    }
  }

  /** pg's pool would wait for all connections in use, also for those that no server answers any more. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const reject of this.#waiting) reject(Object.assign(new Error('the pool is closed'), { code: 'closed' }));
    for (const client of this.#busy) client.destroy();
    if (this.#pool === null || this.#pool.ending) return;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeTimeoutMs)));
    await Promise.race([this.#pool.end(), timeout]);
    clearTimeout(timer);
  }

  async #acquire(timeoutMs: number): Promise<pg.PoolClient> {
    try {
      const client = await this.#waitForClient(timeoutMs);
      this.#address = addressOf(client);
      return client;
    } catch (error) {
      throw wrapDatabaseError(error, this.#address);
    }
  }

  /** Making a connection has a timeout of its own, which may be longer than the caller can wait. */
  #waitForClient(timeoutMs: number): Promise<pg.PoolClient> {
    const acquiring = this.#connect();
    return new Promise<pg.PoolClient>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(giveUp);
      };
      const giveUp = (reason: Error): void => {
        settle();
        acquiring.then((client) => client.release()).catch(() => undefined);
        reject(reason);
      };
      const timer = setTimeout(() => giveUp(silenceError(timeoutMs)), timeoutMs);
      this.#waiting.add(giveUp);
      acquiring.finally(settle).then(resolve, reject);
    });
  }

  async #connect(): Promise<pg.PoolClient> {
    // Reads the files that the address names.
    this.#pool ??= this.#open();
    const { totalCount, idleCount } = this.#pool;
    if (totalCount > 0 && totalCount < maxConnections && idleCount === 0) await this.#nextRelease();
    const client = await this.#pool.connect();
    if (this.#prepared.has(client)) return client;
    try {
      await preparePooled(client, this.#schema);
      await this.#poolerCheck.require(client);
      this.#prepared.add(client);
      return client;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Resolves after a while also where none is released: then there is need for another one. */
  #nextRelease(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#queue.splice(this.#queue.indexOf(released), 1);
        resolve();
      }, this.#openAfterMs);
      const released = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#queue.push(released);
    });
  }

  #open(): Pool {
    const pool = new Pool({
      ...this.#connection,
      max: maxConnections,
      idleTimeoutMillis: idleTimeoutMs,
    });
    // A connection that breaks while nobody uses it is replaced by the next; one in use fails its statement.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  }

  /** The connection breaks when its time is over: nothing else ends a wait for a server that has fallen silent. */
  async #withTimeout<T>(client: StateClient, timeoutMs: number, work: Promise<T>): Promise<T> {
    let timedOut = false;
    if (this.#closing) client.destroy();
    const timer = setTimeout(() => {
      timedOut = true;
      client.destroy();
    }, timeoutMs);
    try {
      return await work;
    } catch (error) {
      throw timedOut ? wrapDatabaseError(silenceError(timeoutMs), this.#address) : error;
    } finally {
      clearTimeout(timer);
    }
  }
}
