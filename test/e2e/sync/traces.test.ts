import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { runCli } from '../../helpers/cli/cli.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { neverSchedule, TestDaemons } from '../../helpers/daemon/daemon.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const callerId = 'b7ad6b7169203331';
const traceparent = `00-0af7651916cd43dd8448eb211c80319c-${callerId}-01`;

interface ExportedSpan {
  readonly name: string;
  readonly parent: string | null;
}

describe('traces', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await panel.setPeople([{ email: 'ada@example.test' }]);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  /** The environment of a process with an SDK, and the spans that have left it. */
  function withSdk(name: string): { readonly env: Project['env']; spans(): Promise<readonly ExportedSpan[]> } {
    const file = join(project.cwd, name);
    const register = pathToFileURL('dist/test/helpers/tracing/register.js').href;
    return {
      env: { NODE_OPTIONS: `--import ${register}`, TRACE_FILE: file },
      spans: async () =>
        (await readFile(file, 'utf8'))
          .trimEnd()
          .split('\n')
          .map((line): ExportedSpan => JSON.parse(line)),
    };
  }

  it('of a command reach the SDK before it ends, below the span that TRACEPARENT names', async () => {
    const { env, spans } = withSdk('command.jsonl');
    const { code, stderr } = await runCli(['run', 'panel'], project.withEnv({ ...env, TRACEPARENT: traceparent }));
    expect(code, stderr).to.equal(0);
    const exported = await spans();
    expect(exported.map(({ name }) => name)).to.include.members(['panelsync.read', 'panelsync.batch', 'panelsync.run']);
    expect(exported.find(({ name }) => name === 'panelsync.run')?.parent).to.equal(callerId);
  });

  it('of a daemon begin at the HTTP call that starts a run', async () => {
    const { env, spans } = withSdk('daemon.jsonl');
    const daemons = new TestDaemons(project);
    await daemons.configure();
    try {
      const daemon = await daemons.start({ ...env, SCHEDULE: neverSchedule, TRACEPARENT: traceparent });
      const address = `${daemon.url}/api/syncs/panel/runs`;
      const other = traceparent.replace(callerId, '00f067aa0ba902b7');
      expect((await fetch(address, { method: 'POST', headers: { traceparent: other } })).status).to.equal(202);
      await daemon.waitForLog('run finished');
      expect((await fetch(address, { method: 'POST' })).status).to.equal(202);
      await daemon.waitForLog('run finished', 2);
      daemon.signal('SIGTERM');
      expect((await daemon.ended).code).to.equal(0);
    } finally {
      await daemons.killAll();
    }
    const runs = (await spans()).filter(({ name }) => name === 'panelsync.run');
    expect(runs.map(({ parent }) => parent)).to.deep.equal(['00f067aa0ba902b7', null]);
  });
});
