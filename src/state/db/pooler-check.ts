import { Client } from 'pg';
import type pg from 'pg';
import { PanelsyncError } from '../../core/errors.ts';
import { addressOf } from './state-client.ts';

/** How often two connections are compared: a pooler may happen to give each its own server. */
const rounds = 3;

const queryTimeoutMs = 5000;

/**
 * Refuses a connection pooler in transaction mode: locks, temporary tables and settings of a session would end up in
 * other sessions, so two processes could run one sync. A pooler in session mode is fine.
 */
export class PoolerCheck {
  readonly #connection: pg.ClientConfig;
  #passed: Promise<void> | null = null;

  constructor(connection: pg.ClientConfig) {
    this.#connection = connection;
  }

  /** Costs one query, and more only where a pooler is in the way. */
  async require(client: pg.ClientBase): Promise<void> {
    // A server reports the process id of the backend; a pooler makes one up.
    if ((await backendOf(client)) === Reflect.get(client, 'processID')) return;
    this.#passed ??= this.#compareSessions(client).catch((error: unknown) => {
      this.#passed = null;
      throw error;
    });
    await this.#passed;
  }

  /**
   * In session mode each connection keeps a server of its own. Otherwise a connection is served by another one, or
   * both are served by the same, as soon as nothing runs.
   */
  async #compareSessions(first: pg.ClientBase): Promise<void> {
    const second = new Client(this.#connection);
    second.on('error', () => undefined);
    await second.connect();
    try {
      const own = await backendOf(first);
      for (let round = 0; round < rounds; round += 1) {
        const same = await Promise.race([isSameBackend(first, second, own), timeout()]);
        if (same === null) return;
        if (same) throw poolerError(addressOf(second));
      }
    } finally {
      await second.end().catch(() => undefined);
    }
  }
}

/** Asked twice: a pooler that takes its servers in turn gives another one then. */
async function isSameBackend(first: pg.ClientBase, second: pg.ClientBase, own: number): Promise<boolean> {
  const seen = [await backendOf(first), await backendOf(first)];
  return (await backendOf(second)) === own || seen.some((backend) => backend !== own);
}

/** A pooler without a free server in session mode keeps the second connection waiting. */
function timeout(): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), queryTimeoutMs).unref();
  });
}

async function backendOf(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

function poolerError(address: string): PanelsyncError {
  return new PanelsyncError({
    code: 'state_pooler',
    recovery: 'usage',
    message: `The state database at ${address} is behind a connection pooler in transaction mode, where locks and temporary tables do not hold.`,
    hint: 'Point state.url at the database itself, or at a pooler in session mode (pgbouncer: pool_mode = session).',
  });
}
