import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { parseJsonOutput } from '../../helpers/cli/cli.ts';
import { runInProcess } from '../../helpers/cli/in-process.ts';
import { minimalConfig } from '../../helpers/fixtures/minimal-config.ts';

const env = { API_KEY: 'key-1', WAREHOUSE_URL: 'postgres://127.0.0.1:1/shop' };

const fixture = (name: string): string => resolve('test/fixtures/openapi', name);

describe('panelsync wire', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'panelsync-wire-'));
    await mkdir(join(cwd, 'config/models'), { recursive: true });
    await writeFile(join(cwd, 'config/models/people.sql'), 'select email, plan_tier from people');
    await writeFile(join(cwd, 'config/panelsync.yaml'), `# ours\n${minimalConfig}`);
  });
  afterEach(() => rm(cwd, { recursive: true, force: true }));

  it('shows what contradicts the configuration, and writes the profile into it', async () => {
    const before = await readFile(join(cwd, 'config/panelsync.yaml'), 'utf8');
    const shown = await runInProcess(['wire', '--openapi', fixture('jsonapi.json')], { cwd, env });
    expect([shown.code, shown.stderr]).to.deep.equal([0, '']);
    expect(shown.stdout)
      .to.contain('destination.wire.envelope is participants, the file says jsonapi (line 16, /paths/~1api~1v2')
      .and.to.contain('Write the profile into the configuration with --write.');
    expect(await readFile(join(cwd, 'config/panelsync.yaml'), 'utf8')).to.equal(before);

    const written = await runInProcess(['wire', '--openapi', fixture('jsonapi.json'), '--write', '--json'], {
      cwd,
      env,
    });
    const profile = { auth: 'bearer', envelope: 'jsonapi', fieldCase: 'camel', characteristics: 'flat' };
    expect(parseJsonOutput(written)).to.deep.include({ profile, written: true, undecided: [], maxBatchSize: 50 });
    const lines = (await readFile(join(cwd, 'config/panelsync.yaml'), 'utf8')).split('\n');
    const added = ['  wire:', ...Object.entries(profile).map(([name, value]) => `    ${name}: ${value}`)];
    expect(lines.filter((line) => !added.includes(line)).join('\n')).to.equal(before);

    const again = await runInProcess(['wire', '--openapi', fixture('jsonapi.json'), '--write'], { cwd, env });
    expect(again.stdout).to.contain('says so already');
  });

  it('ends with 2 for a file of another version, and for one that does not exist', async () => {
    const swagger = await runInProcess(['wire', '--openapi', fixture('swagger.yaml')], { cwd, env });
    expect(swagger.code).to.equal(2);
    expect(swagger.stderr).to.contain('panelsync reads OpenAPI 3.0 and 3.1');
    const missing = await runInProcess(['wire', '--openapi', 'missing.yaml', '--json'], { cwd, env });
    expect(missing.code).to.equal(2);
    expect(missing.stdout).to.contain('The file missing.yaml does not exist.');
  });
});
