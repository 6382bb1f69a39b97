import { createServer } from 'node:https';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import type { CliEnvironment } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { createProject, projectConfig } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { listen, respondWith, ScriptedHub, urlOf } from '../../helpers/hub/scripted-hub.ts';
import { SmtpServer } from '../../helpers/network/smtp-server.ts';
import { selfSigned } from '../../helpers/network/self-signed.ts';

const alerts = `alerts:
  chat: { url: "\${CHAT:-}", format: slack }
  pager: { url: "\${PAGER:-}" }
  mail: { format: email, url: "\${MAIL:-}", from: panelsync@example.test, to: [ops@example.test] }
`;

describe('panelsync alerts', () => {
  let project: Project;
  let environment: CliEnvironment;
  let good: ScriptedHub;
  let bad: ScriptedHub;
  before(async () => {
    project = await createProject({ url: 'postgres://nobody@127.0.0.1:1/none', hub: { url: 'http://127.0.0.1:1' } });
    await project.write('config/panelsync.yaml', projectConfig + alerts);
    good = await new ScriptedHub(respondWith(200, 'ok')).listen();
    bad = await new ScriptedHub(respondWith(403, 'invalid_token')).listen();
    environment = project.withEnv({ CHAT: `${good.url}/very-secret`, PAGER: `${bad.url}/very-secret` });
  });
  after(async () => {
    await Promise.all([good.close(), bad.close()]);
    await project.remove();
  });

  it('sends a test to each webhook; exit code 1 if one is refused', async () => {
    const { code, stdout, stderr } = await runInProcess(['alerts', 'test'], environment);
    expect([code, stderr]).to.deep.equal([1, '']);
    expect(stdout).to.match(
      /^✓ sent {2}chat: 127\.0\.0\.1:\d+ answered 200: ok\n✗ not sent {2}pager: \S+ answered 403/,
    );
    expect(stdout).to.contain('invalid_token').and.to.not.contain('very-secret');
    expect(good.received.map(({ url }) => url)).to.deep.equal(['/api/very-secret']);
  });

  it('sends a test to one webhook, as a JSON document', async () => {
    const result = await runInProcess(['alerts', 'test', 'chat', '--json'], environment);
    expect([result.code, parseJsonOutput(result)]).to.deep.equal([
      0,
      [{ webhook: 'chat', ok: true, told: `${new URL(good.url).host} answered 200: ok` }],
    ]);
    expect(bad.received.length).to.be.at.most(1);
  });

  it('sends an e-mail over STARTTLS to a server that NODE_EXTRA_CA_CERTS vouches for', async () => {
    const login = { user: 'ops', password: 'secret' };
    const server = await new SmtpServer({ tls: 'starttls', login }).listen();
    await project.write('authority.pem', selfSigned.cert);
    const env = {
      ...environment.env,
      NODE_EXTRA_CA_CERTS: join(project.cwd, 'authority.pem'),
      MAIL: `smtp://ops:secret@localhost:${server.port}`,
    };
    const { code, stdout } = await runCli(['alerts', 'test', 'mail'], { ...environment, env });
    await server.close();
    expect([code, stdout]).to.deep.equal([
      0,
      `✓ sent  mail: localhost:${server.port} accepted the message for 1 recipient\n`,
    ]);
    expect(server.received).to.have.length(1);
    expect(server.received[0]).to.include({ encrypted: true, user: 'ops' });
  });

  it('sends none to a server whose certificate nobody trusts, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    let requests = 0;
    const server = createServer(selfSigned, (_, response) => {
      requests += 1;
      response.end('ok');
    });
    await listen(server);
    const env = { ...environment.env, CHAT: urlOf(server, 'https'), NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const result = await runCli(['alerts', 'test', 'chat', '--json'], { ...environment, env });
    server.close();
    expect([result.code, requests]).to.deep.equal([1, 0]);
    expect(result.stdout).to.contain('cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect(result.stderr).to.contain('NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored').and.to.contain('NODE_EXTRA_CA_CERTS');
  });

  const misuses: readonly (readonly [string, readonly string[], CliEnvironment['env'], RegExp])[] = [
    ['an action that it does not have', ['send'], {}, /alerts test/],
    ['an unknown webhook', ['test', 'caht'], {}, /"caht"[^]*chat, pager/],
    ['a configuration in which no webhook has an address', ['test'], { CHAT: '', PAGER: '' }, /panelsync\.yaml/],
  ];
  for (const [what, args, env, words] of misuses) {
    it(`refuses ${what}`, async () => {
      const { code, stderr } = await runInProcess(['alerts', ...args], {
        ...environment,
        env: { ...environment.env, ...env },
      });
      expect(code).to.equal(2);
      expect(stderr).to.match(words);
    });
  }
});
