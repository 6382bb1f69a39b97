import { readFile, stat } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { commands } from '../../../src/commands/commands.ts';
import { parseConfig } from '../../../src/config/parse.ts';

const documents = [
  'README.md',
  'docs/architecture.md',
  'docs/coming-from.md',
  'docs/configuration.md',
  'docs/contributing.md',
  'docs/dbt.md',
  'docs/hub.md',
  'docs/page.md',
  'docs/privacy.md',
  'docs/running.md',
  'docs/sql.md',
  'docs/state.md',
  'docs/tested.md',
  'docs/troubleshooting.md',
  'docs/watching.md',
];

async function text(file: string): Promise<string> {
  return readFile(file, 'utf8');
}

/** The anchors of headings: words in lower case, without punctuation, joined by hyphens. */
function anchorsIn(markdown: string): readonly string[] {
  const headings = [...markdown.replaceAll(/^```.*?^```$/gms, '').matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function linksIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

describe('the pages of the documentation', () => {
  for (const file of documents) {
    it(`link to existing headings of packed files: ${file}`, async () => {
      const { files }: { files: readonly string[] } = JSON.parse(await text('package.json'));
      const links = linksIn(await text(file));
      for (const link of links) {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? file : normalize(join(dirname(file), path));
        await stat(target);
        if (anchor !== undefined) expect(anchorsIn(await text(target)), link).to.include(anchor);
        const packed = ['README.md', 'LICENSE', 'package.json', ...files];
        expect(
          packed.some((one) => target === one || target.startsWith(`${one}/`)),
          `${target} is in the package`,
        ).to.equal(true);
      }
    });
  }

  it('are all linked from README', async () => {
    const links = linksIn(await text('README.md')).map((link) => link.split('#')[0]);
    expect(links).to.include.members([...documents.slice(1), 'docs/decisions.md']);
  });

  it('name every command', async () => {
    const readme = await text('README.md');
    const missing = commands.filter(({ name }) => !new RegExp(`\`${name}[ \`]`).test(readme)).map(({ name }) => name);
    expect(missing).to.deep.equal([]);
  });

  it('name every key of the configuration', async () => {
    const page = await text('docs/configuration.md');
    const keys = keysOf(JSON.parse(await text('config/panelsync.schema.json')));
    expect(keys.length).to.be.above(50);
    expect(keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(page))).to.deep.equal([]);
  });

  it('describe every table and every state of a run and of a batch', async () => {
    const schema = await text('migrations/0001_state.sql');
    const architecture = await text('docs/architecture.md');
    const tables = [...schema.matchAll(/^create (?:unlogged )?table (\w+)/gm)].map(([, table = '']) => table);
    expect(tables.length).to.be.above(15);
    expect(tables.filter((table) => !architecture.includes(`\`${table}\``))).to.deep.equal([]);
    const lists = [...schema.matchAll(/ (?:state|status) text not null check \((?:state|status) in \(([^)]+)\)/g)];
    const states = lists.flatMap(([, list = '']) => [...list.matchAll(/'(\w+)'/g)].map(([, state = '']) => state));
    expect(states).to.include.members(['in_flight', 'stopped']);
    const diagrams = [...architecture.matchAll(/^```mermaid\nstateDiagram.*?^```$/gms)].join('\n');
    expect(states.filter((state) => !new RegExp(`--> ${state}\\b`).test(diagrams))).to.deep.equal([]);
  });

  it('describe every view and its columns as the database does', async () => {
    const schema = await text('migrations/0001_state.sql');
    const page = await text('docs/sql.md');
    const comments = [...schema.matchAll(/^comment on (view|column) (v_[\w.]+) is\s+'([^']+)';$/gm)];
    const described = comments.map(([, kind, name = '', meaning = '']) => {
      const [view = '', column] = name.split('.');
      const [, section = ''] = page.split(`\n### ${view}\n`);
      const place = section.split('\n### ')[0]?.replaceAll(/ {2,}/g, ' ') ?? '';
      return [name, place.includes(kind === 'view' ? `\n${meaning}\n` : `| \`${column}\` | ${meaning} |`)] as const;
    });
    expect(described.length).to.be.above(90);
    expect(described.filter(([, isDescribed]) => !isDescribed)).to.deep.equal([]);
    const columns = comments.filter(([, kind]) => kind === 'column').length;
    expect([...page.matchAll(/^\| `\w+` +\| /gm)], 'no others').to.have.length(columns);
  });

  it('start with a valid configuration', async () => {
    const [, example = ''] = /```yaml\n(.*?)```/s.exec(await text('README.md')) ?? [];
    const env = { USER_INTERVIEWS_API_KEY: 'key', WAREHOUSE_URL: 'postgres://reader@warehouse/shop' };
    const read = async (): Promise<{ text: string }> => ({ text: 'select 1' });
    const { config, issues } = await parseConfig({
      text: example,
      file: '/panel/panelsync.yaml',
      layers: [{ values: env }],
      readFile: read,
    });
    expect(issues).to.equal(null);
    expect(Object.keys(config?.syncs ?? {}).length).to.equal(1);
  });
});

/** The names of all properties of a JSON schema. */
function keysOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const inner = Object.values(schema).flatMap(keysOf);
  if (!('properties' in schema) || typeof schema.properties !== 'object' || schema.properties === null) return inner;
  return [...Object.keys(schema.properties), ...inner];
}
