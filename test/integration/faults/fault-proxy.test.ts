import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { systemCode } from '../../../src/lib/system-code.ts';
import { startFaultProxy } from '../../helpers/network/fault-proxy.ts';
import type { FaultProxy } from '../../helpers/network/fault-proxy.ts';
import { createDatabase, query } from '../../helpers/postgres/postgres.ts';

describe('the fault proxy', () => {
  let server: Server;
  let proxy: FaultProxy;
  let served = 0;

  beforeEach(async () => {
    served = 0;
    server = createServer((request, response) => {
      served += 1;
      request.resume().on('end', () => response.setHeader('connection', 'close').end('x'.repeat(1000)));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: portOf(server) } });
  });

  afterEach(async () => {
    await proxy.close();
    server.closeAllConnections();
    server.close();
  });

  const get = async (): Promise<string> => (await fetch(`http://127.0.0.1:${proxy.port}/`)).text();

  it('lets everything through while nothing is wrong, slowly or not', async () => {
    expect(await get()).to.have.length(1000);
    proxy.setLatencyMs(5);
    expect(await get()).to.have.length(1000);
  });

  it('refuses connections, and takes them again at the same port', async () => {
    const { port } = proxy;
    await proxy.refuse(true);
    expect(await errorCodeOf(get())).to.equal('ECONNREFUSED');
    await proxy.refuse(false);
    expect(proxy.port).to.equal(port);
    expect(await get()).to.have.length(1000);
  });

  it('cuts a half answer once, after the bytes that it was told', async () => {
    proxy.cutAfterBytes(300, 'to-client');
    const socket = connect(proxy.port, '127.0.0.1').end('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    let bytes = 0;
    for await (const chunk of socket) bytes += Buffer.isBuffer(chunk) ? chunk.length : 0;
    expect(bytes).to.equal(300);
    expect(await get()).to.have.length(1000);
  });

  it('cuts a request before the server has it whole', async () => {
    proxy.cutAfterBytes(10, 'to-target');
    expect(await errorCodeOf(get())).to.be.oneOf(['UND_ERR_SOCKET', 'ECONNRESET']);
    expect(served).to.equal(0);
  });

  it('holds everything back while it is stalled, until it is cut or goes on', async () => {
    proxy.stall(true);
    const first = get();
    while (proxy.connections === 0) await new Promise(setImmediate);
    expect(served).to.equal(0);
    proxy.stall(false);
    expect(await first).to.have.length(1000);
    while (proxy.connections > 0) await new Promise(setImmediate);
    proxy.stall(true);
    const second = errorCodeOf(get());
    while (proxy.connections === 0) await new Promise(setImmediate);
    proxy.cutAll();
    expect(await second).to.equal('ECONNRESET');
  });

  it('cuts a query in Postgres', async () => {
    const database = await createDatabase();
    const url = new URL(database.url);
    const postgres = await startFaultProxy({ target: { host: url.hostname, port: Number(url.port) } });
    url.port = String(postgres.port);
    expect(await query(url.href, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
    const errorCode = errorCodeOf(query(url.href, 'select pg_sleep(60)'));
    const sql = "select 1 from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()";
    while ((await query(database.url, sql)).length === 0) await new Promise(setImmediate);
    postgres.cutAll();
    expect(await errorCode).to.equal('ECONNRESET');
    await postgres.close();
    await database.drop();
  });
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The system's code for the fault, which `fetch` hides in the cause. */
async function errorCodeOf(promise: Promise<unknown>): Promise<string | null> {
  try {
    await promise;
    return null;
  } catch (error) {
    return error instanceof Error && error.cause !== undefined ? systemCode(error.cause) : systemCode(error);
  }
}
