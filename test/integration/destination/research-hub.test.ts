import { expect } from 'chai';
import type { PanelsyncError } from '../../../src/core/errors.ts';
import {
  respondWith,
  testApiKey,
  newShutdownSignals,
  outcomeOf,
  ScriptedHub,
  destinationSettings,
  RecordedHub,
} from '../../helpers/hub/scripted-hub.ts';
import type { ResponseStep } from '../../helpers/hub/scripted-hub.ts';
import { waitUntil } from '../../helpers/wait-until.ts';
import { thrownError } from '../../helpers/thrown-error.ts';

describe('research hub', () => {
  const closers: (() => void | Promise<void>)[] = [];

  async function startScriptedHub(...script: ResponseStep[]): Promise<ScriptedHub> {
    const server = await new ScriptedHub(...script).listen();
    closers.push(() => server.close());
    return server;
  }

  function openHub(...args: ConstructorParameters<typeof RecordedHub>): RecordedHub {
    const recorded = new RecordedHub(...args);
    closers.push(() => recorded.hub.close());
    return recorded;
  }

  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  it('sends a batch with key and version, and returns its outcome', async () => {
    const server = await startScriptedHub(respondWith(200, { data: [] }, { 'x-request-id': 'r-1' }));
    const delivery = await openHub(destinationSettings(`${server.url}/`)).send();
    expect(delivery).to.deep.include({
      outcome: { kind: 'accepted', refusals: [] },
      requests: { sent: 1, retried: 0, rateLimited: 0 },
      status: 200,
      requestId: 'r-1',
    });
    const [request] = server.received;
    expect(request).to.deep.include({ method: 'PATCH', url: '/api/participants/batches' });
    expect(request?.headers).to.include({
      accept: 'application/vnd.user-interviews.v2+json',
      'content-type': 'application/json',
      'user-interviews-apikey': testApiKey,
    });
    expect(request?.body).to.match(/^\{"participants":\[\{"email":"ada@example\.test",.*\]\}$/);
  });

  it('uses its connections again, and no more of them than it may', async () => {
    const server = await startScriptedHub(respondWith(200, {}));
    const recorded = openHub(destinationSettings(server.url));
    for (let i = 0; i < 5; i += 1) await recorded.send();
    expect(server.connections).to.equal(1);
    await Promise.all(Array.from({ length: 20 }, () => recorded.send()));
    expect(server.connections).to.equal(2);
  });

  it('sends the same body again after each retryable response', async () => {
    const server = await startScriptedHub(
      respondWith(500),
      respondWith(503),
      respondWith(408),
      respondWith(429),
      respondWith(200, {}),
    );
    const delivery = await openHub(destinationSettings(server.url, { maxAttempts: 5 })).send();
    expect(delivery.outcome.kind).to.equal('accepted');
    expect(delivery.requests).to.deep.equal({ sent: 5, retried: 4, rateLimited: 1 });
    expect(new Set(server.received.map((request) => request.body)).size).to.equal(1);
  });

  const lasting: readonly [string, readonly ResponseStep[], string][] = [
    ['429', [respondWith(429)], 'not_sent rate_limited'],
    ['429 after a 502', [respondWith(502), respondWith(429)], 'unknown rate_limited'],
    ['503', [respondWith(503)], 'unknown hub_unavailable'],
    ['408', [respondWith(408)], 'unknown hub_unavailable'],
  ];
  for (const [name, script, outcome] of lasting) {
    it(`gives up on lasting ${name} after all attempts: ${outcome}`, async () => {
      const server = await startScriptedHub(...script);
      expect(outcomeOf(await openHub(destinationSettings(server.url)).send())).to.equal(outcome);
      expect(server.received).to.have.length(3);
    });
  }

  it('sends once only with a single attempt', async () => {
    const server = await startScriptedHub(respondWith(503));
    expect(outcomeOf(await openHub(destinationSettings(server.url, { maxAttempts: 1 })).send())).to.contain('unknown');
    expect(server.received).to.have.length(1);
  });

  it('does not claim that nothing was stored when an earlier attempt may have been', async () => {
    const server = await startScriptedHub(respondWith(503), respondWith(401));
    expect(outcomeOf(await openHub(destinationSettings(server.url)).send())).to.equal('unknown hub_unauthorized');
  });

  for (const status of [400, 401, 403, 404, 413, 422]) {
    it(`does not try again after ${status}, and hides a key that the answer repeats`, async () => {
      const server = await startScriptedHub(respondWith(status, { message: `no such key: ${testApiKey}` }));
      const delivery = await openHub(destinationSettings(server.url)).send();
      expect(delivery.status).to.equal(status);
      expect(server.received).to.have.length(1);
    });
  }

  for (const status of [301, 302, 303, 307, 308]) {
    it(`never follows a ${status} with the key`, async () => {
      const other = await startScriptedHub(respondWith(200, {}));
      const server = await startScriptedHub(respondWith(status, '', { location: other.url }));
      expect(outcomeOf(await openHub(destinationSettings(server.url)).send())).to.equal('stop hub_redirect');
      expect(other.connections).to.equal(0);
    });
  }

  it('sends nothing through a proxy of the environment', async () => {
    const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NO_PROXY', 'no_proxy'];
    const before = names.map((name) => [name, process.env[name]] as const);
    const proxy = await startScriptedHub(respondWith(200, {}));
    const server = await startScriptedHub(respondWith(200, {}));
    for (const name of names) process.env[name] = name.toUpperCase() === 'NO_PROXY' ? '' : proxy.url;
    try {
      await openHub(destinationSettings(server.url)).send();
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
      const server = await startScriptedHub(respondWith(429, '', { 'retry-after': '200' }));
      const recorded = openHub(destinationSettings(server.url));
      const stop = newShutdownSignals();
      const sending = recorded.send(stop);
      await waitUntil(() => recorded.logged.length === 1);
      let permits = 0;
      const waiting = recorded.hub.acquire(stop.drain).then(
        () => (permits += 1),
        () => 'stopped',
      );
      stop.drainer.abort();
      expect(outcomeOf(await sending)).to.equal('not_sent canceled');
      expect(await waiting).to.equal('stopped');
      expect([permits, server.received.length]).to.deep.equal([0, 1]);
    });

    it('also when the request that learned of it is not tried again', async () => {
      const server = await startScriptedHub(respondWith(503, '', { 'retry-after': '200' }));
      const recorded = openHub(destinationSettings(server.url, { maxAttempts: 1 }));
      await recorded.send();
      const stop = newShutdownSignals();
      const waiting = recorded.hub.acquire(stop.drain).then(
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
        const server = await startScriptedHub(respondWith(429, '', { 'retry-after': value }), respondWith(200, {}));
        const settings = destinationSettings(server.url, { retryAfterCapSeconds: 0.05 });
        const delivery = await openHub(settings, { clock: () => Date.parse(date) - 20 }).send();
        expect(delivery.outcome.kind).to.equal('accepted');
        expect(delivery.requests.rateLimited).to.equal(1);
      });
    }
  });

  describe('check', () => {
    const list = { data: [{}], meta: { pagination: { currentPage: 1, totalCount: 1234 } } };
    const neverAborted = new AbortController().signal;

    async function checkErrorCode(server: ScriptedHub): Promise<unknown> {
      return openHub(destinationSettings(server.url))
        .hub.check(neverAborted)
        .then(
          () => null,
          (error: PanelsyncError) => error.code,
        );
    }

    it('reads one page of the list and describes it', async () => {
      const server = await startScriptedHub(respondWith(503), respondWith(200, list));
      const sentence = await openHub(destinationSettings(server.url)).hub.check(neverAborted);
      expect(sentence).to.equal(`${server.url} answers; the key is accepted; 1,234 participants`);
      expect(server.received[1]).to.deep.include({
        method: 'GET',
        url: '/api/participants?page[size]=1&page[number]=1',
        body: '',
      });
    });

    it('tries twice at most', async () => {
      const server = await startScriptedHub(respondWith(500));
      expect(await checkErrorCode(server)).to.equal('hub_unavailable');
      expect(server.received).to.have.length(2);
    });

    const failures: readonly [ResponseStep, string][] = [
      [respondWith(401), 'hub_unauthorized'],
      [respondWith(422, { message: 'page is bad' }), 'hub_refused'],
      [respondWith(429), 'rate_limited'],
      [respondWith(200, '<html>'), 'hub_not_json'],
      [respondWith(200, { ok: true }), 'hub_unexpected_answer'],
      [respondWith(204), 'hub_unexpected_answer'],
    ];
    for (const [step, code] of failures) {
      it(`fails with ${code}`, async () => {
        expect(await checkErrorCode(await startScriptedHub(step))).to.equal(code);
      });
    }

    it('ends with its signal', async () => {
      const aborter = new AbortController();
      const server = await startScriptedHub(() => aborter.abort());
      const error = await thrownError(openHub(destinationSettings(server.url)).hub.check(aborter.signal));
      expect(error).to.have.property('code', 'canceled');
    });
  });
});
