import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { example } from '../../helpers/docs/examples.ts';
import { installPanelsync, runProgram, runShell } from '../../helpers/docs/shell.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { testApiKey } from '../../helpers/hub/scripted-hub.ts';

const customersTable = `create table customers (email text, first_name text, last_name text, phone text, city text,
  country text, plan_tier text, signed_up_on date, research_consent boolean)`;

const customers = `insert into customers select 'person' || n || '@example.test', 'Person', 'Number ' || n, null, 'Oslo',
  'Norway', 'pro', '2024-02-29', true from generate_series(1, 8) n`;

/** The commands of a numbered list, in their order. */
async function numberedCommands(heading: string): Promise<readonly string[]> {
  const [, section = ''] = (await readFile('README.md', 'utf8')).split(`## ${heading}\n`);
  const [list = ''] = section.split('\n## ');
  return [...list.matchAll(/^\d+\. .*$/gm)].flatMap(([line]) =>
    [...line.matchAll(/`(npx panelsync [^`]+)`/g)].map(([, command = '']) => command),
  );
}

describe('README, step by step', () => {
  let panel: TestPanel;
  let cwd: string;
  const env = {};
  beforeEach(async () => {
    panel = await openPanel();
    await panel.sql(customersTable);
    await panel.sql(customers);
    cwd = await mkdtemp(join(tmpdir(), 'panelsync-readme-'));
    await installPanelsync({ cwd });
    const secrets = `DATABASE_URL=${panel.url}\nWAREHOUSE_URL=${panel.url}\nUSER_INTERVIEWS_API_KEY=${testApiKey}\n`;
    await writeFile(join(cwd, '.env'), secrets);
  });
  afterEach(async () => {
    await panel.close();
    await rm(cwd, { recursive: true, force: true });
  });

  /** The one line that differs from a real first sync: the Hub of the tests is elsewhere. */
  async function useTestHub(change: (text: string) => string): Promise<void> {
    const file = join(cwd, 'config/panelsync.yaml');
    await writeFile(file, change(await readFile(file, 'utf8')));
  }

  it('leads from an empty folder to a complete panel', async () => {
    const commands = await numberedCommands('Your first sync in ten minutes');
    expect(commands.map((command) => command.split(' ')[2])).to.deep.equal([
      'init',
      'check',
      'plan',
      'baseline',
      'canary',
      'run',
      'run',
    ]);
    const delivered: number[] = [];
    for (const command of commands) {
      const { code, stdout, stderr } = await runShell(command, { cwd, env });
      expect(code, `${command}\n${stdout}${stderr}`).to.equal(0);
      if (command.includes(' init')) {
        await useTestHub((text) => text.replace('https://www.userinterviews.com/api', panel.hub.url));
      }
      delivered.push(Object.keys(panel.people()).filter((email) => email.startsWith('person')).length);
    }
    expect(delivered).to.deep.equal([0, 0, 0, 0, 0, 5, 8]);
    expect(panel.people()).to.have.property('you+canary@your-company.com');
  });

  it('has a minimal configuration that runs', async () => {
    await runShell('npx panelsync init', { cwd, env });
    await writeFile(join(cwd, 'config/panelsync.yaml'), await example('README.md#configuration yaml'));
    await useTestHub((text) =>
      text.replace(
        /^destination:\n/m,
        `state: { url: '\${DATABASE_URL}' }\ndestination:\n  baseUrl: ${panel.hub.url}\n`,
      ),
    );
    const { code, stderr } = await runShell('npx panelsync run research-panel', { cwd, env });
    expect(code, stderr).to.equal(0);
    expect(Object.keys(panel.people())).to.have.length(8);
  });

  it('creates a key pair for Snowflake', async () => {
    const script = await example('docs/configuration.md#snowflake sh');
    // openssl asks for a passphrase on a terminal; here it gets one as an argument.
    const unattended = script
      .replace('openssl pkcs8 -topk8', 'openssl pkcs8 -passout pass:secret -topk8')
      .replace('openssl rsa', 'openssl rsa -passin pass:secret');
    const { code, stderr } = await runProgram('sh', ['-ec', unattended], { cwd, env });
    expect(code, stderr).to.equal(0);
    expect(await readFile(join(cwd, 'panelsync.p8'), 'utf8')).to.contain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(await readFile(join(cwd, 'panelsync.pub'), 'utf8')).to.contain('BEGIN PUBLIC KEY');
  });
});
