import { expect } from 'chai';
import { openDatabase } from '../../../../src/state/db/database.ts';
import type { Database } from '../../../../src/state/db/database.ts';
import { startFaultProxy } from '../../../helpers/network/fault-proxy.ts';
import type { FaultProxy } from '../../../helpers/network/fault-proxy.ts';
import { errorCodeOf } from '../../../helpers/thrown-error.ts';
import { createDatabase } from '../../../helpers/postgres/postgres.ts';
import type { TestDatabase } from '../../../helpers/postgres/postgres.ts';

const one = { text: 'select 1 as one' };

describe('a state database that says nothing', () => {
  let created: TestDatabase;
  let proxy: FaultProxy;
  let database: Database;
  before(async () => {
    created = await createDatabase();
  });
  beforeEach(async () => {
    const address = new URL(created.url);
    proxy = await startFaultProxy({ target: { host: address.hostname, port: Number(address.port) } });
    address.port = String(proxy.port);
    database = openDatabase(address.href, 'panelsync');
  });
  afterEach(async () => {
    proxy.stall(false);
    await database.close();
    await proxy.close();
  });
  after(() => created.drop());

  it('is waited for as long as a statement is allowed to take, and asked on another connection the next time', async () => {
    await database.query(one);
    proxy.stall(true);
    expect(await errorCodeOf(database.query({ ...one, timeoutMs: 100 }))).to.equal('state_unreachable');
    proxy.stall(false);
    expect(await database.query(one)).to.deep.equal([{ one: 1 }]);
  });

  it('ends a transaction that waits for it', async () => {
    const work = database.transaction(async (client) => {
      proxy.stall(true);
      await client.query('select 1');
    }, 200);
    expect(await errorCodeOf(work)).to.equal('state_unreachable');
  });

  it('is not waited for longer than that when a connection to it is to be made', async () => {
    proxy.stall(true);
    expect(await errorCodeOf(database.query({ ...one, timeoutMs: 100 }))).to.equal('state_unreachable');
  });

  it('does not keep the state from being closed', async () => {
    await database.query(one);
    proxy.stall(true);
    const waiting = errorCodeOf(database.query(one));
    await database.close();
    expect(await waiting).to.equal('state_unreachable');
  });

  it('is told to give up the rows of a process that stands still in a transaction', async () => {
    const shown = await database.query({ text: 'show idle_in_transaction_session_timeout' });
    expect(shown).to.deep.equal([{ idle_in_transaction_session_timeout: '20s' }]);
  });
});
