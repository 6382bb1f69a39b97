import { expect } from 'chai';
import type { AuditRecord } from '../../../src/core/ports/audit-log.ts';
import type { RunReport } from '../../../src/core/model/terms.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { TestDaemons, neverSchedule } from '../../helpers/daemon/daemon.ts';
import type { Daemon } from '../../helpers/daemon/daemon.ts';
import { readApiDescription } from '../../helpers/daemon/openapi.ts';
import type { ApiDescription } from '../../helpers/daemon/openapi.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';
import type { HttpResponse } from '../../helpers/network/http-request.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

const [token, readToken] = ['a-token-that-operates', 'a-token-that-only-reads'];
const people = ['ada', 'bob', 'eve'].map((name) => ({ email: `${name}@example.test`, first_name: name, city: 'Rome' }));

describe('actions over HTTP', () => {
  let panel: TestPanel;
  let project: Project;
  let daemons: TestDaemons;
  let daemon: Daemon;
  let description: ApiDescription;
  before(async () => {
    description = await readApiDescription();
    panel = await openPanel();
    project = await createProject(panel);
    daemons = new TestDaemons(project);
    await daemons.configure((config) =>
      config.replace('server: {', `server: { token: ${token}, readToken: ${readToken},`),
    );
    daemon = await daemons.start({ SCHEDULE: neverSchedule });
    await waitUntil(async () => (await http(`${daemon.url}/readyz`)).status === 200);
    await panel.setPeople(people);
    await runNow();
  });
  after(async () => {
    await daemons.killAll();
    await project.remove();
    await panel.close();
  });

  async function ask(method: 'GET' | 'POST', path: string, body: object | null = null): Promise<HttpResponse> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await http(`${daemon.url}${path}`, {
      method,
      headers,
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
    const operation = description.operationFor(method, path.split('?')[0] ?? '');
    expect(description.answerIssue(operation, answer.status, parseJson(answer)), answer.text).to.equal(null);
    return answer;
  }

  async function ended(runId: string): Promise<RunReport> {
    let report = parseJson<RunReport>(await ask('GET', `/api/runs/${runId}`));
    await waitUntil(async () => {
      report = parseJson<RunReport>(await ask('GET', `/api/runs/${runId}`));
      return report.status !== 'running';
    });
    return report;
  }

  async function runNow(): Promise<RunReport> {
    return ended(parseJson<{ runId: string }>(await ask('POST', '/api/syncs/panel/runs')).runId);
  }

  it('plans on demand, field by field, and sends nothing', async () => {
    await panel.sql("update people set city = 'Oslo' where first_name = 'ada'");
    panel.newRequests();
    const answer = await ask('POST', '/api/syncs/panel/plan', { limit: 5 });
    expect([answer.status, panel.newRequests()]).to.deep.equal([200, 0]);
    expect(parseJson(answer)).to.deep.include({
      trigger: 'plan',
      sample: [{ operation: 'update', email: 'ada@example.test', fields: { city: ['Rome', 'Oslo'] } }],
    });
    expect((await ask('POST', '/api/syncs/panel/plan', { limit: 5000 })).status).to.equal(400);
    const headers = { authorization: `Bearer ${readToken}` };
    const reader = await http(`${daemon.url}/api/syncs/panel/plan`, { method: 'POST', headers });
    expect(reader.status).to.equal(403);
  });

  it('approves the plan of a stopped run, or says what has drifted', async () => {
    await panel.setPeople(people.slice(0, 1).map((row) => ({ ...row, city: 'Lima' })));
    const stopped = await runNow();
    expect(stopped).to.have.nested.property('approval.state', 'waiting');
    await panel.sql("update people set city = 'Bergen'");
    panel.newRequests();
    const drifted = await ask('POST', `/api/runs/${stopped.runId}/approve`);
    const { runId, error, drift } = parseJson<{ runId: string; error: { code: string }; drift: object }>(drifted);
    expect([drifted.status, drifted.headers.location, error.code]).to.deep.equal([
      409,
      `/api/runs/${runId}`,
      'plan_moved',
    ]);
    expect([drift, panel.newRequests()]).to.deep.equal([
      { configuration: [], destination: null, snapshot: null, counts: [], people: { more: 0, less: 0, different: 1 } },
      0,
    ]);

    const approved = await ask('POST', `/api/runs/${runId}/approve`, { by: 'eve', reason: 'they left' });
    expect(approved.status, approved.text).to.equal(202);
    const sent = await ended(parseJson<{ runId: string }>(approved).runId);
    expect(sent).to.deep.include({ status: 'succeeded', trigger: 'api', approves: runId });
    expect(await ended(runId)).to.deep.nested.include({ 'approval.state': 'approved', 'approval.by': 'eve' });
    const again = await ask('POST', `/api/runs/${runId}/approve`);
    expect([again.status, again.text.includes('not_approvable')]).to.deep.equal([409, true]);
    const audit = parseJson<{ items: readonly AuditRecord[] }>(await ask('GET', '/api/audit?limit=1'));
    expect(audit.items).to.have.length(1);
    expect(audit.items[0]).to.deep.include({
      action: 'approve',
      runId,
      caller: 'eve',
      reason: 'they left',
      counts: { inserts: 0, updates: 1 },
    });
  });

  it('lets the next run retry what the Hub rejected', async () => {
    const none = await ask('POST', '/api/syncs/panel/retry', { email: 'ada@example.test', reason: 'corrected' });
    expect([none.status, parseJson(none)]).to.deep.equal([200, { count: 0 }]);
    expect((await ask('POST', '/api/syncs/panel/retry', { email: ' ' })).status).to.equal(400);
  });
});
