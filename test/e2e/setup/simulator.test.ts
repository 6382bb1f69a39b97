import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseJsonOutput, startCli } from '../../helpers/cli/cli.ts';
import type { CliProcess, CliEnvironment } from '../../helpers/cli/cli.ts';

/** What it says when it is ready, and its address. */
async function ready(simulator: CliProcess, output: 'stdout' | 'stderr'): Promise<{ text: string; url: string }> {
  const text = await simulator.waitForOutput(output, '/reset\n');
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+\/api/.exec(text) ?? [];
  return { text, url };
}

async function send(url: string, headers: Readonly<Record<string, string>>, body: object): Promise<number> {
  const accept = 'application/vnd.user-interviews.v2+json';
  const response = await fetch(`${url}/participants/batches`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
}

describe('panelsync simulator', () => {
  let environment: CliEnvironment;
  before(async () => {
    environment = { cwd: await mkdtemp(join(tmpdir(), 'panelsync-simulator-')), env: {} };
  });
  after(() => rm(environment.cwd, { recursive: true, force: true }));

  const person = { email: 'ada@example.test', first_name: 'Ada' };

  it('serves the Hub until SIGINT, shows how to use it, and ends with its counters', async () => {
    const simulator = startCli(['simulator', '--port', '0', '--key', 'my-key'], environment);
    const { text, url } = await ready(simulator, 'stdout');
    expect(text).to.contain('apiKey: "my-key"').and.to.contain(`baseUrl: ${url}`).and.to.contain('curl -d');
    const key = { 'user-interviews-apikey': 'my-key' };
    expect(await send(url, key, { participants: [person] })).to.equal(200);
    const fault = /curl -d '(?<body>[^']+)' (?<address>\S+faults)/.exec(text)?.groups ?? {};
    const set = await fetch(fault['address'] ?? '', { method: 'POST', body: fault['body'] ?? '' });
    expect(set.status).to.equal(201);
    await set.text();
    expect(await send(url, key, { participants: [person] })).to.equal(503);
    simulator.signal('SIGINT');
    const result = await simulator.ended;
    expect([result.code, result.stderr]).to.deep.equal([0, 'Stopping the simulator.\n']);
    expect(result.stdout).to.contain('1 person: 1 created, 0 updated in 1 batch\n2 requests (200: 1, 503: 1)');
  });

  it('takes the wire profile and ends on SIGTERM with its counters as the one document', async () => {
    const wire = ['--auth', 'bearer', '--envelope', 'jsonapi', '--field-case', 'camel'];
    const simulator = startCli(['simulator', '--port', '0', ...wire, '--json'], environment);
    const { text, url } = await ready(simulator, 'stderr');
    expect(text).to.contain('wire: { auth: bearer, envelope: jsonapi, fieldCase: camel, characteristics: nested }');
    const key = { authorization: 'Bearer simulator-key' };
    const attributes = { email: person.email, firstName: 'Ada' };
    expect(await send(url, key, { participants: [person] })).to.equal(400);
    expect(await send(url, key, { data: [{ type: 'participant', attributes }] })).to.equal(200);
    simulator.signal('SIGTERM');
    const result = await simulator.ended;
    expect(result.code).to.equal(0);
    expect(parseJsonOutput(result)).to.deep.equal({
      url,
      people: 1,
      requests: 2,
      byStatus: { 200: 1, 400: 1 },
      cut: 0,
      batchesApplied: 1,
      rowsApplied: 1,
      created: 1,
      updated: 0,
      repeated: 0,
    });
  });

  it('takes the limit, and what becomes of unknown keys', async () => {
    const options = ['--requests-per-minute', '1', '--retry-after', 'none', '--unknown-keys', 'drop'];
    const simulator = startCli(['simulator', '--port', '0', ...options], environment);
    const { url } = await ready(simulator, 'stdout');
    const key = { 'user-interviews-apikey': 'simulator-key' };
    expect(await send(url, key, { participants: [{ ...person, shoe_size: 43 }] })).to.equal(200);
    expect(await send(url, key, { participants: [person] })).to.equal(429);
    simulator.signal('SIGINT');
    expect((await simulator.ended).code).to.equal(0);
  });

  it('says so when the port is taken', async () => {
    const first = startCli(['simulator', '--port', '0'], environment);
    const { url } = await ready(first, 'stdout');
    const second = await startCli(['simulator', '--port', new URL(url).port], environment).ended;
    expect([second.code, second.stdout]).to.deep.equal([2, '']);
    expect(second.stderr).to.contain('EADDRINUSE');
    first.signal('SIGINT');
    await first.ended;
  });
});
