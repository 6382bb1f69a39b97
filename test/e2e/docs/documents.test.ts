import { expect } from 'chai';
import { parse } from 'yaml';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { example } from '../../helpers/docs/examples.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { neverSchedule, TestDaemons } from '../../helpers/daemon/daemon.ts';
import { respondWith, ScriptedHub } from '../../helpers/hub/scripted-hub.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

/** JSON with comments is YAML with comments of another kind. */
function parseJsonc(text: string): unknown {
  return parse(text.replaceAll(/ \/\/ .*$/gm, ''));
}

/** The same document with the type in the place of each value, and one entry of each list. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? null : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, shapeOf(child)]));
}

const ada = { email: 'ada@example.test', first_name: 'Ada' };

const wire = {
  auth: 'apikey-header',
  envelope: 'participants',
  fieldCase: 'snake',
  characteristics: 'nested',
} as const;

describe('documents in the documentation', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await panel.setPeople([ada]);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('the report of a run has the members that are shown', async () => {
    const documented = parseJsonc(await example('docs/running.md#reports jsonc'));
    await panel.setPeople([ada, { email: 'none' }]);
    await project.write('config/models/dated.sql', 'select *, now() as updated_at from people');
    const freshness = '    freshness: { column: updated_at, maxAge: 2h }\n';
    await project.configure({ '    schedule:': `${freshness}    schedule:` }, 'config/dated.yaml');
    const environment = project.withEnv({ MODEL: 'models/dated.sql' });
    const result = await runCli(['run', 'panel', '--json', '--config', 'config/dated.yaml'], environment);
    const report = parseJsonOutput<object>(result);
    await panel.setPeople([ada]);
    expect(shapeOf(documented)).to.deep.equal(shapeOf({ ...report, notes: [] }));
  });

  it('the result of a canary has the members that are shown', async () => {
    const documented = parseJsonc(await example('docs/hub.md#canary-one-test-person jsonc'));
    panel.hub.setOptions({ unknownKeys: 'drop', wire: { ...wire, fieldCase: 'camel' } });
    const result = await runCli(['canary', 'panel', '--email', 'canary@example.test', '--json'], project);
    const canary = parseJsonOutput<Readonly<Record<string, readonly object[]>>>(result);
    const dropped = canary['fields']?.filter((field) => 'status' in field && field.status === 'dropped');
    const wrong = canary['settings']?.filter((setting) => 'status' in setting && setting.status === 'wrong');
    const comparable = { ...canary, fields: dropped, settings: wrong, notes: [] };
    expect(shapeOf({ ...comparable, requestId: '' })).to.deep.equal(shapeOf(documented));
    panel.hub.setOptions({ unknownKeys: 'refuse', wire });
  });

  it('the message to a webhook has the members that are shown', async () => {
    const documented: unknown = JSON.parse(await example('docs/watching.md#alerts json'));
    const webhook = await new ScriptedHub(respondWith(200, 'ok')).listen();
    const daemons = new TestDaemons(project);
    await daemons.configure((text) => `${text}alerts: { chat: { url: "${webhook.url}", format: json } }\n`);
    try {
      const failing = { SCHEDULE: neverSchedule, HUB_KEY: 'wrong' };
      await panel.setPeople([ada, { email: 'grace@example.test', first_name: 'Grace' }]);
      expect((await runCli(['run', 'panel'], project.withEnv({ HUB_KEY: failing.HUB_KEY }))).code).to.equal(1);
      await daemons.start(failing);
      await waitUntil(() => webhook.received.length > 0);
      const message = JSON.parse(webhook.received[0]?.body ?? '');
      expect(Object.keys(message)).to.deep.equal(Object.keys(documented as object));
      expect(message).to.include({ version: 1, kind: 'failed' });
      expect(shapeOf(message.run.error)).to.deep.equal({ code: 'string', message: 'string', hint: 'string' });
    } finally {
      await daemons.killAll();
      await webhook.close();
    }
  });
});
