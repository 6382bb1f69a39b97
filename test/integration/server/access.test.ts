import { connect } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import { PanelsyncError } from '../../../src/core/errors.ts';
import { createHttpServer } from '../../../src/server/server.ts';
import type { HttpServer } from '../../../src/server/server.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';
import type { HttpOptions, HttpResponse } from '../../helpers/network/http-request.ts';
import { silentLog } from '../../helpers/postgres/postgres.ts';
import { ScriptedApi, startApiServer } from '../../helpers/daemon/scripted-api.ts';
import { thrownError } from '../../helpers/thrown-error.ts';

const token = 'a-token-that-nobody-may-see';
const readToken = 'a-token-that-only-reads';
const trigger = '/api/syncs/panel/runs';
const people = ['/api/runs/17/rejections', '/api/runs/17/skips', '/api/people?email=ada@example.test'];

describe('access to the server', () => {
  let api: ScriptedApi;
  let server: HttpServer;
  afterEach(() => server.stop());

  async function statusOf(path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
    const method = path === trigger ? 'POST' : 'GET';
    return (await http(`${server.url}${path}`, { method, headers })).status;
  }

  function codeOf(answer: HttpResponse): string {
    return parseJson<{ error: { code: string } }>(answer).error.code;
  }

  describe('with a token', () => {
    beforeEach(async () => {
      api = new ScriptedApi();
      server = await startApiServer(api, { token, readToken });
    });

    const everything = [
      '/metrics',
      '/api/syncs',
      '/api/runs',
      '/api/runs/1',
      '/api/runs/latest',
      '/api/audit',
      ...people,
      trigger,
      '/nothing',
    ];

    it('requires it for everything but health', async () => {
      for (const path of everything) expect(await statusOf(path), path).to.equal(401);
      for (const path of ['/healthz', '/readyz']) expect(await statusOf(path), path).to.equal(200);
      expect(api.calls).to.deep.equal([]);
    });

    it('accepts the right one and no other', async () => {
      const wrong = ['', token, `Basic ${token}`, `Bearer ${token}x`, `Bearer ${token.slice(1)}`, 'Bearer', 'Bearer  '];
      for (const authorization of wrong) {
        const answer = await http(`${server.url}/api/syncs`, { headers: { authorization } });
        expect(answer.status, authorization).to.equal(401);
        expect(answer.headers['www-authenticate']).to.equal('Bearer realm="panelsync"');
        expect(answer.text).to.not.contain(token);
      }
      for (const scheme of ['Bearer', 'bearer']) {
        expect(await statusOf('/api/syncs', { authorization: `${scheme} ${token}` })).to.equal(200);
      }
    });

    it('lets the read token look at everything, and operate nothing', async () => {
      const authorization = `Bearer ${readToken}`;
      for (const path of ['/metrics', '/api/syncs', '/api/runs', '/api/runs/1', ...people])
        expect(await statusOf(path, { authorization }), path).to.equal(200);
      const calls = api.calls.length;
      for (const path of ['runs', 'pause', 'resume']) {
        const answer = await http(`${server.url}/api/syncs/panel/${path}`, {
          method: 'POST',
          headers: { authorization },
        });
        expect(answer.status, path).to.equal(403);
        expect(codeOf(answer), path).to.equal('read_only_token');
      }
      expect(api.calls).to.have.length(calls);
    });

    it('turns away an address that guesses many tokens at once, and answers health meanwhile', async () => {
      const guesses = Array.from({ length: 40 }, async (_, at) => {
        const answer = await http(`${server.url}/api/syncs`, { headers: { authorization: `Bearer guess-${at}` } });
        if (answer.status !== 429) throw new Error(String(answer.status));
        return answer;
      });
      const refused = await Promise.any(guesses);
      expect([refused.headers['retry-after'], codeOf(refused)]).to.deep.equal(['5', 'too_many_attempts']);
      expect(await statusOf('/healthz')).to.equal(200);
      await server.stop();
      await Promise.allSettled(guesses);
    });

    it('answers under any name, as behind a proxy', async () => {
      const headers = { authorization: `Bearer ${token}`, host: 'panelsync.example.test' };
      expect(await statusOf('/api/syncs', headers)).to.equal(200);
    });
  });

  describe('without a token', () => {
    beforeEach(async () => {
      api = new ScriptedApi();
      server = await startApiServer(api);
    });

    it('accepts callers that use a loopback name, and no others', async () => {
      for (const host of ['localhost', 'localhost:1', '127.0.0.1', '127.1.2.3:80', '[::1]:8787']) {
        expect(await statusOf('/api/syncs', { host }), host).to.equal(200);
      }
      for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:8787', '10.0.0.1', 'a b']) {
        expect(await statusOf('/api/syncs', { host }), host).to.equal(403);
      }
      expect(await statusOf('/healthz', { host: 'anything' }), 'health').to.equal(200);
    });

    const pages: readonly (readonly [string, HttpOptions['headers'], number])[] = [
      ['another site', { origin: 'https://evil.example' }, 403],
      ['a page without an origin of its own', { origin: 'null' }, 403],
      ['another port of this machine', { origin: 'http://127.0.0.1:1' }, 403],
      ['another site, by its metadata', { 'sec-fetch-site': 'cross-site' }, 403],
      ['a sister site', { 'sec-fetch-site': 'same-site' }, 403],
      ['no page', { 'sec-fetch-site': 'none' }, 202],
    ];
    for (const [what, headers = {}, status] of pages) {
      it(`answers a run asked for by ${what} with ${status}`, async () => {
        expect(await statusOf(trigger, headers)).to.equal(status);
        expect(api.calls.length).to.equal(status === 202 ? 1 : 0);
      });
    }

    it('shows no people to callers without a token', async () => {
      for (const path of people) {
        const answer = await http(`${server.url}${path}`);
        expect(answer.status, path).to.equal(403);
        expect(codeOf(answer), path).to.equal('token_required');
      }
      expect(api.calls).to.deep.equal([]);
    });

    it('accepts runs from a page of its own', async () => {
      expect(await statusOf(trigger, { origin: server.url, 'sec-fetch-site': 'same-origin' })).to.equal(202);
    });
  });

  it('sends every response with security headers, and none that reveals its software', async () => {
    server = await startApiServer(new ScriptedApi(), { token });
    for (const path of ['/healthz', '/api/syncs', '/nothing']) {
      const { headers } = await http(`${server.url}${path}`);
      expect(headers, path).to.include({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'content-type': 'application/json; charset=utf-8',
      });
      expect(headers).to.not.have.any.keys('x-powered-by', 'etag', 'access-control-allow-origin');
    }
  });
});

describe('the server', () => {
  it('does not listen on other addresses than loopback without a token', async () => {
    const server = createHttpServer(
      { host: '0.0.0.0', port: 0, token: null, readToken: null },
      new ScriptedApi(),
      silentLog,
    );
    const error = await thrownError(server.start(new AbortController().signal));
    expect(error).to.be.instanceOf(PanelsyncError).with.property('code', 'server_needs_token');
  });

  it('reports that the port is taken', async () => {
    const first = await startApiServer(new ScriptedApi());
    try {
      const port = Number(new URL(first.url).port);
      const second = createHttpServer(
        { host: '127.0.0.1', port, token: null, readToken: null },
        new ScriptedApi(),
        silentLog,
      );
      const error = await thrownError(second.start(new AbortController().signal));
      expect(error).to.be.instanceOf(PanelsyncError).with.property('code', 'server_listen');
      expect(String(error)).to.contain(`127.0.0.1:${port}: another program listens there already (EADDRINUSE)`);
    } finally {
      await first.stop();
    }
  });

  it('closes with a client that keeps its connection, and with one that says nothing', async () => {
    const server = await startApiServer(new ScriptedApi());
    const { hostname, port } = new URL(server.url);
    const idle = connect(Number(port), hostname);
    const silent = connect(Number(port), hostname);
    await Promise.all([once(idle, 'connect'), once(silent, 'connect')]);
    idle.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    silent.write('GET /healthz HTTP/1.1\r\nHost: localh');
    await once(idle, 'data');
    silent.on('error', () => undefined);
    const ended = Promise.all([once(idle, 'close'), once(silent, 'close')]);
    idle.resume();
    silent.resume();
    await server.stop();
    await ended;
  });
});
