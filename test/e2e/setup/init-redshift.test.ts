import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import { testApiKey } from '../../helpers/hub/scripted-hub.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { startRedshiftServer } from '../../helpers/redshift/redshift-server.ts';
import type { RedshiftServer } from '../../helpers/redshift/redshift-server.ts';

describe('panelsync init --source redshift', () => {
  let cwd: string;
  let panel: TestPanel;
  let server: RedshiftServer;
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'panelsync-redshift-'));
    panel = await openPanel();
    await panel.sql(
      `create table customers (email text, first_name text, last_name text, phone text, city char(20), country text,
         plan_tier text, signed_up_on date, research_consent boolean)`,
    );
    await panel.sql(
      `insert into customers values ('ada@example.test', 'Ada', 'Lovelace', '(212) 555-0100', 'London', 'GB', 'pro',
         '2024-02-29', true)`,
    );
    server = await startRedshiftServer(panel.url);
  });
  after(async () => {
    await server.close();
    await panel.close();
    await rm(cwd, { recursive: true, force: true });
  });

  it('writes a starter that runs once .env is filled in, and sends nothing when nothing has changed', async () => {
    expect((await runCli(['init', '--source', 'redshift'], { cwd, env: {} })).code).to.equal(0);
    const variables = [
      `DATABASE_URL=${panel.url}`,
      `USER_INTERVIEWS_API_KEY=${testApiKey}`,
      `WAREHOUSE_URL=${server.url}`,
    ];
    await writeFile(join(cwd, '.env'), variables.join('\n'));
    const file = join(cwd, 'config/panelsync.yaml');
    const starter = await readFile(file, 'utf8');
    // The Hub and the warehouse of the tests are on this machine, and the warehouse speaks no TLS.
    const edited = starter.replace('https://www.userinterviews.com/api', panel.hub.url);
    await writeFile(file, edited.replace('mode: verify-full', 'mode: disable'));

    const check = await runCli(['check'], { cwd, env: {} });
    expect([check.code, check.stderr], check.stdout).to.deep.equal([0, '']);
    expect(check.stdout)
      .to.contain('source warehouse: Redshift 1.0.')
      .and.contain('city ← city (character)')
      .and.contain('signed_up_on (date), sent as date');
    const rows = async (): Promise<object> => {
      const run = await runCli(['run', 'research-panel', '--json'], { cwd, env: {} });
      return parseJsonOutput<{ rows: object }>(run).rows;
    };
    expect(await rows()).to.include({ read: 1, inserted: 1 });
    expect(panel.people()['ada@example.test']).to.include({
      city: 'London',
      phone_number: '+12125550100',
      signed_up: '2024-02-29',
    });
    expect(await rows()).to.include({ read: 1, unchanged: 1 });
  });
});
