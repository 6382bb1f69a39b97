import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import type { AuditRecord } from '../../../src/core/ports/audit-log.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { runCli } from '../../helpers/cli/cli.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { TestDaemons, neverSchedule } from '../../helpers/daemon/daemon.ts';
import type { Daemon } from '../../helpers/daemon/daemon.ts';
import { readApiDescription } from '../../helpers/daemon/openapi.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

const token = 'a-token-that-nobody-may-see';
const readToken = 'a-token-that-only-reads';

/** In every value of a person, and nowhere else. */
const canary = /quux/i;

describe('the page of a daemon', () => {
  let panel: TestPanel;
  let project: Project;
  let daemons: TestDaemons;
  let daemon: Daemon;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    daemons = new TestDaemons(project);
    await daemons.configure((config) =>
      config.replace('server: {', `server: { token: ${token}, readToken: ${readToken},`),
    );
    panel.hub.setOptions({ rejectedEmails: ['refused.quux@example.test'], pointerFormat: 'none' });
    daemon = await daemons.start({ SCHEDULE: neverSchedule, BATCH_SIZE: '10' });
    await waitUntil(async () => (await http(`${daemon.url}/readyz`)).status === 200);
    await setPeople('Quuxville');
    await run();
    await setPeople('Quuxford');
    await run();
  });
  after(async () => {
    await daemons.killAll();
    await project.remove();
    await panel.close();
  });

  /** One for each list of people: changed, refused, invalid, twice in the model; in the second city, one has left. */
  function setPeople(city: string): Promise<void> {
    const emails = ['ada.quux@example.test', 'refused.quux@example.test', 'quux at example.test'];
    const left = city === 'Quuxville' ? ['left.quux@example.test'] : [];
    const many = Array.from({ length: 60 }, (_, at) => `quux.${at}@example.test`);
    const people = [...emails, 'ADA.quux@example.test', ...left, ...many];
    return panel.setPeople(people.map((email) => ({ email, first_name: 'Quux', city, plan: `quux-${city}` })));
  }

  const operate = { authorization: `Bearer ${token}` };
  const get = (path: string, headers: Readonly<Record<string, string>>) => http(`${daemon.url}${path}`, { headers });
  const post = (path: string, headers: Readonly<Record<string, string>>, body: object = {}) =>
    http(`${daemon.url}${path}`, {
      method: 'POST',
      headers: { origin: daemon.url, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  async function run(): Promise<string> {
    const { runId } = parseJson<{ runId: string }>(await post('/api/syncs/panel/runs', operate));
    await waitUntil(async () => parseJson<RunReport>(await get(`/api/runs/${runId}`, operate)).status !== 'running');
    return runId;
  }

  async function signIn(presented: string): Promise<string> {
    const answer = await post('/api/session', {}, { token: presented });
    expect(answer.status, answer.text).to.equal(200);
    return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  }

  /** Every address of the API but streams and sessions, with the runs and the sync that there are. */
  async function addresses(method: 'GET' | 'POST'): Promise<readonly string[]> {
    const { operations } = await readApiDescription();
    const paths = [...operations.keys()].flatMap((operation) => {
      const [operationMethod, path = ''] = operation.split(' ');
      return operationMethod === method && !/\/(session|events|openapi)/.test(path) ? [path] : [];
    });
    const filled = paths.flatMap((path) => ['1', '2'].map((id) => path.replace(':id', id).replace(':name', 'panel')));
    return [...new Set(filled)].map((path) => (path === '/api/people' ? `${path}?email=ada.quux@example.test` : path));
  }

  it('shows nobody on any address, to readers and on the page, as JSON or CSV', async () => {
    const readers = { authorization: `Bearer ${readToken}` };
    const sessions = [{ cookie: await signIn(readToken) }, { cookie: await signIn(token) }];
    let shown = 0;
    for (const path of await addresses('GET')) {
      for (const accept of ['application/json', 'text/csv']) {
        for (const headers of [readers, ...sessions]) {
          const { text } = await get(path, { ...headers, accept });
          expect(text.match(canary)?.input, `${path} as ${accept}`).to.equal(undefined);
        }
        if (canary.test((await get(path, { ...operate, accept })).text)) shown += 1;
      }
    }
    expect(shown, 'what the operating token sees').to.be.at.least(6);
  });

  it('shows nobody in the answers of actions either', async () => {
    const cookie = await signIn(token);
    for (const path of await addresses('POST')) {
      const { text } = await post(path, { cookie });
      expect(text.match(canary)?.input, path).to.equal(undefined);
    }
    await post('/api/syncs/panel/resume', { cookie });
    await waitUntil(async () => !parseJson<{ running: boolean }[]>(await get('/api/syncs', operate))[0]?.running);
  });

  it('shows people in the session that asked, and audit says so', async () => {
    const cookie = await signIn(token);
    const list = '/api/runs/1/rejections';
    expect((await get(list, { cookie })).text).to.not.match(canary);
    const answer = await post('/api/session/people', { cookie }, { reason: 'a participant called' });
    expect(parseJson(answer)).to.include({ access: 'operate', people: 'shown' });
    expect((await get(list, { cookie })).text).to.match(canary);
    const { stdout } = await runCli(['audit', '--json'], project);
    const [record]: readonly AuditRecord[] = JSON.parse(stdout);
    expect(record).to.include({ action: 'show_people', caller: 'page', reason: 'a participant called', sync: null });
  });

  it('follows a run of this daemon, and one of another process', async () => {
    const stream = await follow({ cookie: await signIn(readToken) });
    await waitUntil(() => stream.text().includes('event: syncs'));
    await setPeople('Quuxham');
    panel.hub.setOptions({ latencyMs: 300 });
    const runId = await run();
    await waitUntil(() => /"step":"send"/.test(stream.text()));
    const steps = stream
      .text()
      .split('\n')
      .filter((line) => line.startsWith('data: {') && line.includes(`"${runId}"`));
    const sent = steps.map((line) => (JSON.parse(line.slice(6)) as { rowsSent: number }).rowsSent);
    expect(sent, 'rows only grow').to.deep.equal(sent.toSorted((a, b) => a - b));
    await setPeople('Quuxton');
    const other = runCli(['run', 'panel'], project.withEnv({ SCHEDULE: neverSchedule, BATCH_SIZE: '10' }));
    await waitUntil(() => stream.text().includes(`"runId":"${Number(runId) + 1}"`));
    await other;
    expect(stream.text()).to.not.match(canary);
    panel.hub.setOptions({ latencyMs: 0 });
    const ended = once(stream.response, 'end');
    daemon.signal('SIGTERM');
    await ended;
    expect((await daemon.ended).code).to.equal(0);
  });

  async function follow(headers: Readonly<Record<string, string>>) {
    const asked = request(`${daemon.url}/api/events`, { headers, agent: false }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    return { response, text: () => text };
  }
});
