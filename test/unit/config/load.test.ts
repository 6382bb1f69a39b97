import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../../../src/config/issues/issues.ts';
import type { LoadOptions } from '../../../src/config/load.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { minimalConfig, minimalEnvironment, replaceInConfig } from '../../helpers/fixtures/minimal-config.ts';

describe('loading the configuration', () => {
  let cwd = '';

  beforeEach(async () => {
    cwd = await mkdtemp(path.join(tmpdir(), 'panelsync-config-'));
    await write('config/panelsync.yaml', minimalConfig);
    await write('config/models/people.sql', '\ufeffselect email, plan_tier from people');
  });

  afterEach(async () => rm(cwd, { recursive: true }));

  async function write(name: string, content: string | Uint8Array): Promise<void> {
    await mkdir(path.dirname(path.join(cwd, name)), { recursive: true });
    await writeFile(path.join(cwd, name), content);
  }

  async function errorOf(options: Partial<LoadOptions> = {}): Promise<ConfigError> {
    try {
      await loadConfig({ cwd, env: minimalEnvironment, ...options });
    } catch (error) {
      if (error instanceof ConfigError) return error;
      throw error;
    }
    throw new Error('the configuration was loaded');
  }

  it('stops reading files above 4 MB, also endless devices', async () => {
    await write('config/models/people.sql', `select 1 -- ${'x'.repeat(4 * 2 ** 20)}`);
    expect((await errorOf()).issues[0]?.message).to.equal('the file models/people.sql is larger than 4 MB');
    expect((await errorOf({ file: '/dev/zero' })).issues[0]?.message).to.equal('the file is larger than 4 MB');
  });

  it('reads config/panelsync.yaml and the models beside it', async () => {
    const config = await loadConfig({ cwd, env: minimalEnvironment });
    expect(config.file).to.equal(path.join(cwd, 'config/panelsync.yaml'));
    expect(config.syncs['people']?.model.sql).to.equal('select email, plan_tier from people');
  });

  it('puts the state beside the file, whatever the working directory', async () => {
    const config = await loadConfig({
      cwd: tmpdir(),
      file: path.join(cwd, 'config/panelsync.yaml'),
      env: minimalEnvironment,
    });
    expect(config.state.directory).to.equal(path.join(cwd, 'config/.panelsync'));
  });

  it('prefers a given file to PANELSYNC_CONFIG, and that to the default', async () => {
    await write('a/one.yaml', replaceInConfig('model: models/people.sql', 'sql: select 1'));
    await write('a/two.yaml', replaceInConfig('model: models/people.sql', 'sql: select 2'));
    const env = { ...minimalEnvironment, PANELSYNC_CONFIG: 'a/one.yaml' };
    expect((await loadConfig({ cwd, env })).syncs['people']?.model.sql).to.equal('select 1');
    expect((await loadConfig({ cwd, env, file: 'a/two.yaml' })).syncs['people']?.model.sql).to.equal('select 2');
    expect((await loadConfig({ cwd, env: { ...env, PANELSYNC_CONFIG: '' } })).file).to.match(/panelsync\.yaml$/);
  });

  it('reads .env in the working directory, under the environment', async () => {
    await write('.env', 'API_KEY="from # file"\nWAREHOUSE_URL=postgres://file/shop\nAPI_KEY=from-file\n');
    const config = await loadConfig({ cwd, env: { WAREHOUSE_URL: 'postgres://real/shop' } });
    expect(config.destination.apiKey).to.equal('from-file');
    expect(config.sources['warehouse']).to.include({ url: 'postgres://real/shop' });
  });

  it('reads files of variables over .env, the last one first, and under the environment', async () => {
    await write(
      '.env',
      'API_KEY=from-dot-env\nWAREHOUSE_URL=postgres://dot-env/shop\nDATABASE_URL=postgres://dot-env/state\n',
    );
    await write('common.env', 'API_KEY=common\nWAREHOUSE_URL=postgres://common/shop\n');
    await write('production.env', 'API_KEY=production\n');
    const envFiles = ['common.env', path.join(cwd, 'production.env')];
    const config = await loadConfig({ cwd, envFiles, env: {} });
    expect(config.destination.apiKey).to.equal('production');
    expect(config.sources['warehouse']).to.include({ url: 'postgres://common/shop' });
    expect(config.state.url).to.equal('postgres://dot-env/state');
    expect((await loadConfig({ cwd, envFiles, env: { API_KEY: 'real' } })).destination.apiKey).to.equal('real');
    const missing = await errorOf({ envFiles: ['none.env'] });
    expect(missing.message).to.match(/none\.env has 1 issue:\n {2}the file does not exist/);
  });

  it('reads secrets from files, by reference and by NAME_FILE', async () => {
    await write('config/secrets/key', 'key-of-file\n');
    await write('config/panelsync.yaml', replaceInConfig('${API_KEY}', '${file:secrets/key}'));
    expect((await loadConfig({ cwd, env: minimalEnvironment })).destination.apiKey).to.equal('key-of-file');
    await write('config/panelsync.yaml', minimalConfig);
    const env = { WAREHOUSE_URL: 'postgres://real/shop', API_KEY_FILE: path.join(cwd, 'config/secrets/key') };
    expect((await loadConfig({ cwd, env })).destination.apiKey).to.equal('key-of-file');
    await write('config/panelsync.yaml', replaceInConfig('${API_KEY}', '${file:secrets/none}'));
    expect((await errorOf()).issues[0]).to.include({
      path: 'destination.apiKey',
      line: 4,
      message: 'the file does not exist',
    });
  });

  it('refuses a value of a file of variables that is cut short, only where it is used', async () => {
    await write('.env', 'API_KEY=hunter#2\nUNUSED=hunter#2\n');
    const env = { WAREHOUSE_URL: 'postgres://real/shop' };
    const [issue, ...others] = (await errorOf({ env })).issues;
    expect(others).to.deep.equal([]);
    expect(issue).to.include({ line: 4, message: 'the value of API_KEY in .env, line 1, ends at its `#`' });
    expect((await loadConfig({ cwd, env: { ...env, API_KEY: 'real' } })).destination.apiKey).to.equal('real');
    // Node itself may have read the file before we do.
    expect((await errorOf({ env: { ...env, API_KEY: 'hunter' } })).issues).to.deep.equal([issue]);
  });

  it('reports a missing configuration', async () => {
    const error = await errorOf({ file: 'none.yaml' });
    expect(error.message).to.equal(
      'The configuration none.yaml has 1 issue:\n' +
        '  the file does not exist. Run `panelsync init` to write one, or name another with --config.',
    );
  });

  it('rejects with every issue, as data and as text', async () => {
    await write(
      'config/panelsync.yaml',
      replaceInConfig('type: postgres', 'type: postgre', replaceInConfig('  apiKey:', '  api_key:')),
    );
    const error = await errorOf();
    expect(error).to.include({ code: 'config_invalid', recovery: 'usage' });
    expect(error.issues.map((issue) => issue.path)).to.deep.equal([
      'destination.apiKey',
      'destination.api_key',
      'sources.warehouse.type',
    ]);
    expect(error.message).to.equal(`The configuration config/panelsync.yaml has 3 issues:
  line 3: destination.apiKey: is required. Key of the Research Hub's API: Account Settings, API Keys.
  line 4: destination.api_key: unknown key \`api_key\`; did you mean \`apiKey\`? Known here: apiKey, environment, baseUrl, batchSize, requestsPerMinute, concurrency, timeoutMs, maxAttempts, retryAfterCapSeconds, maxSplitRequests, checkCharacteristics, wire, tls.
  line 7: sources.warehouse.type: unknown type \`postgre\`; did you mean \`postgres\`? Known: postgres, redshift, snowflake, duckdb.`);
  });

  it('refuses a folder and a file that is not UTF-8', async () => {
    expect((await errorOf({ file: 'config' })).issues[0]?.message).to.equal('the file is a folder');
    await write('config/models/people.sql', new Uint8Array([0x73, 0xff, 0xfe]));
    expect((await errorOf()).issues[0]?.message).to.equal('the file models/people.sql is not UTF-8 text');
    await mkdir(path.join(cwd, '.env'));
    expect((await errorOf()).message).to.contain('.env has 1 issue');
  });
});
