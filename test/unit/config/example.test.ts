import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { expect } from 'chai';
import { configJsonSchema } from '../../../src/config/schema/json-schema.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { referencePattern } from '../../../src/config/yaml/substitution.ts';
import { isMapping } from '../../../src/config/setting.ts';

const schemaFile = 'config/panelsync.schema.json';

describe('the example configuration', () => {
  const env = { USER_INTERVIEWS_API_KEY: 'key', WAREHOUSE_URL: 'postgres://reader@localhost/shop' };

  it('is valid once the key and the warehouse are set', async () => {
    const config = await loadConfig({ cwd: '.', file: 'config/panelsync.yaml', env });
    expect(Object.keys(config.sources)).to.deep.equal(['warehouse']);
    expect(config.syncs['research-panel']).to.include({ mode: 'upsert', schedule: '*/15 * * * *' });
    expect(config.syncs['research-panel']?.model.sql).to.contain('select');
    expect(config.state.url).to.equal(null);
  });

  it('uses exactly the variables that .env.example lists', async () => {
    const used = [...(await readFile('config/panelsync.yaml', 'utf8')).matchAll(/\$\{([A-Z_]+)(?::-|\})/g)].map(
      (match) => match[1],
    );
    const listed = Object.keys(parseEnv(await readFile('.env.example', 'utf8')));
    expect(new Set(used.filter((name) => name !== 'NAME'))).to.deep.equal(new Set(listed));
  });

  it('names its schema for editors', async () => {
    const [first] = (await readFile('config/panelsync.yaml', 'utf8')).split('\n');
    expect(first).to.equal('# yaml-language-server: $schema=./panelsync.schema.json');
  });
});

describe('the JSON Schema of the configuration', () => {
  it('matches config/panelsync.schema.json', async () => {
    const written: unknown = JSON.parse(await readFile(schemaFile, 'utf8'));
    const command =
      `node -e "import('./dist/src/config/schema/json-schema.js').then((schema) => ` +
      `fs.writeFileSync('${schemaFile}', JSON.stringify(schema.configJsonSchema(), null, 2)))" && npx prettier --write config`;
    expect(written, `write it again: ${command}`).to.deep.equal(configJsonSchema());
  });

  it('describes every setting', () => {
    const silent: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (!isMapping(node)) return;
      if (path !== '' && !path.endsWith('*') && node['description'] === undefined) silent.push(path);
      const properties = isMapping(node['properties']) ? node['properties'] : {};
      for (const [key, child] of Object.entries(properties)) visit(child, `${path}.${key}`);
      visit(node['additionalProperties'], `${path}.*`);
      const options = [node['oneOf'], node['anyOf']].flatMap((some) => (Array.isArray(some) ? some : []));
      for (const option of options) visit(option, `${path}*`);
    };
    visit(configJsonSchema(), '');
    expect(silent).to.deep.equal([]);
  });

  it('allows references where it expects a number or one of several words', () => {
    const text = JSON.stringify(configJsonSchema());
    const reference = JSON.stringify({ type: 'string', pattern: referencePattern });
    expect(text).to.contain(`{"type":"integer","minimum":1,"maximum":100},${reference}`);
    expect(text).to.contain(`{"type":"string","enum":["upsert","insert","update"]},${reference}`);
  });
});
