import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { Check } from '../../../src/commands/check/check-result.ts';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { neverSchedule, TestDaemons } from '../../helpers/daemon/daemon.ts';
import { manifestText } from '../../helpers/dbt/manifest.ts';
import { example } from '../../helpers/docs/examples.ts';
import { installPanelsync, runShell } from '../../helpers/docs/shell.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const researchPanel = 'model: { dbt: { manifest: ../target/manifest.json, ref: research_panel } }';
const misspelled = 'model: { dbt: { manifest: ../target/manifest.json, ref: reserch_panel } }';

describe('a model that dbt builds', () => {
  let panel: TestPanel;
  let project: Project;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await project.configure({
      'model: ${MODEL:-models/people.sql}': researchPanel,
    });
    await project.configure({ 'model: ${MODEL:-models/people.sql}': misspelled }, 'config/misspelled.yaml');
    const database = new URL(panel.url).pathname.slice(1);
    await project.write('target/manifest.json', manifestText({ database, schema: 'Odd Marts' }));
    await project.write('models/.keep', '');
    await panel.sql('create schema "Odd Marts"');
    await panel.sql(`create table "Odd Marts".research_panel as
      select 'ada@example.test' as email, 'Ada' as first_name, 'London' as city, 'pro' as plan, 7 as other`);
  });
  after(async () => {
    await project.remove();
    await panel.close();
  });

  it('is checked with its documentation, and runs', async () => {
    const { code, stdout } = await runCli(['check', 'panel'], project);
    expect(code, stdout).to.equal(0);
    const shown = (await example('docs/dbt.md#the-model-of-a-sync text'))
      .replace('model of research-panel', 'model of panel')
      .replace('"shop"."marts"', `"${new URL(panel.url).pathname.slice(1)}"."Odd Marts"`);
    const lines = stdout.split('\n').map((line) => line.trim());
    expect(lines).to.include.members(
      shown
        .trimEnd()
        .split('\n')
        .map((line) => line.trim()),
    );
    expect(lines).to.include('first_name ← first_name (text)');
    const { checks } = parseJsonOutput<{ checks: readonly Check[] }>(
      await runCli(['check', 'panel', '--json'], project),
    );
    const model = checks.find(({ name }) => name === 'model of panel');
    expect(model?.dbt?.uniqueId).to.equal('model.shop.research_panel');
    expect(model?.mapping?.map(({ description }) => description ?? null)).to.deep.equal([
      'Address that invitations go to',
      null,
      null,
      'Name of the plan, without its price',
    ]);
    const run = await runCli(['run', 'panel', '--json'], project);
    expect(parseJsonOutput<{ rows: object }>(run).rows).to.include({ read: 1, inserted: 1 });
    expect(Object.keys(panel.people())).to.deep.equal(['ada@example.test']);
  });

  it('that the manifest does not have ends a run with 2, the line and the nearest name', async () => {
    const { code, stderr } = await runCli(['run', 'panel', '--config', 'config/misspelled.yaml'], project);
    expect(code).to.equal(2);
    expect(stderr).to.match(
      /line \d+: syncs\.panel\.model\.dbt\.ref: the manifest has no model .*did you mean `research_panel`\?/,
    );
  });

  it('has an exposure that depends on it', async () => {
    await installPanelsync(project);
    const { code, stderr } = await runShell(await example('docs/dbt.md#exposures sh'), project);
    expect([code, stderr]).to.deep.equal([0, '']);
    const { exposures } = parse(await readFile(join(project.cwd, 'models/panelsync.yml'), 'utf8'));
    expect(exposures).to.have.length(2);
    expect(exposures[0]).to.deep.include({
      name: 'panelsync_panel',
      type: 'application',
      depends_on: ["ref('research_panel')"],
      owner: { name: 'Research', email: 'research@example.com' },
    });
  });

  it('is read again by a daemon on SIGHUP; a manifest that dbt is still writing changes nothing', async () => {
    const daemons = new TestDaemons(project);
    try {
      await daemons.configure((text) => text.replace('model: models/people.sql', researchPanel));
      const daemon = await daemons.start({ SCHEDULE: neverSchedule });
      await project.write('target/manifest.json', '{ "metadata": ');
      // It may still be starting.
      daemon.signal('SIGHUP');
      await daemon.waitForLog('configuration not reloaded: the previous one stays in use');
      await panel.sql('alter schema "Odd Marts" rename to renamed');
      const database = new URL(panel.url).pathname.slice(1);
      await project.write('target/manifest.json', manifestText({ database, schema: 'renamed', version: 20 }));
      daemon.signal('SIGHUP');
      await daemon.waitForLog('configuration reloaded');
      await fetch(`${daemon.url}/api/syncs/panel/runs`, { method: 'POST' });
      expect(await daemon.waitForLog('run finished')).to.include({ status: 'succeeded' });
    } finally {
      await daemons.killAll();
    }
  });
});
