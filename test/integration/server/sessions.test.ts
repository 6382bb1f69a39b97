import { expect } from 'chai';
import type { HttpServer } from '../../../src/server/server.ts';
import { ScriptedApi, startApiServer } from '../../helpers/daemon/scripted-api.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';
import type { HttpResponse } from '../../helpers/network/http-request.ts';

const token = 'a-token-that-nobody-may-see';
const readToken = 'a-token-that-only-reads';
const rejections = '/api/runs/17/rejections';

interface SessionDocument {
  readonly access: string;
  readonly people: string;
  readonly expiresAt: string | null;
}

describe('a session', () => {
  let api: ScriptedApi;
  let server: HttpServer;
  beforeEach(async () => {
    api = new ScriptedApi();
    api.people = [{ email: 'ada@example.test', key: 'ada@example.test' }];
    server = await startApiServer(api, { token, readToken });
  });
  afterEach(() => server.stop());

  /** As the page does it. */
  function post(
    path: string,
    body: object,
    headers: Readonly<Record<string, string>> = {},
    origin = server.url,
  ): Promise<HttpResponse> {
    const page = { origin, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };
    return http(`${server.url}${path}`, {
      method: 'POST',
      headers: { ...page, ...headers },
      body: JSON.stringify(body),
    });
  }

  const get = (path: string, headers: Readonly<Record<string, string>>) => http(`${server.url}${path}`, { headers });

  async function signIn(presented = token): Promise<string> {
    return cookieOf(await post('/api/session', { token: presented }));
  }

  const codeOf = (answer: HttpResponse): string => parseJson<{ error: { code: string } }>(answer).error.code;

  it('starts with the right token, and does what that token may', async () => {
    const strangers = await get('/api/session', {});
    expect(parseJson(strangers)).to.deep.equal({
      access: 'none',
      tokenRequired: true,
      people: 'hidden',
      expiresAt: null,
      version: null,
      hubAddress: null,
    });
    for (const [presented, access, triggered] of [
      [token, 'operate', 202],
      [readToken, 'read', 403],
    ] as const) {
      const answer = await post('/api/session', { token: presented });
      expect(parseJson<SessionDocument>(answer)).to.include({ access, people: 'masked', version: '1.2.3' });
      expect(Date.parse(parseJson<SessionDocument>(answer).expiresAt ?? '')).to.be.greaterThan(Date.now());
      const cookie = cookieOf(answer);
      expect((await get('/api/syncs', { cookie })).status).to.equal(200);
      expect((await post('/api/syncs/panel/runs', {}, { cookie })).status).to.equal(triggered);
      expect(parseJson<SessionDocument>(await get('/api/session', { cookie }))).to.include({ access });
    }
  });

  it('does not start with a wrong one, and slows down who tries many', async () => {
    const wrong = await post('/api/session', { token: 'wrong' });
    expect([wrong.status, wrong.headers['set-cookie']]).to.deep.equal([401, undefined]);
    const guesses = Array.from({ length: 40 }, async (_, at) => {
      const answer = await post('/api/session', { token: `guess-${at}` });
      if (answer.status !== 429) throw new Error(String(answer.status));
    });
    await Promise.any(guesses);
    await server.stop();
    await Promise.allSettled(guesses);
  });

  it('is not slowed down by those who guess tokens from the same address', async () => {
    const cookie = await signIn();
    const guesses = Array.from({ length: 12 }, () => post('/api/session', { token: 'wrong' }));
    await Promise.race(guesses);
    expect((await get('/api/syncs', { cookie })).status).to.equal(200);
    await server.stop();
    await Promise.allSettled(guesses);
  });

  it('has a cookie that no script reads and no other site sends, secure behind TLS', async () => {
    const { port } = new URL(server.url);
    const [plain = ''] = (await post('/api/session', { token })).headers['set-cookie'] ?? [];
    expect(plain).to.match(new RegExp(`^panelsync-${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`));
    const host = 'panelsync.example.test';
    const secure = await post('/api/session', { token }, { host }, `https://${host}`);
    const [behindTls = ''] = secure.headers['set-cookie'] ?? [];
    expect(behindTls).to.match(
      new RegExp(`^__Host-panelsync-${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Secure$`),
    );
    expect((await get('/api/syncs', { cookie: behindTls.split(';')[0] ?? '', host })).status).to.equal(200);
  });

  it('always has an id of its own: one that somebody planted opens nothing, and signing in ends the one before', async () => {
    const { port } = new URL(server.url);
    const planted = `panelsync-${port}=${'A'.repeat(43)}`;
    const cookie = cookieOf(await post('/api/session', { token }, { cookie: planted }));
    expect(cookie).to.not.equal(planted);
    expect((await get('/api/syncs', { cookie: planted })).status).to.equal(401);
    expect((await get('/api/syncs', { cookie: `${planted}; ${cookie}` })).status, 'beside a planted one').to.equal(200);
    const second = cookieOf(await post('/api/session', { token }, { cookie }));
    expect((await get('/api/syncs', { cookie })).status).to.equal(401);
    expect((await get('/api/syncs', { cookie: second })).status).to.equal(200);
  });

  it('ends on the server when somebody signs out', async () => {
    const cookie = await signIn();
    const answer = await post('/api/session/end', {}, { cookie });
    expect([answer.status, parseJson<SessionDocument>(answer).access]).to.deep.equal([200, 'none']);
    expect(answer.headers['set-cookie']?.[0]).to.contain('Max-Age=0');
    const after = await get('/api/syncs', { cookie });
    expect([after.status, after.text.includes('The session has ended.')]).to.deep.equal([401, true]);
  });

  const foreign: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'a page of another site': { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    'another port of this host': { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' },
    'a page without an origin of its own': { origin: 'null' },
    'a browser that does not say': { origin: '', 'sec-fetch-site': 'none' },
    'another origin that claims to be the same': { origin: 'https://evil.example' },
  };
  for (const [name, headers] of Object.entries(foreign)) {
    it(`changes nothing for ${name}`, async () => {
      const cookie = await signIn();
      for (const path of ['/api/syncs/panel/runs', '/api/session/people', '/api/session/end'])
        expect((await post(path, {}, { cookie, ...headers })).status, path).to.equal(403);
      expect(api.calls).to.deep.equal([]);
      expect((await get('/api/syncs', { cookie })).status, 'it is still open').to.equal(200);
    });
  }

  it('neither starts for a page elsewhere, nor reads for one', async () => {
    const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await post('/api/session', { token }, elsewhere)).status).to.equal(403);
    const cookie = await signIn();
    for (const site of ['cross-site', 'same-site'])
      expect((await get('/api/syncs', { cookie, 'sec-fetch-site': site })).status).to.equal(403);
    for (const site of ['same-origin', 'none'])
      expect((await get('/api/syncs', { cookie, 'sec-fetch-site': site })).status).to.equal(200);
  });

  it('sends JSON, which no form can, whatever the body says', async () => {
    const cookie = await signIn();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '']) {
      const answer = await post('/api/syncs/panel/pause', { by: 'me' }, { cookie, 'content-type': type });
      expect([answer.status, codeOf(answer)], type).to.deep.equal([415, 'not_json']);
    }
    expect(api.calls).to.deep.equal([]);
  });

  it('masks people until somebody who may operate asks, and puts that on record first', async () => {
    const cookie = await signIn();
    const masked = { email: 'a•••@e•••.test', key: 'a•••@e•••.test' };
    const itemsOf = (answer: HttpResponse): unknown => parseJson<{ items: unknown }>(answer).items;
    expect(itemsOf(await get(rejections, { cookie }))).to.deep.equal([masked]);
    api.failure = new Error('the state database is gone');
    expect((await post('/api/session/people', { reason: 'a call' }, { cookie })).status).to.equal(500);
    expect(parseJson<SessionDocument>(await get('/api/session', { cookie })).people).to.equal('masked');
    api.failure = null;
    const shown = await post('/api/session/people', { reason: 'a call' }, { cookie });
    expect(parseJson<SessionDocument>(shown).people).to.equal('shown');
    expect(api.calls.at(-1)).to.deep.equal(['recordShowPeople', { by: 'page', reason: 'a call' }]);
    expect(itemsOf(await get(rejections, { cookie }))).to.deep.equal(api.people);
    expect(itemsOf(await get(rejections, { cookie: await signIn() })), 'another session').to.deep.equal([masked]);
    const hidden = await post('/api/session/people', { hide: true }, { cookie });
    expect(parseJson<SessionDocument>(hidden).people).to.equal('masked');
    expect(itemsOf(await get(rejections, { cookie }))).to.deep.equal([masked]);
  });

  it('of the read token never shows people, and neither does that token', async () => {
    const cookie = await signIn(readToken);
    const refused = await post('/api/session/people', {}, { cookie });
    expect([refused.status, codeOf(refused)]).to.deep.equal([403, 'read_only_token']);
    for (const headers of [{ cookie }, { authorization: `Bearer ${readToken}` }])
      expect((await get(rejections, headers)).text).to.not.contain('ada@');
    const bearer = { authorization: `Bearer ${token}` };
    expect((await get(rejections, bearer)).text, 'a program that operates').to.contain('ada@example.test');
    expect(codeOf(await post('/api/session/people', {}, bearer))).to.equal('no_session');
  });

  it('pages through masked lists with cursors that show nobody', async () => {
    const cookie = await signIn();
    const first = parseJson<{ nextCursor: string }>(await get(rejections, { cookie }));
    expect(Buffer.from(first.nextCursor, 'base64url').toString()).to.not.contain('ada');
    const second = await get(`${rejections}?cursor=${first.nextCursor}&limit=5`, { cookie });
    expect(second.status).to.equal(200);
    expect(api.calls.at(-1)).to.have.nested.property('[2].limit', 5);
    expect(api.calls.at(-1)).to.have.nested.property('[2].after', 'ada');
    const broken = await get(`${rejections}?cursor=${first.nextCursor.slice(0, -3)}`, { cookie });
    expect(broken.status).to.equal(400);
  });

  it('is not opened by a huge cookie, a thousand cookies or one of another form', async () => {
    const { port } = new URL(server.url);
    const name = `panelsync-${port}`;
    const odd = [
      `${name}=`,
      `${name}=${'A'.repeat(44)}`,
      `${name}="${'A'.repeat(43)}"`,
      `${name}=${'%41'.repeat(14)}A`,
      Array.from({ length: 250 }, () => `${name}=${'A'.repeat(43)}`).join('; '),
      '=;;=',
      `__proto__=${'A'.repeat(43)}`,
    ];
    for (const cookie of odd) expect((await get('/api/syncs', { cookie })).status, cookie).to.equal(401);
    expect((await get('/api/syncs', { cookie: `${name}=${'A'.repeat(20_000)}` })).status).to.equal(431);
  });

  it('ends with the process: the next one asks to sign in again', async () => {
    const cookie = await signIn();
    const { port } = new URL(server.url);
    await server.stop();
    server = await startApiServer(api, { token, readToken, port: Number(port) });
    expect((await get('/api/syncs', { cookie })).status).to.equal(401);
  });
});

it('without tokens there is no session, and the page knows', async () => {
  const server = await startApiServer(new ScriptedApi());
  try {
    expect(parseJson(await http(`${server.url}/api/session`))).to.deep.equal({
      access: 'operate',
      tokenRequired: false,
      people: 'hidden',
      expiresAt: null,
      version: '1.2.3',
      hubAddress: 'https://hub.example.test/api',
    });
    const rebound = await http(`${server.url}/api/session`, { headers: { host: 'evil.example' } });
    expect(rebound.status).to.equal(403);
    const headers = { 'content-type': 'application/json' };
    const answer = await http(`${server.url}/api/session`, { method: 'POST', headers, body: '{"token":"x"}' });
    expect([answer.status, answer.headers['set-cookie']]).to.deep.equal([400, undefined]);
  } finally {
    await server.stop();
  }
});

function cookieOf(answer: HttpResponse): string {
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}
