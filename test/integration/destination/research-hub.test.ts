import { expect } from 'chai';
import type { PanelsyncError } from '../../../src/core/errors.ts';
import {
  answer,
  key,
  newStop,
  outcomeOf,
  ScriptedHub,
  settingsFor,
  WatchedHub,
} from '../../helpers/hub/scripted-hub.ts';
import type { Step } from '../../helpers/hub/scripted-hub.ts';

describe('research hub', () => {
  const closers: (() => void | Promise<void>)[] = [];

  async function serve(...script: Step[]): Promise<ScriptedHub> {
    const server = await new ScriptedHub(...script).listen();
    closers.push(() => server.close());
    return server;
  }

  function watch(...args: ConstructorParameters<typeof WatchedHub>): WatchedHub {
    const watched = new WatchedHub(...args);
    closers.push(() => watched.hub.close());
    return watched;
  }

  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  it('sends a batch with key and version, and tells what came of it', async () => {
    const server = await serve(answer(200, { data: [] }, { 'x-request-id': 'r-1' }));
    const delivery = await watch(settingsFor(`${server.url}/`)).send();
    expect(delivery).to.deep.include({
      meaning: { kind: 'accepted', refusals: [] },
      requests: { sent: 1, retried: 0, rateLimited: 0 },
      status: 200,
      requestId: 'r-1',
    });
    const [request] = server.received;
    expect(request).to.deep.include({ method: 'PATCH', url: '/api/participants/batches' });
    expect(request?.headers).to.include({
      accept: 'application/vnd.user-interviews.v2+json',
      'content-type': 'application/json',
      'user-interviews-apikey': key,
    });
    expect(request?.body).to.match(/^\{"participants":\[\{"email":"ada@example\.test",.*\]\}$/);
  });

  it('uses its connections again, and no more of them than it may', async () => {
    const server = await serve(answer(200, {}));
    const watched = watch(settingsFor(server.url));
    for (let i = 0; i < 5; i += 1) await watched.send();
    expect(server.connections).to.equal(1);
    await Promise.all(Array.from({ length: 20 }, () => watched.send()));
    expect(server.connections).to.equal(2);
  });

  it('sends the same body again after each answer that may pass', async () => {
    const server = await serve(answer(500), answer(503), answer(408), answer(429), answer(200, {}));
    const delivery = await watch(settingsFor(server.url, { maxAttempts: 5 })).send();
    expect(delivery.meaning.kind).to.equal('accepted');
    expect(delivery.requests).to.deep.equal({ sent: 5, retried: 4, rateLimited: 1 });
    expect(new Set(server.received.map((request) => request.body)).size).to.equal(1);
  });

  const lasting: readonly [string, readonly Step[], string][] = [
    ['429', [answer(429)], 'not_sent rate_limited'],
    ['429 after a 502', [answer(502), answer(429)], 'unknown rate_limited'],
    ['503', [answer(503)], 'unknown hub_unavailable'],
    ['408', [answer(408)], 'unknown hub_unavailable'],
  ];
  for (const [name, script, outcome] of lasting) {
    it(`gives up on lasting ${name} after all attempts: ${outcome}`, async () => {
      const server = await serve(...script);
      expect(outcomeOf(await watch(settingsFor(server.url)).send())).to.equal(outcome);
      expect(server.received).to.have.length(3);
    });
  }

  it('sends once only with a single attempt', async () => {
    const server = await serve(answer(503));
    expect(outcomeOf(await watch(settingsFor(server.url, { maxAttempts: 1 })).send())).to.contain('unknown');
    expect(server.received).to.have.length(1);
  });

  it('does not claim that nothing was stored when an earlier attempt may have been', async () => {
    const server = await serve(answer(503), answer(401));
    expect(outcomeOf(await watch(settingsFor(server.url)).send())).to.equal('unknown hub_unauthorized');
  });

  for (const status of [400, 401, 403, 404, 413, 422]) {
    it(`does not try again after ${status}, and hides a key that the answer repeats`, async () => {
      const server = await serve(answer(status, { message: `no such key: ${key}` }));
      const delivery = await watch(settingsFor(server.url)).send();
      expect(delivery.status).to.equal(status);
      expect(server.received).to.have.length(1);
    });
  }

  for (const status of [301, 302, 303, 307, 308]) {
    it(`never follows a ${status} with the key`, async () => {
      const other = await serve(answer(200, {}));
      const server = await serve(answer(status, '', { location: other.url }));
      expect(outcomeOf(await watch(settingsFor(server.url)).send())).to.equal('stop hub_redirect');
      expect(other.connections).to.equal(0);
    });
  }

  it('sends nothing through a proxy of the environment', async () => {
    const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NO_PROXY', 'no_proxy'];
    const before = names.map((name) => [name, process.env[name]] as const);
    const proxy = await serve(answer(200, {}));
    const server = await serve(answer(200, {}));
    for (const name of names) process.env[name] = name.toUpperCase() === 'NO_PROXY' ? '' : proxy.url;
    try {
      await watch(settingsFor(server.url)).send();
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    expect([proxy.connections, server.connections]).to.deep.equal([0, 1]);
  });

  describe('when the Hub asks it to wait', () => {
    it('lets every sender wait until somebody stops them', async () => {
      const server = await serve(answer(429, '', { 'retry-after': '200' }));
      const watched = watch(settingsFor(server.url));
      const stop = newStop();
      const sending = watched.send(stop);
      await eventually(() => watched.logged.length === 1);
      let slots = 0;
      const waiting = watched.hub.slot(stop.drain).then(
        () => (slots += 1),
        () => 'stopped',
      );
      stop.drainer.abort();
      expect(outcomeOf(await sending)).to.equal('not_sent canceled');
      expect(await waiting).to.equal('stopped');
      expect([slots, server.received.length]).to.deep.equal([0, 1]);
    });

    it('also when the request that learned of it is not tried again', async () => {
      const server = await serve(answer(503, '', { 'retry-after': '200' }));
      const watched = watch(settingsFor(server.url, { maxAttempts: 1 }));
      await watched.send();
      const stop = newStop();
      const waiting = watched.hub.slot(stop.drain).then(
        () => 'a slot',
        () => 'stopped',
      );
      stop.drainer.abort();
      expect(await waiting).to.equal('stopped');
    });

    const date = 'Fri, 06 Nov 2026 08:50:07 GMT';
    const headers: readonly [string, string][] = [
      ['longer than the cap', '99999'],
      ['until a date', date],
      ['in a way that is garbage', 'soon'],
    ];
    for (const [name, value] of headers) {
      it(`goes on when it asks ${name}`, async () => {
        const server = await serve(answer(429, '', { 'retry-after': value }), answer(200, {}));
        const settings = settingsFor(server.url, { retryAfterCapSeconds: 0.05 });
        const delivery = await watch(settings, { clock: () => Date.parse(date) - 20 }).send();
        expect(delivery.meaning.kind).to.equal('accepted');
        expect(delivery.requests.rateLimited).to.equal(1);
      });
    }
  });

  describe('check', () => {
    const list = { data: [{}], meta: { pagination: { currentPage: 1, totalCount: 1234 } } };
    const never = new AbortController().signal;

    async function refusalOf(server: ScriptedHub): Promise<unknown> {
      return watch(settingsFor(server.url))
        .hub.check(never)
        .then(
          () => null,
          (error: PanelsyncError) => error.code,
        );
    }

    it('reads one page of the list and tells what it found', async () => {
      const server = await serve(answer(503), answer(200, list));
      const sentence = await watch(settingsFor(server.url)).hub.check(never);
      expect(sentence).to.equal(`${server.url} answers; the key is accepted; 1,234 participants`);
      expect(server.received[1]).to.deep.include({
        method: 'GET',
        url: '/api/participants?page[size]=1&page[number]=1',
        body: '',
      });
    });

    it('tries twice at most', async () => {
      const server = await serve(answer(500));
      expect(await refusalOf(server)).to.equal('hub_unavailable');
      expect(server.received).to.have.length(2);
    });

    const faults: readonly [Step, string][] = [
      [answer(401), 'hub_unauthorized'],
      [answer(422, { message: 'page is bad' }), 'hub_refused'],
      [answer(429), 'rate_limited'],
      [answer(200, '<html>'), 'hub_not_json'],
      [answer(200, { ok: true }), 'hub_unexpected_answer'],
      [answer(204), 'hub_unexpected_answer'],
    ];
    for (const [step, code] of faults) {
      it(`fails with ${code}`, async () => {
        expect(await refusalOf(await serve(step))).to.equal(code);
      });
    }

    it('ends with its signal', async () => {
      const aborter = new AbortController();
      const server = await serve(() => aborter.abort());
      const error: unknown = await watch(settingsFor(server.url))
        .hub.check(aborter.signal)
        .catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'canceled');
    });
  });
});

/** Lets the event loop turn until something has happened. */
async function eventually(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setImmediate(resolve));
}
