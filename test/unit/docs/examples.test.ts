import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { commands } from '../../../src/commands/commands.ts';
import { ProgressLines } from '../../../src/commands/shared/progress-lines.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { ParseResult } from '../../../src/config/parse.ts';
import { manifestText } from '../../helpers/dbt/manifest.ts';
import { allExamples, documentationPages, example, inlineCode } from '../../helpers/docs/examples.ts';
import { runProgram } from '../../helpers/docs/shell.ts';

/** Examples that no test runs, and why. Shell scripts among them are parsed. */
const notRun: ReadonlyMap<string, string> = new Map([
  ['README.md#panelsync sh', 'npm ci would replace the dependencies of the running tests; .ci/run runs it'],
  ['README.md#panelsync sh 2', 'it runs this test; .ci/run runs it'],
  ['docs/contributing.md#set-up sh', 'it runs this test; .ci/run runs it'],
  ['docs/contributing.md#tests sh', 'it would rebuild the running tests'],
  ['docs/running.md#systemd sh', 'needs root and systemd'],
  ['docs/running.md#docker sh', 'needs Docker'],
  ['docs/running.md#kubernetes sh', 'needs a cluster'],
  ['docs/watching.md#traces sh', 'downloads an SDK; test/e2e/sync/traces.test.ts brings another'],
  ['docs/running.md#tls-and-proxies nginx', 'needs nginx and a certificate'],
  ['docs/running.md#tls-and-proxies caddy', 'needs Caddy and a public name'],
  ['docs/configuration.md#redshift sql', 'needs a Redshift cluster'],
  ['docs/configuration.md#snowflake sql', 'needs a Snowflake account'],
  ['docs/configuration.md#duckdb sh', 'installs a package'],
  ['README.md#your-first-sync-in-ten-minutes sh', 'installs a package; test/e2e/docs/duckdb.test.ts runs the rest'],
  ['docs/configuration.md#in-the-warehouse sql 2', 'needs a Snowflake account'],
  ['docs/architecture.md#one-run text', 'a picture'],
  ['docs/architecture.md#folders mermaid', 'a picture'],
  ['docs/architecture.md#the-life-of-a-run mermaid', 'a picture'],
  ['docs/architecture.md#the-life-of-a-batch mermaid', 'a picture'],
]);

const commonFlags = ['--config', '--json', '--log-level', '--help', '--version'];

/** The ids of all examples that test files ask for. */
async function testedIds(): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const folder of ['test/e2e/docs', 'test/unit/docs']) {
    for (const file of await readdir(folder)) {
      const text = await readFile(join(folder, file), 'utf8');
      for (const [, id = ''] of text.matchAll(/\bexample\(\s*'([^']+)'/g)) ids.add(id);
    }
  }
  return ids;
}

/** What is wrong with a command line of a page, if anything: an unknown command or option. */
function commandIssue(line: string): string | null {
  const words = line.split(/\s+/);
  const name = words[words.indexOf('panelsync') + 1] ?? '';
  if (name === '' || name.startsWith('-') || !/^[a-z]+$/.test(name)) return null;
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) return `${line}: no command ${name}`;
  const known = new Set([...commonFlags, ...command.options.map(({ flags }) => flags.split(' ')[0])]);
  const unknown = words.filter((word) => word.startsWith('--') && !known.has(word.replace(/=.*/, '')));
  return unknown.length === 0 ? null : `${line}: no option ${unknown.join(', ')}`;
}

describe('examples of the documentation', () => {
  it('are all run by a test, or listed with the reason why not', async () => {
    const ids = (await allExamples()).map(({ id }) => id);
    const covered = [...(await testedIds()), ...notRun.keys()];
    expect(ids.toSorted()).to.deep.equal(covered.toSorted());
  });

  it('are valid shell scripts, run or not', async () => {
    const scripts = (await allExamples()).filter(({ language }) => language === 'sh');
    expect(scripts.length).to.be.above(5);
    for (const { id, text } of scripts) {
      const { code, stderr } = await runProgram('sh', ['-n', '-c', text], { cwd: '.', env: {} });
      expect([code, stderr], id).to.deep.equal([0, '']);
    }
  });

  it('name scripts and files of the checkout that exist', async () => {
    const { scripts }: { scripts: Readonly<Record<string, string>> } = JSON.parse(
      await readFile('package.json', 'utf8'),
    );
    for (const { id, language, text } of await allExamples()) {
      if (language !== 'sh') continue;
      for (const [, script = ''] of text.matchAll(/\bnpm run ([\w:]+)/g)) expect(scripts, id).to.have.property(script);
      for (const [, file = ''] of text.matchAll(
        /(?<=^| |node_modules\/panelsync\/)((?:docs|config|dist)\/[\w./-]+)/gm,
      )) {
        await stat(file);
      }
    }
  });

  it('use commands and options that exist, in prose too', async () => {
    const issues: string[] = [];
    for (const page of await documentationPages()) {
      const lines = inlineCode(await readFile(page, 'utf8')).filter((code) => /^(npx )?panelsync /.test(code));
      issues.push(...lines.flatMap((line) => commandIssue(line) ?? []).map((issue) => `${page}: ${issue}`));
    }
    for (const { id, text } of await allExamples()) {
      const lines = [...text.matchAll(/npx panelsync [^|;&})"]+/g)].map(([line]) => line.trim());
      issues.push(...lines.flatMap((line) => commandIssue(line) ?? []).map((issue) => `${id}: ${issue}`));
    }
    expect(issues).to.deep.equal([]);
    expect(commandIssue('npx panelsync rnu x')).to.equal('npx panelsync rnu x: no command rnu');
    expect(commandIssue('panelsync run x --ful')).to.equal('panelsync run x --ful: no option --ful');
  });

  it('configure a Prometheus that scrapes the default port and loads the packed rules', async () => {
    const [document] = parseAllDocuments(await example('docs/watching.md#prometheus-and-grafana yaml'));
    expect(document?.errors).to.deep.equal([]);
    const { scrape_configs, rule_files } = document?.toJS() ?? {};
    expect(scrape_configs[0].static_configs).to.deep.equal([{ targets: ['panelsync:8787'] }]);
    expect(rule_files).to.have.length(1);
  });

  it('name a model of dbt', async () => {
    const { config, issues } = await parseConfig({
      text: `destination: { apiKey: key }\nsources: { warehouse: { type: postgres, url: postgres://db/shop } }\n${await example('docs/dbt.md#the-model-of-a-sync yaml')}`,
      file: '/shop/config/panelsync.yaml',
      layers: [],
      readFile: async (file) =>
        file === '/shop/target/manifest.json' ? { text: manifestText() } : { problem: 'does not exist', missing: true },
    });
    expect(issues).to.equal(null);
    expect(config?.syncs['research-panel']?.model.dbt?.uniqueId).to.equal('model.shop.research_panel');
  });

  async function parseExample(text: string): Promise<ParseResult> {
    return parseConfig({
      text:
        'state: { url: postgres://db/state }\ndestination: { apiKey: key }\n' +
        'sources: { warehouse: { type: postgres, url: postgres://db/shop } }\n' +
        `syncs:\n  research-panel:\n    source: warehouse\n    sql: select 1\n    mapping: { email: email }\n${text}`,
      file: '/panel/panelsync.yaml',
      layers: [{ values: { ALERT_WEBHOOK_URL: 'https://hooks.example.test/secret' } }],
      readFile: async () => ({ text: 'select 1' }),
    });
  }

  it('show a line of progress with the members that it has', async () => {
    const documented: object = JSON.parse(await example('docs/watching.md#following-a-run json'));
    const lines: string[] = [];
    const display = new ProgressLines((line) => void lines.push(line), Date.now);
    display.show({ sync: 'research-panel', runId: '17', step: 'send', done: 0, total: 120 });
    expect(Object.keys(JSON.parse(lines[0] ?? ''))).to.deep.equal(Object.keys(documented));
  });

  it('configure a webhook', async () => {
    const { config, issues } = await parseExample(await example('docs/watching.md#alerts yaml'));
    expect(issues).to.equal(null);
    expect(config?.alerts['chat']).to.deep.include({ format: 'slack', syncs: ['research-panel'] });
    expect(Object.keys(config?.alerts ?? {}), 'without the variables of the others').to.deep.equal(['chat']);
  });

  it('configure how old the data may be', async () => {
    const text = await example('docs/watching.md#the-age-of-the-data yaml');
    const { config, issues } = await parseExample(text.replaceAll(/^(?=.)/gm, '    '));
    expect(issues).to.equal(null);
    expect(config?.syncs['research-panel']?.freshness).to.deep.equal({
      column: 'updated_at',
      maxAgeMs: 26 * 3_600_000,
    });
  });

  it('configure fields that researchers own', async () => {
    const text = await example('docs/people.md#fields-that-researchers-own yaml');
    const { config, issues } = await parseExample(
      `  owned:\n    source: warehouse\n    sql: select 1\n${text.replaceAll(/^/gm, '    ')}`,
    );
    expect(issues).to.equal(null);
    expect(config?.syncs['owned']?.mapping.rules).to.deep.equal({
      city: { write: 'fill', onInvalid: 'reject' },
      'characteristics.segment': { write: 'once', onInvalid: 'reject' },
    });
  });

  it('configure what stays with a person', async () => {
    const text = await example('docs/people.md#people-with-a-new-e-mail yaml');
    const { config, issues } = await parseExample(text.replaceAll(/^/gm, '    '));
    expect([issues, config?.syncs['research-panel']?.identity]).to.deep.equal([null, 'person_id']);
  });

  it('configure what marks people who left', async () => {
    const text = await example('docs/people.md#people-who-left yaml');
    const { config, issues } = await parseExample(text.replaceAll(/^/gm, '    '));
    expect(issues).to.equal(null);
    expect(config?.syncs['research-panel']?.removed).to.deep.equal({
      action: 'mark',
      set: { fields: {}, characteristics: { in_panel: false } },
      restore: { fields: {}, characteristics: { in_panel: true } },
    });
  });
});
