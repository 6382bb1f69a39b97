import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { maxStreams } from '../../../src/server/events/events.ts';
import type { HttpServer } from '../../../src/server/server.ts';
import { ScriptedApi, startApiServer } from '../../helpers/daemon/scripted-api.ts';
import { http } from '../../helpers/network/http-request.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

const token = 'a-token-that-nobody-may-see';

interface Stream {
  readonly socket: Socket;
  /** What came so far, headers included. */
  text(): string;
}

describe('the events of the server', () => {
  let api: ScriptedApi;
  let server: HttpServer;
  let streams: Stream[];
  beforeEach(async () => {
    api = new ScriptedApi();
    streams = [];
    server = await startApiServer(api, { token });
  });
  afterEach(async () => {
    for (const { socket } of streams) socket.destroy();
    await server.stop();
  });

  function open(headers: Readonly<Record<string, string>> = { authorization: `Bearer ${token}` }): Stream {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /api/events HTTP/1.1\r\n${lines.join('')}\r\n`);
    const stream = { socket, text: () => text };
    streams.push(stream);
    return stream;
  }

  async function openBeside(count: number): Promise<void> {
    for (let opened = 0; opened < count; opened += 1) open();
    await waitUntil(() => streams.every(({ text }) => text().includes('\r\n\r\n')));
  }

  it('are sent as they come, the present state first', async () => {
    const { text } = open();
    await waitUntil(() => text().includes('"panel"'));
    expect(text()).to.match(/^HTTP\/1\.1 200 /);
    expect(text()).to.match(/content-type: text\/event-stream; charset=utf-8/i);
    expect(text()).to.contain('event: syncs\ndata: [{"sync":"panel"}]\n\n');
    for (const listener of api.listeners) listener({ name: 'progress', data: '{"rowsSent":1}' });
    await waitUntil(() => text().includes('event: progress\ndata: {"rowsSent":1}\n\n'));
  });

  it('need a token, and end when the client goes', async () => {
    const refused = open({});
    await once(refused.socket, 'data');
    expect(refused.text()).to.match(/^HTTP\/1\.1 401 /);
    const { socket, text } = open();
    await waitUntil(() => text().includes('syncs'));
    expect(api.listeners.size).to.equal(1);
    socket.destroy();
    await waitUntil(() => api.listeners.size === 0);
  });

  it('are not sent to a client that went while its token waited for its turn', async () => {
    const wrong = { authorization: 'Bearer wrong' };
    for (let count = 0; count < 6; count += 1) await http(`${server.url}/api/syncs`, { headers: wrong });
    const { socket } = open();
    await once(socket, 'connect');
    const answered = http(`${server.url}/api/syncs`, { headers: { authorization: `Bearer ${token}` } });
    socket.destroy();
    expect((await answered).status).to.equal(200);
    expect(api.calls).to.deep.equal([['syncs']]);
  });

  it('answer HEAD without staying open', async () => {
    const headers = { authorization: `Bearer ${token}` };
    expect((await http(`${server.url}/api/events`, { method: 'HEAD', headers })).status).to.equal(200);
    expect(api.listeners.size).to.equal(0);
  });

  it('end when somebody signs out', async () => {
    const page = { origin: server.url, 'content-type': 'application/json' };
    const post = (path: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
      http(`${server.url}${path}`, { method: 'POST', headers: { ...page, ...headers }, body });
    const answer = await post('/api/session', JSON.stringify({ token }));
    const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    const { socket, text } = open({ cookie });
    await waitUntil(() => text().includes('syncs'));
    const ended = once(socket, 'end');
    await post('/api/session/end', '{}', { cookie });
    await ended;
    await waitUntil(() => api.listeners.size === 0);
  });

  it('drop clients that do not read', async () => {
    const { socket, text } = open();
    await waitUntil(() => text().includes('syncs'));
    socket.pause();
    const data = JSON.stringify('x'.repeat(1_000_000));
    await waitUntil(() => {
      for (const listener of api.listeners) listener({ name: 'syncs', data });
      return api.listeners.size === 0;
    });
  });

  it('leave room for everybody else, however many follow them', async () => {
    await openBeside(maxStreams);
    const refused = await http(`${server.url}/api/events`, { headers: { authorization: `Bearer ${token}` } });
    expect([refused.status, refused.text.includes('too_many_streams')]).to.deep.equal([503, true]);
    await openBeside(300);
    expect((await http(`${server.url}/healthz`)).status).to.equal(200);
    expect(api.listeners.size).to.be.within(1, maxStreams);
  });

  it('end when the server stops', async () => {
    await openBeside(3);
    const ended = Promise.all(streams.map(({ socket }) => once(socket, 'end')));
    await server.stop();
    await ended;
  });
});
