import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { exitCodeForReport } from '../../../src/commands/command.ts';
import type { DestinationSettings } from '../../../src/core/settings.ts';
import type { Fault } from '../../../src/simulator/faults/faults.ts';
import { startFaultProxy } from '../../helpers/network/fault-proxy.ts';
import { defaultSync } from '../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { respondWith, ScriptedHub } from '../../helpers/hub/scripted-hub.ts';
import type { ResponseStep } from '../../helpers/hub/scripted-hub.ts';

const people = 60;
const batchSize = 5;

/** Nothing to ask a scripted Hub about. */
const sync = { mapping: { ...defaultSync.mapping, characteristics: {} } };

describe('a Hub under fire', () => {
  let panel: TestPanel;
  let server: ScriptedHub | null = null;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.sql(`insert into people (email, city) select 'p' || n || '@example.test', 'Rome'
      from generate_series(1, ${people}) n`);
  });
  afterEach(async () => {
    await server?.close();
    server = null;
  });
  after(() => panel.close());

  /** A Hub beside the panel's own that always does the same. */
  async function startScriptedHub(step: ResponseStep): Promise<ScriptedHub> {
    server = await new ScriptedHub(step).listen();
    return server;
  }

  async function states(): Promise<readonly string[]> {
    const rows = await panel.sql<{ state: string }>('select distinct state from panelsync.batches order by state');
    return rows.map(({ state }) => state);
  }

  async function expectNoRejections(): Promise<void> {
    expect(await (await panel.records()).rejections('panel', null)).to.deep.equal([]);
  }

  async function expectSnapshotMatchesHub(): Promise<void> {
    expect(panel.hub.people.size).to.equal(people);
    expect(await panel.snapshot()).to.deep.equal(panel.people());
    await expectNoRejections();
  }

  describe('that stops a run at once', () => {
    const elsewhere = 'http://127.0.0.1:1/elsewhere';
    const stored = { unchanged: people };
    const notStored = { inserted: people };
    const cases: readonly (readonly [string, Fault, string, string, object])[] = [
      ['401', { kind: 'status', status: 401 }, 'hub_unauthorized', 'not_sent', notStored],
      ['403', { kind: 'status', status: 403 }, 'hub_forbidden', 'not_sent', notStored],
      ['a redirect', { kind: 'redirect', location: elsewhere, status: 307 }, 'hub_redirect', 'not_sent', notStored],
      ['a limit to the last', { kind: 'limit', retryAfter: 'none' }, 'rate_limited', 'not_sent', notStored],
      ['a page of HTML', { kind: 'html' }, 'hub_not_json', 'unknown', stored],
      ['a page of HTML after storing', { kind: 'html', when: 'after' }, 'hub_not_json', 'unknown', stored],
      ['half a JSON', { kind: 'not_json', when: 'after' }, 'hub_not_json', 'unknown', stored],
      ['an answer without end', { kind: 'endless', when: 'after' }, 'hub_answer_too_large', 'unknown', stored],
      ['a gzip bomb', { kind: 'gzip_bomb', when: 'after' }, 'hub_answer_too_large', 'unknown', stored],
    ];
    for (const [what, fault, code, state, next] of cases) {
      it(`by ${what}: one request, nobody marked, and the next run puts it right`, async () => {
        panel.hub.setFaults({ ...fault, times: 100 });
        const report = await panel.run({ destination: { maxAttempts: 1, concurrency: 3 } });
        expect([report.status, report.error?.code, exitCodeForReport(report)]).to.deep.equal(['failed', code, 1]);
        expect(nonZeroRows(report)).to.deep.equal({ read: people, unsent: people });
        expect([panel.newRequests(), report.requests.sent, await states()]).to.deep.equal([1, 1, [state]]);
        expect(await panel.snapshot()).to.deep.equal({});
        await expectNoRejections();
        panel.hub.setFaults();
        expect(nonZeroRows(await panel.run())).to.deep.equal({ read: people, ...next });
        await expectSnapshotMatchesHub();
      });
    }

    it('by errors that point at no row of a success: what became of the batch is unknown', async () => {
      const { url: baseUrl, received } = await startScriptedHub(
        respondWith(200, { errors: [{ detail: 'something is wrong' }] }),
      );
      const report = await panel.run({ sync, destination: { baseUrl } });
      expect([report.status, report.error?.code]).to.deep.equal(['failed', 'hub_answer_unclear']);
      expect([received.length, await states()]).to.deep.equal([1, ['unknown']]);
      await panel.run();
      await expectSnapshotMatchesHub();
    });

    it('by a key that is revoked in the middle: what was accepted stays, each sender asks once, the rest comes later', async () => {
      panel.hub.setFaults({ kind: 'status', status: 401, after: 4, times: 100 });
      const report = await panel.run({ destination: { batchSize, concurrency: 3 } });
      expect([report.status, report.error?.code]).to.deep.equal(['failed', 'hub_unauthorized']);
      const sent = 4 * batchSize;
      expect(nonZeroRows(report)).to.deep.equal({ read: people, inserted: sent, unsent: people - sent });
      expect(panel.newRequests()).to.be.within(5, 4 + 3);
      panel.hub.setFaults();
      expect(nonZeroRows(await panel.run())).to.deep.equal({ read: people, unchanged: sent, inserted: people - sent });
      await expectSnapshotMatchesHub();
      expect(panel.hub.counters.repeated).to.equal(0);
    });

    it('by faults that last: every sender gives up after its attempts', async () => {
      panel.hub.setFaults({ kind: 'status', status: 503, when: 'after', after: 1, times: 100 });
      const report = await panel.run({ destination: { batchSize, concurrency: 3, maxAttempts: 2 } });
      expect([report.status, report.error?.code]).to.deep.equal(['failed', 'hub_unavailable']);
      expect(nonZeroRows(report)).to.deep.equal({ read: people, inserted: batchSize, unsent: people - batchSize });
      expect(panel.newRequests()).to.be.within(3, 1 + 3 * 2);
      panel.hub.setFaults();
      const next = await panel.run();
      expect([next.status, next.rows.unsent]).to.deep.equal(['succeeded', 0]);
      await expectSnapshotMatchesHub();
    });
  });

  describe('that asks for a pause', () => {
    const pauseMs = 3000;
    const forms: readonly (readonly [string, () => string])[] = [
      ['in seconds', () => String(pauseMs / 1000)],
      // A date knows whole seconds only, so this is a pause of one to two of them.
      ['as a date', () => new Date(Date.now() + 2 * pauseMs).toUTCString()],
    ];
    for (const [form, header] of forms) {
      it(`${form}, longer than the time-out, is left alone by all senders until it is over`, async () => {
        const senders = 3;
        const waiting: ServerResponse[] = [];
        let pausedUntilMs = Number.POSITIVE_INFINITY;
        let requestCount = 0;
        let earlyRequests = 0;
        // Takes one batch from each sender; then one is turned away, and only later the others get their answers.
        const step: ResponseStep = (response) => {
          requestCount += 1;
          if (requestCount > 1 + senders && performance.now() < pausedUntilMs) earlyRequests += 1;
          if (requestCount === 1 || requestCount > 1 + senders) response.end('{}');
          else if (waiting.push(response) === senders) rateLimitFirst();
        };
        const rateLimitFirst = (): void => {
          const [first, ...others] = waiting;
          first?.writeHead(429, { 'retry-after': header() }).end();
          pausedUntilMs = performance.now() + pauseMs - 1;
          setTimeout(() => others.forEach((response) => response.end('{}')), 50);
        };
        const { url: baseUrl } = await startScriptedHub(step);
        const destination = { batchSize, concurrency: senders, baseUrl, timeoutMs: 2000 };
        const report = await panel.run({ sync, destination });
        expect(nonZeroRows(report)).to.deep.equal({ read: people, inserted: people });
        const sent = people / batchSize + 1;
        expect(report.requests).to.deep.equal({ sent, retried: 1, rateLimited: 1, split: 0 });
        expect([earlyRequests, requestCount]).to.deep.equal([0, sent]);
        expect([report.status, exitCodeForReport(report)]).to.deep.equal(['succeeded', 0]);
      });
    }

    it('again and again is given what it asks for, and nobody is lost or sent twice', async () => {
      panel.hub.setFaults(
        { kind: 'limit', retryAfter: 'none', times: 4 },
        { kind: 'limit', retryAfter: 'none', after: 8, times: 3 },
      );
      const report = await panel.run({ destination: { batchSize, concurrency: 4, maxAttempts: 8 } });
      expect([report.status, report.requests.rateLimited]).to.deep.equal(['succeeded', 7]);
      expect(panel.hub.counters.repeated).to.equal(0);
      await expectSnapshotMatchesHub();
    });
  });

  describe('that takes no large bodies', () => {
    it('gets halves until they are small enough, and nobody is marked', async () => {
      panel.hub.setOptions({ maxBodyBytes: 600 });
      const report = await panel.run();
      expect([report.status, nonZeroRows(report)]).to.deep.equal(['succeeded', { read: people, inserted: people }]);
      expect(panel.hub.counters.byStatus.get(413)).to.equal(report.requests.split);
      expect(report.requests.split).to.be.greaterThan(0);
      await expectSnapshotMatchesHub();
    });

    it('gets everybody but the one row that is too large by itself', async () => {
      await panel.sql("update people set plan = repeat('x', 2000) where id = 7");
      panel.hub.setOptions({ maxBodyBytes: 1500 });
      const report = await panel.run({ destination: { batchSize: 10 } });
      expect([report.status, exitCodeForReport(report)]).to.deep.equal(['partial', 3]);
      expect(nonZeroRows(report)).to.deep.equal({ read: people, inserted: people - 1, rejected: 1 });
      const [rejection] = await (await panel.records()).rejections('panel', null);
      expect(rejection).to.include({ key: 'p7@example.test', by: 'destination', code: 'refused_413' });
    });
  });

  it('on a line that is slow and breaks in both directions gets everybody, within one run', async () => {
    const { hostname, port, pathname } = new URL(panel.hub.url);
    const proxy = await startFaultProxy({ target: { host: hostname, port: Number(port) } });
    try {
      proxy.setLatencyMs(2);
      proxy.cutAfterBytes(2000, 'to-target');
      proxy.cutAfterBytes(900, 'to-client');
      const baseUrl = `http://127.0.0.1:${proxy.port}${pathname}`;
      const destination: Partial<DestinationSettings> = { batchSize, concurrency: 2, baseUrl, maxAttempts: 4 };
      const report = await panel.run({ destination });
      expect([report.status, nonZeroRows(report)]).to.deep.equal(['succeeded', { read: people, inserted: people }]);
      expect(report.requests.retried).to.be.within(2, 4);
      await expectSnapshotMatchesHub();
    } finally {
      await proxy.close();
    }
  });
});
