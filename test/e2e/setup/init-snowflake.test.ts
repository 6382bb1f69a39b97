import { readdir, readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { testApiKey } from '../../helpers/hub/scripted-hub.ts';
import { startSnowflakeServer } from '../../helpers/snowflake/server.ts';
import type { SnowflakeServer } from '../../helpers/snowflake/server.ts';
import { snowflakeCredentials, userKey } from '../../helpers/snowflake/settings.ts';

describe('panelsync init --source snowflake', () => {
  let cwd: string;
  let panel: TestPanel;
  let server: SnowflakeServer;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'panelsync-snowflake-'));
    panel = await openPanel();
    await panel.sql(
      `create table customers (email text, first_name text, last_name text, phone text, city text, country text,
         plan_tier text, signed_up_on date, research_consent boolean)`,
    );
    await panel.sql(
      `insert into customers values ('ada@example.test', 'Ada', 'Lovelace', '(212) 555-0100', 'London', 'GB', 'pro',
         '2024-02-29', true)`,
    );
    server = await startSnowflakeServer({ ...snowflakeCredentials, url: panel.url });
  });
  afterEach(async () => {
    await server.close();
    await panel.close();
    await rm(cwd, { recursive: true, force: true });
  });

  it('writes a starter that runs once .env is filled in, and leaves no other files', async () => {
    expect((await runCli(['init', '--source', 'snowflake'], { cwd, env: {} })).code).to.equal(0);
    const variables = [
      `DATABASE_URL=${panel.url}\nUSER_INTERVIEWS_API_KEY=${testApiKey}\nSNOWFLAKE_ACCOUNT=ORG-TEST`,
      `SNOWFLAKE_USER=PANELSYNC_USER\nSNOWFLAKE_KEY=user.p8\nSNOWFLAKE_KEY_PASSPHRASE=${userKey.passphrase}`,
      `SNOWFLAKE_ACCESS_URL=${server.url}\n`,
    ];
    await writeFile(join(cwd, '.env'), variables.join('\n'));
    await writeFile(join(cwd, 'config/user.p8'), userKey.key);
    const file = join(cwd, 'config/panelsync.yaml');
    const starter = await readFile(file, 'utf8');
    // The one line that a first real use leaves as it is: the tests' Hub is elsewhere.
    await writeFile(file, starter.replace('https://www.userinterviews.com/api', panel.hub.url));
    const before = await readdir(cwd);

    const check = await runCli(['check'], { cwd, env: {} });
    expect([check.code, check.stderr], check.stdout).to.deep.equal([0, '']);
    expect(check.stdout)
      .to.contain('role PANELSYNC, warehouse COMPUTE_WH')
      .and.contain('SIGNED_UP_ON (DATE), sent as date');

    const run = await runCli(['run', 'research-panel', '--json', '--log-level', 'debug'], { cwd, env: {} });
    expect(parseJsonOutput<{ rows: object }>(run).rows).to.include({ read: 1, inserted: 1 });
    expect(panel.people()['ada@example.test']).to.include({ phone_number: '+12125550100', signed_up: '2024-02-29' });
    expect(run.stderr)
      .to.contain('snowflake driver')
      .and.not.match(/open-sesame|PRIVATE KEY|ada@example/);
    expect(await readdir(cwd)).to.deep.equal(before);
  });
});
