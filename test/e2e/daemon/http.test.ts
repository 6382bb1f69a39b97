import { expect } from 'chai';
import { runCli } from '../../helpers/cli/cli.ts';
import { TestDaemons, neverSchedule } from '../../helpers/daemon/daemon.ts';
import type { Daemon } from '../../helpers/daemon/daemon.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';
import type { HttpResponse } from '../../helpers/network/http-request.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

const token = 'a-token-that-nobody-may-see';

describe('a daemon asked over HTTP', () => {
  let panel: TestPanel;
  let project: Project;
  let daemons: TestDaemons;
  let daemon: Daemon;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    daemons = new TestDaemons(project);
    await daemons.configure((config) => config.replace('server: {', `server: { token: ${token},`));
    await panel.setPeople([{ email: 'ada@example.test' }]);
    daemon = await daemons.start({ SCHEDULE: neverSchedule });
    await waitUntil(async () => (await http(`${daemon.url}/readyz`)).status === 200);
  });
  after(async () => {
    await daemons.killAll();
    await project.remove();
    await panel.close();
  });

  function ask(path: string, method = 'GET'): Promise<HttpResponse> {
    return http(`${daemon.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  }

  function codeOf(answer: HttpResponse): string {
    return parseJson<{ error: { code: string } }>(answer).error.code;
  }

  it('answers about health to everybody, and everything else to those with the token', async () => {
    expect((await http(`${daemon.url}/healthz`)).status).to.equal(200);
    for (const path of ['/metrics', '/api/syncs', '/api/runs']) {
      expect((await http(`${daemon.url}${path}`)).status, path).to.equal(401);
      expect((await ask(path)).status, path).to.equal(200);
    }
    expect((await http(`${daemon.url}/api/syncs/panel/runs`, { method: 'POST' })).status).to.equal(401);
  });

  it('starts a run, refuses another one meanwhile, and shows what became of it', async () => {
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
  });

  it('says of syncs what status says', async () => {
    const { stdout } = await runCli(['status', '--json'], project.withEnv({ SCHEDULE: neverSchedule }));
    const answer = await ask('/api/syncs');
    expect(parseJson(answer)).to.deep.equal(JSON.parse(stdout));
    expect(answer.text).to.not.contain('example.test');
  });

  it('pauses a sync, does not start it then, and resumes it', async () => {
    expect((await ask('/api/syncs/panel/pause', 'POST')).status).to.equal(200);
    const refused = await ask('/api/syncs/panel/runs', 'POST');
    expect([refused.status, codeOf(refused)]).to.deep.equal([409, 'paused']);
    const [paused] = parseJson<{ paused: boolean; pausedBy: string }[]>(await ask('/api/syncs'));
    expect(paused).to.include({ paused: true, pausedBy: 'HTTP' });
    expect((await ask('/api/syncs/panel/resume', 'POST')).status).to.equal(200);
  });

  it('knows no syncs and runs but its own', async () => {
    for (const path of ['runs', 'pause', 'resume']) {
      const answer = await ask(`/api/syncs/constructor/${path}`, 'POST');
      expect([answer.status, codeOf(answer)], path).to.deep.equal([404, 'unknown_sync']);
    }
    const filtered = await ask('/api/runs?sync=nobody');
    expect([filtered.status, codeOf(filtered)]).to.deep.equal([404, 'unknown_sync']);
    for (const run of ['999999', 'latest', '1e3', '%2f']) {
      const answer = await ask(`/api/runs/${run}`);
      expect([answer.status, codeOf(answer)], run).to.deep.equal([404, 'unknown_run']);
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
