import { expect } from 'chai';
import { TestDaemons, neverSchedule } from '../../helpers/daemon/daemon.ts';
import type { Daemon } from '../../helpers/daemon/daemon.ts';
import { http, parseJson } from '../../helpers/network/http-request.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { respondWith, ScriptedHub } from '../../helpers/hub/scripted-hub.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

interface Message {
  readonly kind: string;
  readonly run: { readonly runId: string; readonly error: { readonly code: string } | null };
}

describe('the alerts of daemons', () => {
  let panel: TestPanel;
  let project: Project;
  let daemons: TestDaemons;
  let webhook: ScriptedHub;
  beforeEach(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    daemons = new TestDaemons(project);
    webhook = await new ScriptedHub(respondWith(200, 'ok')).listen();
    await panel.setPeople([{ email: 'ada@example.test', first_name: 'Nobody-may-see' }]);
  });
  afterEach(async () => {
    await daemons.killAll();
    await webhook.close();
    await project.remove();
    await panel.close();
  });

  const alerts = (): string => `alerts: { team: { url: "${webhook.url}/very-secret" } }\n`;

  /** Starts a run and waits for its end. */
  async function run({ url }: Daemon): Promise<{ readonly runId: string; readonly status: string }> {
    let runId = '';
    await waitUntil(async () => {
      const started = await http(`${url}/api/syncs/panel/runs`, { method: 'POST' });
      if (started.status === 202) ({ runId } = parseJson<{ runId: string }>(started));
      return started.status === 202;
    });
    let status = '';
    await waitUntil(async () => {
      ({ status } = parseJson<{ status: string }>(await http(`${url}/api/runs/${runId}`)));
      return status !== 'running';
    });
    return { runId, status };
  }

  function messages(): readonly Message[] {
    return webhook.received.map(({ body }) => {
      const message: Message = JSON.parse(body);
      return message;
    });
  }

  it('report once that a sync fails, from any daemon, and once that it is over', async () => {
    await daemons.configure((config) => config + alerts());
    const [first, second] = await Promise.all([
      daemons.start({ SCHEDULE: neverSchedule, HUB_KEY: 'wrong' }),
      daemons.start({ SCHEDULE: neverSchedule }),
    ]);
    const failed = await run(first);
    expect(failed.status).to.equal('failed');
    await waitUntil(() => messages().length === 1);
    expect((await run(first)).status).to.equal('failed');
    const recovered = await run(second);
    expect(recovered.status).to.equal('succeeded');
    await waitUntil(() => messages().length === 2);
    expect(messages().map(({ kind, run: { runId } }) => [kind, runId])).to.deep.equal([
      ['failed', failed.runId],
      ['recovered', recovered.runId],
    ]);
    const output = `${JSON.stringify(webhook.received)}${JSON.stringify([first.log(), second.log()])}`;
    expect(output).to.not.contain('Nobody-may-see').and.to.not.contain('ada@');
    expect(JSON.stringify([first.log(), second.log()])).to.not.contain('very-secret');
    first.signal('SIGTERM');
    second.signal('SIGTERM');
    expect([(await first.ended).code, (await second.ended).code]).to.deep.equal([0, 0]);
    const restarted = await daemons.start({ SCHEDULE: neverSchedule });
    expect((await run(restarted)).status).to.equal('succeeded');
    expect(messages().length).to.equal(2);
  });

  it('reach a webhook that a reload added, and do not keep the daemon from stopping', async () => {
    await daemons.configure();
    const daemon = await daemons.start({ SCHEDULE: neverSchedule, HUB_KEY: 'wrong' });
    expect((await run(daemon)).status).to.equal('failed');
    await webhook.close();
    webhook = await new ScriptedHub(() => undefined).listen();
    await daemons.configure((config) => config + alerts());
    daemon.signal('SIGHUP');
    await daemon.waitForLog('configuration reloaded');
    expect((await run(daemon)).status).to.equal('failed');
    await waitUntil(() => messages().length === 1);
    expect(messages()[0]).to.include({ kind: 'failed' });
    daemon.signal('SIGTERM');
    expect((await daemon.ended).code).to.equal(0);
  });
});
