import { expect } from 'chai';
import { sendTestMessage } from '../../../src/alerts/deliver.ts';
import type { AlertRules, AlertSettings } from '../../../src/core/settings.ts';
import { post } from '../../../src/alerts/webhook.ts';
import { respondWith, ScriptedHub } from '../../helpers/hub/scripted-hub.ts';
import type { ResponseStep } from '../../helpers/hub/scripted-hub.ts';

const rules: AlertRules = { name: 'team', on: ['failed'], partialPercent: 1, overdueIntervals: 3, syncs: null };

describe('a webhook', () => {
  let server: ScriptedHub | null = null;
  afterEach(async () => {
    await server?.close();
    server = null;
  });

  const neverAborted = new AbortController().signal;

  async function startReceiver(
    ...script: readonly ResponseStep[]
  ): Promise<{ readonly url: string; readonly host: string }> {
    server = await new ScriptedHub(...script).listen();
    const url = `${server.url}/services/very-secret?token=hidden-too`;
    return { url, host: new URL(url).host };
  }

  it('gets JSON at its address, and its response is reported', async () => {
    const { url, host } = await startReceiver(respondWith(200, 'ok'));
    expect(await post(url, '{"a":1}', { signal: neverAborted })).to.deep.equal({
      ok: true,
      response: `${host} answered 200: ok`,
    });
    const [request] = server?.received ?? [];
    expect(request).to.deep.include({
      method: 'POST',
      url: '/api/services/very-secret?token=hidden-too',
      body: '{"a":1}',
    });
    expect(request?.headers['content-type']).to.equal('application/json');
  });

  it('is reported by its host only, even when it repeats its own address', async () => {
    const { url, host } = await startReceiver(
      respondWith(404, 'Cannot POST /api/services/very-secret\n (very-secret, hidden-too) '),
    );
    const { ok, response } = await post(url, '{}', { signal: neverAborted });
    expect([ok, response]).to.deep.equal([false, `${host} answered 404: Cannot POST *** (***, ***)`]);
  });

  it('is not followed to another address', async () => {
    const other = await new ScriptedHub(respondWith(200)).listen();
    try {
      const { url, host } = await startReceiver(respondWith(307, '', { location: other.url }));
      const posted = await post(url, '{}', { signal: neverAborted });
      expect(posted).to.deep.equal({ ok: false, response: `${host} answered 307; redirects are not followed` });
      expect(other.received).to.deep.equal([]);
    } finally {
      await other.close();
    }
  });

  it('may respond without end: only the start is read', async () => {
    const { url, host } = await startReceiver((stream) => {
      stream.writeHead(500);
      const more = (): void => void (stream.destroyed || stream.write('x'.repeat(10_000), () => setImmediate(more)));
      more();
    });
    const { response } = await post(url, '{}', { signal: neverAborted });
    expect(response).to.equal(`${host} answered 500: ${'x'.repeat(200)}`);
  });

  it('is not waited for after its timeout, nor when the daemon stops', async () => {
    const { url, host } = await startReceiver(() => undefined);
    const late = await post(url, '{}', { signal: neverAborted, timeoutMs: 50 });
    expect(late).to.deep.equal({ ok: false, response: `${host} did not answer in time` });
    const ended = await post(url, '{}', { signal: AbortSignal.abort() });
    expect(ended).to.deep.equal({ ok: false, response: `${host} was not waited for` });
  });

  it('may be unreachable', async () => {
    const { url, host } = await startReceiver(respondWith(200));
    await server?.close();
    const posted = await post(url, '{}', { signal: neverAborted });
    expect(posted).to.deep.equal({ ok: false, response: `${host} cannot be reached (ECONNREFUSED)` });
  });

  it('gets a test message in its own format', async () => {
    const { url } = await startReceiver(respondWith(200));
    const options = { pageUrl: null, signal: neverAborted };
    await sendTestMessage({ ...rules, url, format: 'slack' }, options);
    await sendTestMessage({ ...rules, url, format: 'json' }, options);
    const text = 'panelsync: this is a test message. Alerts about syncs arrive here.';
    const bodies: unknown[] = (server?.received ?? []).map(({ body }) => JSON.parse(body) as unknown);
    expect(bodies[0]).to.deep.equal({ text });
    expect(bodies[1]).to.deep.include({ version: 1, kind: 'test', text });
  });

  it('of PagerDuty gets a test event and resolves it; the key shows in no result', async () => {
    const { url, host } = await startReceiver(
      respondWith(202, '{"status":"success"}'),
      respondWith(400, 'no service has the key R0UTINGKEY'),
    );
    const alert: AlertSettings = { ...rules, url, format: 'pagerduty', routingKey: 'R0UTINGKEY' };
    const { ok, response } = await sendTestMessage(alert, { pageUrl: null, signal: neverAborted });
    expect([ok, response]).to.deep.equal([false, `${host} answered 400: no service has the key ***`]);
    const events = (server?.received ?? []).map(({ body }): Readonly<Record<string, string>> => JSON.parse(body));
    expect(events.map(({ event_action: action }) => action)).to.deep.equal(['trigger', 'resolve']);
    expect(new Set(events.map(({ dedup_key: key }) => key)).size).to.equal(1);
    expect(events.map(({ routing_key: key }) => key)).to.deep.equal(['R0UTINGKEY', 'R0UTINGKEY']);
  });
});
