import { expect } from 'chai';
import { Client } from 'pg';
import { ConnectionPool } from '../../../../src/state/db/connection-pool.ts';
import { PoolerCheck } from '../../../../src/state/db/pooler-check.ts';
import { createDatabase } from '../../../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../../../helpers/postgres/postgres.ts';

const lock = 4711;
const never = 10 * 60_000;

describe('the connections to the state database', () => {
  let created: TestDatabase;
  let pool: ConnectionPool;
  before(async () => (created = await createDatabase()));
  afterEach(() => pool.close());
  after(() => created.drop());

  function openPool(openAfterMs: number): void {
    const connection = { connectionString: created.url };
    pool = new ConnectionPool(connection, 'panelsync', new PoolerCheck(connection), openAfterMs);
  }

  const backend = (): Promise<number | undefined> =>
    pool.use(async (client) => (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid);

  it('are used in turn, first come first served, while none is busy for long', async () => {
    openPool(never);
    const order: number[] = [];
    const pids = await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        const pid = await backend();
        order.push(n);
        return pid;
      }),
    );
    expect(new Set(pids).size).to.equal(1);
    expect(order).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('become more where one is busy for longer than it takes to open another one', async () => {
    openPool(1);
    const holder = new Client({ connectionString: created.url });
    await holder.connect();
    try {
      await holder.query('select pg_advisory_lock($1)', [lock]);
      const waiting = pool.use((client) => client.query('select pg_advisory_lock($1)', [lock]));
      const [one, other] = [await backend(), await backend()];
      expect(one).to.be.a('number').that.equals(other);
      await holder.query('select pg_advisory_unlock($1)', [lock]);
      await waiting;
    } finally {
      await holder.end();
    }
  });

  it('let go who waits for one when they are closed', async () => {
    openPool(never);
    let release = (): void => undefined;
    let held: Promise<void> = Promise.resolve();
    await new Promise<void>((resolve) => {
      held = pool.use(async () => {
        resolve();
        await new Promise<void>((ended) => (release = ended));
      });
    });
    const waiting = backend().then(
      () => 'served',
      () => 'refused',
    );
    const closing = pool.close();
    expect(await waiting).to.equal('refused');
    release();
    await Promise.allSettled([held, closing]);
  });
});
