import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { testApiKey } from '../../helpers/hub/scripted-hub.ts';

const files = [
  '.env.example',
  '.gitignore',
  'config/models/research_panel.sql',
  'config/panelsync.schema.json',
  'config/panelsync.yaml',
];

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return paths.map((path) => path.slice(folder.length + 1)).toSorted();
}

describe('panelsync init', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'panelsync-init-'));
  });
  afterEach(() => rm(cwd, { recursive: true, force: true }));

  it('writes a starter whose secrets git ignores, and lists the next steps', async () => {
    const { code, stdout, stderr } = await runCli(['init', 'panel'], { cwd, env: {} });
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(await filesIn(join(cwd, 'panel'))).to.deep.equal(files);
    for (const file of files) expect(stdout).to.contain(`wrote ${file}`);
    expect(stdout).to.match(/Next:\n.*cd panel\n.*cp \.env\.example \.env[^]*panelsync check[^]*panelsync run/);
    expect(await readFile(join(cwd, 'panel/.gitignore'), 'utf8'))
      .to.match(/^\.env$/m)
      .and.to.match(/^\.panelsync\/$/m);
    const [first = ''] = (await readFile(join(cwd, 'panel/config/panelsync.yaml'), 'utf8')).split('\n');
    const [, schema = ''] = /\$schema=(\S+)/.exec(first) ?? [];
    await readFile(join(cwd, 'panel/config', schema));
  });

  it('keeps existing files and lists them', async () => {
    await mkdir(join(cwd, 'config'));
    await writeFile(join(cwd, 'config/panelsync.yaml'), 'mine');
    const first = await runCli(['init', '--json'], { cwd, env: {} });
    expect(parseJsonOutput(first)).to.deep.equal({
      directory: cwd,
      written: ['config/panelsync.schema.json', 'config/models/research_panel.sql', '.env.example', '.gitignore'],
      kept: ['config/panelsync.yaml'],
    });
    expect(await readFile(join(cwd, 'config/panelsync.yaml'), 'utf8')).to.equal('mine');
    const second = await runCli(['init'], { cwd, env: {} });
    expect(second.code).to.equal(0);
    for (const file of files) expect(second.stdout).to.contain(`kept  ${file}`);
    expect(second.stdout).to.not.contain('wrote');
  });

  it('refuses a file as the folder', async () => {
    await writeFile(join(cwd, 'panel'), '');
    const { code, stdout, stderr } = await runCli(['init', 'panel'], { cwd, env: {} });
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.contain('cannot be written').and.to.contain('Choose a folder');
  });

  describe('and its starter', () => {
    let panel: TestPanel;
    before(async () => {
      panel = await openPanel();
      await panel.sql(
        `create table customers (email text, first_name text, last_name text, phone text, city text, country text,
           plan_tier text, signed_up_on date, research_consent boolean)`,
      );
    });
    after(() => panel.close());

    it('runs once .env is filled in', async () => {
      await runCli(['init'], { cwd, env: {} });
      const env = `DATABASE_URL=${panel.url}\nWAREHOUSE_URL=${panel.url}\nUSER_INTERVIEWS_API_KEY=${testApiKey}\n`;
      await writeFile(join(cwd, '.env'), env);
      const file = join(cwd, 'config/panelsync.yaml');
      const starter = await readFile(file, 'utf8');
      // The one line that a first real use leaves as it is: the tests' Hub is elsewhere.
      await writeFile(file, starter.replace('https://www.userinterviews.com/api', panel.hub.url));
      await panel.sql(
        `insert into customers values ('ada@example.test', 'Ada', 'Lovelace', '(212) 555-0100', 'London', 'GB', 'pro',
           '2024-02-29', true)`,
      );
      const check = await runCli(['check'], { cwd, env: {} });
      expect([check.code, check.stderr], check.stdout).to.deep.equal([0, '']);
      const run = await runCli(['run', 'research-panel'], { cwd, env: {} });
      expect(run.code, run.stderr).to.equal(0);
      expect(panel.people()['ada@example.test']).to.include({ phone_number: '+12125550100', signed_up: '2024-02-29' });
    });
  });
});
