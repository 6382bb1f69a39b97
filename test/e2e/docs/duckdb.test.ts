import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseJsonOutput, runCli } from '../../helpers/cli/cli.ts';
import { example } from '../../helpers/docs/examples.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { testApiKey } from '../../helpers/hub/scripted-hub.ts';

describe('panelsync init --source duckdb', () => {
  let cwd: string;
  let temporary: string;
  let panel: TestPanel;
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'panelsync-duckdb-start-'));
    temporary = join(cwd, 'tmp');
    await mkdir(temporary);
    panel = await openPanel();
  });
  after(async () => {
    await panel.close();
    await rm(cwd, { recursive: true, force: true });
  });

  const run = async (...args: readonly string[]) => runCli(args, { cwd, env: { TMPDIR: temporary } });

  it('writes a starter with the model of the documentation, which runs with a key of the Hub', async () => {
    const init = await run('init', '--source', 'duckdb');
    expect(init.code, init.stderr).to.equal(0);
    expect(init.stdout).to.contain('npm install @duckdb/node-api').and.contain('wrote config/data/people.csv');
    const model = await readFile(join(cwd, 'config/models/research_panel.sql'), 'utf8');
    expect(model).to.contain(await example('docs/configuration.md#duckdb sql'));
    expect(await readFile(join(cwd, '.gitignore'), 'utf8')).to.contain('/config/data/');
    const file = join(cwd, 'config/panelsync.yaml');
    const starter = await readFile(file, 'utf8');
    expect(starter).to.contain('type: duckdb').and.not.contain('WAREHOUSE_URL');
    // The one line that a first real use leaves as it is: the tests' Hub is elsewhere.
    await writeFile(file, starter.replace('https://www.userinterviews.com/api', panel.hub.url));
    await writeFile(join(cwd, '.env'), `DATABASE_URL=${panel.url}\nUSER_INTERVIEWS_API_KEY=${testApiKey}\n`);

    const check = await run('check');
    expect([check.code, check.stderr], check.stdout).to.deep.equal([0, '']);
    expect(check.stdout)
      .to.match(/DuckDB v\d/)
      .and.contain('signed_up_on (DATE), sent as date');

    const first = await run('run', 'research-panel', '--json');
    expect(parseJsonOutput<{ rows: object }>(first).rows).to.include({ read: 3, inserted: 3 });
    expect(panel.people()['ada@example.test']).to.include({ phone_number: '+12125550100', signed_up: '2024-02-29' });
  });

  it('names file and line where one is not UTF-8, and nobody in it', async () => {
    const people = join(cwd, 'config/data/people.csv');
    const line = 'secret@example.test,Mary,M\u00fcller,1,Paris,FR,pro,2025-01-01\n';
    await writeFile(people, Buffer.from((await readFile(people, 'utf8')) + line, 'latin1'));
    const broken = await run('run', 'research-panel', '--log-level', 'debug');
    expect(broken.code, broken.stderr).to.equal(1);
    expect(broken.stderr)
      .to.match(/data\/people\.csv, line \d: it is not UTF-8/)
      .and.contain("encoding = 'latin-1'");
    expect(broken.stdout + broken.stderr).not.to.match(/secret|Mary|ller|Paris/i);
    expect(Object.keys(panel.people())).to.have.length(3);
    expect(await readdir(temporary)).to.deep.equal([]);
  });
});
