import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import type { HttpServer } from '../../../src/server/server.ts';
import { ScriptedApi, startApiServer } from '../../helpers/daemon/scripted-api.ts';
import { http } from '../../helpers/network/http-request.ts';

/** More than the server keeps. */
const connectionCount = 260;

describe('a server with more connections than it keeps', () => {
  let server: HttpServer;
  let sockets: Socket[];
  beforeEach(async () => {
    server = await startApiServer(new ScriptedApi());
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  });

  async function open(text: string): Promise<Socket> {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    if (text !== '') socket.write(text);
    return socket.resume();
  }

  const silentClients: Readonly<Record<string, string>> = {
    'that say nothing': '',
    'that stop in the middle of a header': 'GET /api/syncs HTTP/1.1\r\nHost: localh',
    'that stop before the body': 'POST /api/syncs/panel/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n',
    'that keep a connection open after an answer': 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
  };
  for (const [name, text] of Object.entries(silentClients)) {
    it(`answers health and requests beside clients ${name}`, async () => {
      for (let count = 0; count < connectionCount; count += 1) await open(text);
      expect((await http(`${server.url}/healthz`)).status).to.equal(200);
      expect((await http(`${server.url}/api/syncs`)).status).to.equal(200);
    });
  }

  it('keeps the connection of a request that is being answered', async () => {
    const api = new ScriptedApi();
    let answer = (): void => undefined;
    api.syncs = () => new Promise((resolve) => (answer = () => resolve([])));
    await server.stop();
    server = await startApiServer(api);
    const answering = http(`${server.url}/api/syncs`);
    for (let count = 0; count < connectionCount; count += 1) await open('');
    answer();
    expect((await answering).status).to.equal(200);
  });
});
