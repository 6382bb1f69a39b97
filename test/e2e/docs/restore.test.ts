import { expect } from 'chai';
import { createProject } from '../../helpers/cli/project.ts';
import type { Project } from '../../helpers/cli/project.ts';
import { example } from '../../helpers/docs/examples.ts';
import { installPanelsync, runShell } from '../../helpers/docs/shell.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { query } from '../../helpers/postgres/postgres.ts';
import {
  startSystemPostgres,
  systemPostgresFolder,
  throwawaySettings,
} from '../../helpers/postgres/system-postgres.ts';
import type { SystemServer } from '../../helpers/postgres/system-postgres.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada', city: 'London' };

describe('backup and restore in the documentation', () => {
  if (systemPostgresFolder === null) {
    it('NOT TESTED: no pg_dump of a Postgres of the system', () => undefined);
    return;
  }

  let panel: TestPanel;
  let project: Project;
  let server: SystemServer;
  before(async () => {
    panel = await openPanel();
    project = await createProject(panel);
    await installPanelsync(project);
    server = await startSystemPostgres(systemPostgresFolder ?? '', throwawaySettings);
    for (const name of ['state', 'restored']) await query(server.url, `create database ${name}`);
    await query(server.url, 'create role reports login');
  });
  after(async () => {
    await server.stop();
    await project.remove();
    await panel.close();
  });

  function addressOf(database: string): string {
    return server.url.replace(/\/postgres$/, `/${database}`);
  }

  async function shell(
    script: string,
    database: string,
  ): Promise<{ readonly code: number | null; readonly text: string }> {
    const env = { ...project.env, DATABASE_URL: addressOf(database) };
    const path = `${project.cwd}/bin:${systemPostgresFolder}:${process.env['PATH']}`;
    const { code, stdout, stderr } = await runShell(script, { cwd: project.cwd, env: { ...env, PATH: path } });
    return { code, text: stdout + stderr };
  }

  it('bring back the ledger with its views and grants; runs wait until the Hub was read', async () => {
    const backup = await example('docs/state.md#backup-and-restore sh');
    const restore = await example('docs/state.md#backup-and-restore sh 2');
    const afterwards = (await example('docs/state.md#backup-and-restore sh 3')).replaceAll('research-panel', 'panel');

    await panel.setPeople([ada]);
    expect(await shell('npx panelsync run panel', 'state')).to.include({ code: 0 });
    await query(addressOf('state'), 'grant usage on schema panelsync to reports');
    await query(addressOf('state'), 'grant select on panelsync.v_runs to reports');
    expect(await shell(backup, 'state')).to.deep.equal({ code: 0, text: '' });
    await panel.setPeople([{ ...ada, city: 'Paris' }]);
    expect(await shell('npx panelsync run panel', 'state')).to.include({ code: 0 });

    expect(await shell(restore, 'restored')).to.deep.equal({ code: 0, text: '' });
    const asReports = addressOf('restored').replace('postgres@', 'reports@');
    expect(await query(asReports, 'select run_id, inserted from panelsync.v_runs')).to.deep.equal([
      { run_id: '1', inserted: '1' },
    ]);
    await panel.setPeople([{ ...ada, city: 'London' }]);
    const { code, text } = await shell('npx panelsync run panel', 'restored');
    expect([code, text.includes('verify panel --repair')]).to.deep.equal([2, true]);
    expect(panel.people()[ada.email]).to.include({ city: 'Paris' });

    const { code: repaired, text: plan } = await shell(afterwards, 'restored');
    expect(repaired, plan).to.equal(0);
    expect(plan).to.contain('1 to update');
    expect(await shell('npx panelsync run panel', 'restored')).to.include({ code: 0 });
    expect(panel.people()[ada.email]).to.include({ city: 'London' });
  });
});
