import { expect } from 'chai';
import type { RunReport } from '../../../src/core/model/terms.ts';
import type { AuditRecord } from '../../../src/core/ports/audit-log.ts';
import { runCli } from '../../helpers/cli/cli.ts';
import { TestDaemons, neverSchedule } from '../../helpers/daemon/daemon.ts';
import type { Daemon } from '../../helpers/daemon/daemon.ts';
import { readApiDescription } from '../../helpers/daemon/openapi.ts';
import type { ApiDescription } from '../../helpers/daemon/openapi.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';
import type { HttpResponse } from '../../helpers/network/http-request.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

const token = 'a-token-that-nobody-may-see';
const readToken = 'a-token-that-only-reads';

describe('the HTTP API of a daemon', () => {
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
    await panel.setPeople([{ email: 'ada@example.test' }]);
    daemon = await daemons.start({ SCHEDULE: neverSchedule });
    await waitUntil(async () => (await http(`${daemon.url}/readyz`)).status === 200);
  });
  after(async () => {
    await daemons.killAll();
    await project.remove();
    await panel.close();
  });

  /** Every answer is as the description of the API says. */
  async function ask(path: string, method = 'GET', bearer: string | null = token): Promise<HttpResponse> {
    const headers: Readonly<Record<string, string>> = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
    const answer = await http(`${daemon.url}${path}`, { method, headers });
    const operation = description.operationFor(method, path.split('?')[0] ?? '');
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    const body: unknown = isJson ? parseJson(answer) : answer.text;
    expect(description.answerIssue(operation, answer.status, body), answer.text).to.equal(null);
    return answer;
  }

  function codeOf(answer: HttpResponse): string {
    return parseJson<{ error: { code: string } }>(answer).error.code;
  }

  async function runNow(): Promise<RunReport> {
    const { runId } = parseJson<{ runId: string }>(await ask('/api/syncs/panel/runs', 'POST'));
    let report = parseJson<RunReport>(await ask(`/api/runs/${runId}`));
    await waitUntil(async () => {
      report = parseJson<RunReport>(await ask(`/api/runs/${runId}`));
      return report.status !== 'running';
    });
    return report;
  }

  /** All items of a list, read page by page. */
  // oxlint-disable-next-line no-unnecessary-type-parameters -- the caller names the items that it expects
  async function pages<Item>(path: string, limit: number): Promise<readonly Item[]> {
    const items: Item[] = [];
    const separator = path.includes('?') ? '&' : '?';
    for (let cursor: string | null = ''; cursor !== null;) {
      const suffix: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const answer = await ask(`${path}${separator}limit=${limit}${suffix}`);
      const page = parseJson<{ items: readonly Item[]; nextCursor: string | null }>(answer);
      expect(page.items.length).to.be.at.most(limit);
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    return items;
  }

  async function firstCursor(runId: string): Promise<string> {
    return parseJson<{ nextCursor: string }>(await ask(`/api/runs/${runId}/rejections?limit=1`)).nextCursor;
  }

  it('answers health to everyone, and everything else to callers with a token', async () => {
    for (const path of ['/healthz', '/readyz']) expect((await ask(path, 'GET', null)).status, path).to.equal(200);
    for (const path of ['/metrics', '/api/syncs', '/api/runs', '/api/audit', '/api/openapi.json']) {
      expect((await ask(path, 'GET', null)).status, path).to.equal(401);
      expect((await ask(path)).status, path).to.equal(200);
      expect((await ask(path, 'GET', readToken)).status, path).to.equal(200);
    }
    expect((await ask('/api/syncs/panel/runs', 'POST', null)).status).to.equal(401);
    const reader = await ask('/api/syncs/panel/runs', 'POST', readToken);
    expect([reader.status, codeOf(reader)]).to.deep.equal([403, 'read_only_token']);
    expect(parseJson(await ask('/api/openapi.json'))).to.deep.equal(description.document);
  });

  it('starts a run, refuses another one meanwhile, and shows its result', async () => {
    const none = await ask('/api/runs/latest?sync=panel');
    expect([none.status, codeOf(none)], 'before the first run').to.deep.equal([404, 'unknown_run']);
    panel.hub.setOptions({ latencyMs: 1000 });
    const started = await ask('/api/syncs/panel/runs', 'POST');
    expect(started.status).to.equal(202);
    const { runId } = parseJson<{ runId: string }>(started);
    expect(started.headers.location).to.equal(`/api/runs/${runId}`);
    const second = await ask('/api/syncs/panel/runs', 'POST');
    expect([second.status, codeOf(second)]).to.deep.equal([409, 'already_running']);
    panel.hub.setOptions({ latencyMs: 0 });
    await waitUntil(async () => parseJson<{ status: string }>(await ask(`/api/runs/${runId}`)).status !== 'running');
    const shown = await runCli(['show', runId, '--json'], project);
    expect(parseJson(await ask(`/api/runs/${runId}`))).to.deep.equal(JSON.parse(shown.stdout));
    expect(JSON.parse(shown.stdout)).to.include({ trigger: 'api', status: 'succeeded' });
    expect(parseJson(await ask('/api/runs?sync=panel&limit=1'))).to.deep.equal([JSON.parse(shown.stdout)]);
    expect(parseJson(await ask('/api/runs?status=failed'))).to.deep.equal([]);
    const steps = parseJson<readonly { readonly step: string }[]>(await ask(`/api/runs/${runId}/steps`));
    expect(steps.map(({ step }) => step)).to.deep.equal(['read', 'plan', 'send', 'end']);
    const [batch] = await pages<{ state: string }>(`/api/runs/${runId}/batches`, 1);
    expect(batch).to.include({ state: 'accepted' });
    const history = parseJson<{ columns: { inserted: unknown } }>(await ask('/api/syncs/panel/history?days=1'));
    expect(history.columns.inserted).to.deep.equal([1]);
  });

  it('shows syncs as status does', async () => {
    const { stdout } = await runCli(['status', '--json'], project.withEnv({ SCHEDULE: neverSchedule }));
    const answer = await ask('/api/syncs');
    expect(parseJson(answer)).to.deep.equal(JSON.parse(stdout));
    expect(answer.text).to.not.contain('example.test');
  });

  it('shows a sync with its configuration and its model, and no secret', async () => {
    const [listed] = parseJson<readonly object[]>(await ask('/api/syncs'));
    const answer = await ask('/api/syncs/panel', 'GET', readToken);
    const { configuration, model, ...overview } = parseJson<{ configuration: string; model: { sql: string } }>(answer);
    expect(overview).to.deep.equal(listed);
    expect(overview).to.include({ state: 'healthy' });
    expect(configuration).to.match(/^destination:\n {2}apiKey: ••••\n/);
    expect(model.sql).to.match(/^select /);
    expect((await ask('/api/syncs/nobody')).status).to.equal(404);
  });

  it('pauses a sync, does not start it then, and resumes it', async () => {
    expect((await ask('/api/syncs/panel/pause', 'POST')).status).to.equal(200);
    const refused = await ask('/api/syncs/panel/runs', 'POST');
    expect([refused.status, codeOf(refused)]).to.deep.equal([409, 'paused']);
    const [paused] = parseJson<{ paused: boolean; pausedBy: string }[]>(await ask('/api/syncs'));
    expect(paused).to.include({ paused: true, pausedBy: 'HTTP' });
    expect((await ask('/api/syncs/panel/resume', 'POST')).status).to.equal(200);
  });

  it('shows what people did by hand, from the command line and over HTTP, as audit does', async () => {
    await runCli(['pause', 'panel', '--reason', 'the model is being rebuilt'], project);
    for (const command of [
      ['resume', 'panel'],
      ['resume', 'panel'],
      ['resync', 'panel', '--yes'],
      ['retry', 'panel'],
    ])
      await runCli(command, project);
    const { stdout } = await runCli(['audit', '--json'], project);
    const records: readonly AuditRecord[] = JSON.parse(stdout);
    expect(await pages('/api/audit', 2)).to.deep.equal(records);
    expect(await pages('/api/audit?sync=panel', 50)).to.deep.equal(records);
    const [resync, resume, pause, ...overHttp] = records.map(({ action, reason }) => [action, reason]);
    expect([resync, resume, pause], 'what changed nothing is left out').to.deep.equal([
      ['resync', null],
      ['resume', null],
      ['pause', 'the model is being rebuilt'],
    ]);
    expect(overHttp).to.deep.equal([
      ['resume', null],
      ['pause', null],
    ]);
    expect(records.map(({ caller }) => caller.includes('@'))).to.deep.equal([true, true, true, false, false]);
    expect(stdout).to.not.contain('example.test');
  });

  it('knows only its own syncs and runs', async () => {
    for (const path of ['runs', 'pause', 'resume']) {
      const answer = await ask(`/api/syncs/constructor/${path}`, 'POST');
      expect([answer.status, codeOf(answer)], path).to.deep.equal([404, 'unknown_sync']);
    }
    const filtered = await ask('/api/runs?sync=nobody');
    expect([filtered.status, codeOf(filtered)]).to.deep.equal([404, 'unknown_sync']);
    for (const run of ['999999', '1e3', '%2f', 'latest/rejections', '999999/skips']) {
      const answer = await ask(`/api/runs/${run}`);
      expect([answer.status, codeOf(answer)], run).to.deep.equal([404, 'unknown_run']);
    }
  });

  it('answers with the newest run, plans left out', async () => {
    const report = await runNow();
    await runCli(['plan', 'panel'], project);
    expect(parseJson(await ask('/api/runs/latest'))).to.deep.equal(report);
    expect(parseJson(await ask('/api/runs/latest?sync=panel'))).to.deep.equal(report);
    const unknown = await ask('/api/runs/latest?sync=nobody');
    expect([unknown.status, codeOf(unknown)]).to.deep.equal([404, 'unknown_sync']);
  });

  it('pages through the rejections and skips of a run, also after they were closed', async () => {
    const invalid = Array.from({ length: 5 }, (_, at) => ({ email: `person-${at} at example.test` }));
    // Enough others to stay below guards.maxInvalidPercent.
    const others = Array.from({ length: 20 }, (_, at) => ({ email: `other-${at}@example.test` }));
    await panel.setPeople([
      { email: 'ada@example.test' },
      ...others,
      ...invalid,
      { email: 'bob@example.test' },
      { email: 'bob@example.test' },
    ]);
    const first = await runNow();
    expect(first.rows).to.include({ invalid: 5, duplicate: 1 });
    const listed = await runCli(['rejections', 'panel', '--json'], project);
    const open: readonly object[] = JSON.parse(listed.stdout);
    expect(await pages(`/api/runs/${first.runId}/rejections`, 2)).to.deep.equal(
      open.map((rejection) => ({ ...rejection, open: true })),
    );
    const [duplicate, ...noOther] = await pages<{ email: string; rows: number }>(
      `/api/runs/${first.runId}/duplicates`,
      1,
    );
    expect([duplicate?.email, duplicate?.rows, noOther]).to.deep.equal(['bob@example.test', 2, []]);
    const [reason] = parseJson<readonly object[]>(await ask('/api/syncs/panel/rejections/reasons', 'GET', readToken));
    expect(reason).to.include({ reason: 'email_invalid', field: 'email', count: 5 });
    expect(await pages('/api/syncs/panel/rejections?q=person-3&sort=-lastSeen', 1)).to.have.length(1);
    const csv = await http(`${daemon.url}/api/syncs/panel/rejections?format=csv`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(csv.text.split('\r\n')).to.have.length(7);
    expect(csv.text).to.match(/^email,by,code,message,field,runId,firstSeenAt,lastSeenAt,attempts\r\nperson-0 at/);
    await panel.setPeople([{ email: 'ada@example.test' }, ...others]);
    const second = await runNow();
    const [removed] = await pages(`/api/runs/${second.runId}/removed`, 1);
    expect(removed).to.include({ key: 'bob@example.test', reason: 'left', fromRunId: second.runId });
    expect(await pages(`/api/runs/${second.runId}/deferred`, 1)).to.deep.equal([]);
    expect(await pages(`/api/runs/${second.runId}/rejections`, 2)).to.deep.equal([]);
    const closed = await pages<{ key: string; open: boolean }>(`/api/runs/${first.runId}/rejections`, 2);
    expect(closed.map(({ open: isOpen }) => isOpen)).to.deep.equal([false, false, false, false, false]);
    const refused = await ask(`/api/runs/${second.runId}/rejections?cursor=${await firstCursor(first.runId)}`);
    expect([refused.status, codeOf(refused)], 'a cursor of another run').to.deep.equal([400, 'bad_request']);
  });

  it('shows a person as explain does', async () => {
    const explained = await runCli(['explain', 'ada@example.test', '--json'], project);
    expect(parseJson(await ask('/api/people?email=%20ADA%40example.test'))).to.deep.equal(JSON.parse(explained.stdout));
    const unknown = await ask('/api/people?email=nobody%40example.test');
    expect([unknown.status, codeOf(unknown)]).to.deep.equal([404, 'unknown_person']);
    for (const query of ['', '?email=', '?email=%20', '?mail=ada']) {
      const refused = await ask(`/api/people${query}`);
      expect([refused.status, codeOf(refused)], query).to.deep.equal([400, 'bad_request']);
    }
  });

  it('stops while a client keeps its connection open', async () => {
    const openConnection = await fetch(`${daemon.url}/healthz`);
    await openConnection.text();
    daemon.signal('SIGTERM');
    const { code, stderr } = await daemon.ended;
    expect(code).to.equal(0);
    expect(stderr).to.not.contain(token);
  });
});
