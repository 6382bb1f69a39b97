import { expect } from 'chai';
import { sendEmail, transportOptions } from '../../../src/alerts/email.ts';
import type { AlertMessage } from '../../../src/alerts/message.ts';
import type { PostResult } from '../../../src/alerts/webhook.ts';
import { sampleRun } from '../../helpers/daemon/scripted-api.ts';
import { SmtpServer } from '../../helpers/network/smtp-server.ts';
import type { SmtpOptions } from '../../helpers/network/smtp-server.ts';

const message: AlertMessage = {
  kind: 'failed',
  sync: 'panel',
  previous: 'ok',
  run: {
    ...sampleRun,
    error: { code: 'hub_unauthorized', message: 'The Hub answered 401.', hint: 'Check the key – now.' },
  },
  lastSuccessAt: null,
  unusual: [],
  freshness: null,
  stateId: 'a-state',
  pageUrl: 'https://panelsync.example.test/runs/17',
};

const neverAborted = new AbortController().signal;

describe('an e-mail', () => {
  let server: SmtpServer | null = null;
  afterEach(async () => {
    await server?.close();
    server = null;
  });

  const target = {
    format: 'email',
    from: 'panelsync@example.test',
    to: ['ops@example.test', 'data@example.test'],
  } as const;

  /** Sends the message to a server with these settings. */
  async function send(
    options: SmtpOptions,
    credentials = '',
    scheme = 'smtp',
    signal = neverAborted,
  ): Promise<PostResult> {
    server = await new SmtpServer(options).listen();
    const url = `${scheme}://${credentials}127.0.0.1:${server.port}`;
    const { ok, response } = await sendEmail({ ...target, url }, message, { signal, timeoutMs: 5000 });
    return { ok, response: response.replace(`127.0.0.1:${server.port}`, 'server') };
  }

  it('arrives with the text of the message, after a login', async () => {
    const login = { user: 'ops@example.test', password: 'pa:ss%' };
    const result = await send(
      { tls: 'none', login },
      `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@`,
    );
    expect(result).to.deep.equal({ ok: true, response: 'server accepted the message for 2 recipients' });
    const [mail] = server?.received ?? [];
    expect(mail).to.deep.include({ from: target.from, to: target.to, user: login.user });
    expect(mail?.data).to.match(/^Subject: panelsync: panel failed \(run 17\)\.$/m);
    expect(mail?.data).to.match(/^Auto-Submitted: auto-generated$/m);
    const body = (mail?.data ?? '').replaceAll('=\n', '').split('\n\n').slice(1).join('\n\n');
    expect(body).to.contain('The Hub answered 401. [hub_unauthorized]\nCheck the key');
    expect(body).to.contain('https://panelsync.example.test/runs/17');
  });

  it('is not sent where a server refuses it; the result names nobody', async () => {
    const login = { user: 'ops', password: 'right' };
    expect(await send({ tls: 'none', login }, 'ops:wrong@')).to.deep.equal({
      ok: false,
      response: 'server refused the login (535)',
    });
    await server?.close();
    const refuseSender = { RCPT: '550 no ops@example.test here' };
    expect((await send({ tls: 'none', refuse: refuseSender })).response).to.equal('server refused the message (550)');
    await server?.close();
    const refuseData = { DATA: '554 spam for ops@example.test' };
    expect((await send({ tls: 'none', refuse: refuseData })).response).to.equal('server refused the message (554)');
  });

  it('is not sent to a server whose certificate nobody trusts', async () => {
    for (const [tls, scheme] of [
      ['starttls', 'smtp'],
      ['implicit', 'smtps'],
    ] as const) {
      const { ok, response } = await send({ tls }, '', scheme);
      expect([ok, response], tls).to.deep.equal([false, 'server cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT)']);
      expect(server?.received).to.deep.equal([]);
      await server?.close();
    }
  });

  it('is not waited for when the daemon stops, nor by a server that is not there', async () => {
    const stopped = await send({ tls: 'none' }, '', 'smtp', AbortSignal.abort());
    expect(stopped).to.deep.equal({ ok: false, response: 'server was not waited for' });
    const url = `smtp://127.0.0.1:${server?.port ?? 1}`;
    await server?.close();
    server = null;
    const { ok, response } = await sendEmail({ ...target, url }, message, { signal: neverAborted });
    expect([ok, response]).to.deep.equal([false, `${new URL(url).host} cannot be reached (ECONNREFUSED)`]);
  });

  it('travels encrypted, but on this machine', () => {
    const described = [
      'smtp://mail.example.test',
      'smtps://mail.example.test',
      'smtp://localhost:25',
      'smtp://[::1]:25',
    ].map((url) => {
      const { host, port, secure, requireTLS } = transportOptions(url, 1000);
      return [host, port, secure, requireTLS];
    });
    expect(described).to.deep.equal([
      ['mail.example.test', 587, false, true],
      ['mail.example.test', 465, true, false],
      ['localhost', 25, false, false],
      ['::1', 25, false, false],
    ]);
  });
});
