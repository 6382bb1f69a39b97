import { expect } from 'chai';
import type { Model } from '../../../../src/core/model/terms.ts';
import type { ConfigIssue } from '../../../../src/config/issues/issues.ts';
import { manifestDocument, manifestText } from '../../../helpers/dbt/manifest.ts';
import {
  minimalConfig,
  minimalEnvironment,
  parseConfigText,
  replaceInConfig,
} from '../../../helpers/fixtures/minimal-config.ts';

const file = 'target/manifest.json';

interface ParseOptions {
  readonly manifest?: string;
  /** A part of the configuration, and what stands there instead. */
  readonly replace?: readonly [string, string];
  readonly warehouseUrl?: string;
}

/** The configuration with a model of dbt, in flow style: `ref: research_panel`. */
async function parse(dbt: string, { manifest = manifestText(), replace, warehouseUrl }: ParseOptions = {}) {
  const withDbt = replaceInConfig(
    'model: models/people.sql',
    `model: { dbt: { manifest: ${file}, ${dbt} } }`,
    minimalConfig,
  );
  const text = replace === undefined ? withDbt : replaceInConfig(...replace, withDbt);
  const env = warehouseUrl === undefined ? minimalEnvironment : { ...minimalEnvironment, WAREHOUSE_URL: warehouseUrl };
  return parseConfigText(text, env, { [`/panel/${file}`]: manifest });
}

async function modelOf(dbt: string, options: ParseOptions = {}): Promise<Model> {
  const { config, issues } = await parse(dbt, options);
  const model = config?.syncs['people']?.model;
  if (model === undefined) throw new Error(`unexpected issues: ${JSON.stringify(issues, null, 1)}`);
  return model;
}

async function issueOf(dbt: string, options: ParseOptions = {}): Promise<ConfigIssue> {
  const { issues } = await parse(dbt, options);
  expect(issues, dbt).to.have.length(1);
  const [issue = { path: '', line: null, message: '', hint: null }] = issues ?? [];
  expect([issue.line, issue.path.startsWith('syncs.people.model.dbt')], dbt).to.deep.equal([12, true]);
  return issue;
}

describe('a model of dbt', () => {
  for (const version of [10, 11, 12, 20] as const) {
    it(`is read from a manifest of version ${version}`, async () => {
      expect(await modelOf('ref: research_panel', { manifest: manifestText({ version }) })).to.deep.equal({
        sql: 'select * from "shop"."marts"."research_panel"',
        location: 'research_panel (target/manifest.json)',
        dbt: {
          uniqueId: 'model.shop.research_panel',
          relation: '"shop"."marts"."research_panel"',
          dependency: "ref('research_panel')",
          description: 'One row per person who agreed to be invited.\nBuilt every hour.',
          columns: {
            email: 'Address that invitations go to',
            first_name: '',
            plan: 'Name of the plan, without its price',
          },
        },
      });
    });
  }

  it('may be a seed, a snapshot, a table of a source, or what an exposure depends on', async () => {
    const relations: readonly (readonly [string, string, string])[] = [
      ['ref: countries', '"marts"."countries"', "ref('countries')"],
      ['ref: people_history', '"marts"."people_history"', "ref('people_history')"],
      ['source: raw.customers', '"raw"."customers"', "source('raw', 'customers')"],
      ['exposure: panel_report', '"marts"."research_panel"', "ref('research_panel')"],
      ['ref: people', '"marts"."people_v2"', "ref('people')"],
      ['ref: people, version: 1', '"marts"."people_v1"', "ref('people', v=1)"],
      ["ref: people, version: '1'", '"marts"."people_v1"', "ref('people', v=1)"],
      // As dbt resolves it: the project comes first, and a package can be named.
      ['ref: orders', '"marts"."orders"', "ref('orders')"],
      ['ref: crm.orders', '"marts"."orders"', "ref('crm', 'orders')"],
      ['ref: billing.accounts', '"marts"."accounts"', "ref('billing', 'accounts')"],
      ['ref: shop.research_panel', '"marts"."research_panel"', "ref('research_panel')"],
      ['source: shop.raw.orders', '"raw"."orders"', "source('raw', 'orders')"],
    ];
    for (const [dbt, relation, dependency] of relations) {
      const { sql, dbt: found } = await modelOf(dbt);
      expect([sql, found?.dependency], dbt).to.deep.equal([`select * from "shop".${relation}`, dependency]);
    }
    expect((await modelOf('ref: orders')).dbt?.uniqueId).to.equal('model.shop.orders');
    expect((await modelOf('ref: crm.orders')).dbt?.uniqueId).to.equal('model.crm.orders');
  });

  it('is recognized by its unique id where it has no type of its own', async () => {
    const manifest = manifestText({ version: 20 }).replaceAll(/"resource_type":"\w+",/g, '');
    expect((await modelOf('source: raw.customers', { manifest })).dbt?.uniqueId).to.equal('source.shop.raw.customers');
    expect((await modelOf('ref: countries', { manifest })).dbt?.uniqueId).to.equal('seed.shop.countries');
  });

  it('is named as its adapter quotes it', async () => {
    const snowflake = manifestText({ adapter: 'snowflake', database: 'ANALYTICS' });
    const type: readonly [string, string] = [
      'type: postgres\n    url: ${WAREHOUSE_URL}',
      'type: snowflake\n    account: a-b\n    username: u\n    password: p',
    ];
    const options = { manifest: snowflake, replace: type };
    const { config, issues } = await parse('ref: research_panel', options);
    expect(config?.syncs['people']?.model.sql, JSON.stringify(issues)).to.equal(
      'select * from ANALYTICS.marts.research_panel',
    );
  });

  it('is quoted by the rules of its node where the manifest has no name for the relation', async () => {
    // The first node is research_panel.
    const sqlOf = async (schema: string, quoting: string): Promise<string> => {
      const manifest = manifestText({ schema })
        .replace(/"relation_name":"(?:[^"\\]|\\.)*"/, '"relation_name":null')
        .replace('"quoting":{}', `"quoting":${quoting}`);
      return (await modelOf('ref: research_panel', { manifest })).sql;
    };
    expect(await sqlOf('odd "marts"', '{}')).to.equal('select * from "shop"."odd ""marts"""."research_panel"');
    expect(await sqlOf('marts', '{"schema":false,"database":false}')).to.equal(
      'select * from shop.marts."research_panel"',
    );
  });
});

describe('issues with a model of dbt', () => {
  it('name what is there', async () => {
    const cases: readonly (readonly [dbt: string, message: string, hint: string])[] = [
      [
        'ref: research_panle',
        'has no model `research_panle`; did you mean `research_panel`?',
        'Known: accounts, countr',
      ],
      ['ref: raw.customers', '`raw.customers` is a source of dbt and no model', 'Known: '],
      ['ref: is_unique', '`is_unique` is a test of dbt and no model', 'Known: '],
      ['ref: old_panel', '`old_panel` is disabled in dbt', 'Enable it'],
      ['ref: stg_people', '`stg_people` is ephemeral', 'Materialize it as a table or a view'],
      ['ref: accounts', '2 packages have a model `accounts`: billing, crm', 'Write the package before it: '],
      ['ref: people, version: 3', '`people` does not have version 3', 'Known: 1, 2.'],
      ['ref: orders, version: 1', '`orders` has no versions', 'Remove version.'],
      ['source: raw.customer', 'has no source `raw.customer`; did you mean `raw.customers`?', 'Known: raw.customers'],
      ['source: raw.returns', '`raw.returns` is disabled in dbt', 'Enable it'],
      ['exposure: panel_reprt', 'has no exposure `panel_reprt`; did you mean `panel_report`?', 'Known: metrics_only'],
      ['exposure: overview', 'depends on 2 relations: raw.customers, research_panel', 'Name a model with ref'],
      ['exposure: metrics_only', 'depends on no model and no source', 'Name a model with ref'],
    ];
    for (const [dbt, message, hint] of cases) {
      const issue = await issueOf(dbt);
      expect(issue.message, dbt).to.contain(message);
      expect(issue.hint, dbt).to.contain(hint);
    }
  });

  it('say that exactly one relation is to be named', async () => {
    expect((await issueOf('version: 1')).message).to.equal('names no relation');
    const both = await issueOf('ref: orders, source: raw.orders');
    expect([both.path, both.message]).to.deep.equal(['syncs.people.model.dbt.source', 'cannot be combined with ref']);
    const version = await issueOf('source: raw.orders, version: 1');
    expect([version.path, version.message]).to.deep.equal([
      'syncs.people.model.dbt.version',
      'cannot be combined with source',
    ]);
  });

  it('say what is wrong with the file', async () => {
    const withVersion = (schema: string): string =>
      JSON.stringify({ ...manifestDocument(), metadata: { dbt_schema_version: schema } });
    const cases: readonly (readonly [manifest: string, message: string])[] = [
      ['{ "metadata": ', 'is not JSON'],
      ['[]', 'is no manifest of dbt'],
      ['{}', 'is no manifest of dbt'],
      [withVersion('https://schemas.getdbt.com/dbt/run-results/v6.json'), 'is no manifest but run-results of dbt'],
      [
        withVersion('https://schemas.getdbt.com/dbt/manifest/v9.json'),
        "has version 9 of dbt's manifest; 10 is the old",
      ],
    ];
    for (const [manifest, message] of cases) {
      const issue = await issueOf('ref: orders', { manifest });
      expect(issue.path).to.equal('syncs.people.model.dbt.manifest');
      expect(issue.message).to.contain(`the file ${file} ${message}`);
    }
    const text = replaceInConfig(
      'model: models/people.sql',
      'model: { dbt: { manifest: m.json, ref: x } }',
      minimalConfig,
    );
    const { issues } = await parseConfigText(text);
    expect(issues?.map(({ message }) => message)).to.deep.equal(['the file m.json does not exist']);
    expect(issues?.[0]?.hint).to.contain('dbt build');
  });

  it('say that the source reads another database or is of another type, without an address of the environment', async () => {
    const elsewhere = await issueOf('ref: research_panel', { manifest: manifestText({ database: 'analytics' }) });
    expect(elsewhere.message).to.equal(
      '`research_panel` is in the database "analytics", and the source warehouse reads another one',
    );
    const shown = await issueOf('ref: research_panel', {
      manifest: manifestText({ database: 'analytics' }),
      replace: ['${WAREHOUSE_URL}', 'postgres://reader@db/shop'],
    });
    expect(shown.message).to.contain('reads the database "shop"');
    const ofDuckDb = async (database: string): Promise<string> => {
      const source = `type: duckdb\n    database: ${database}`;
      const replace = ['type: postgres\n    url: ${WAREHOUSE_URL}', source] as const;
      const { issues } = await parse('ref: research_panel', { manifest: manifestText({ adapter: 'duckdb' }), replace });
      return issues?.map(({ message }) => message).join() ?? 'valid';
    };
    expect(await ofDuckDb('build/shop.v2.duckdb')).to.equal('valid');
    expect(await ofDuckDb('build/dev.duckdb')).to.contain('"shop", and the source warehouse reads the database "dev"');
    const other = await issueOf('ref: research_panel', { manifest: manifestText({ adapter: 'snowflake' }) });
    expect(other.message).to.equal('dbt builds it in snowflake, and the source warehouse is of type postgres');
    const bigquery = await issueOf('ref: research_panel', { manifest: manifestText({ adapter: 'bigquery' }) });
    expect(bigquery.message).to.equal('dbt builds it in bigquery, which panelsync does not read');
    // Of an adapter that is not known, and of an address without a database, nothing can be said.
    await modelOf('ref: research_panel', { manifest: manifestText({ adapter: 'materialize' }) });
    await modelOf('ref: research_panel', { warehouseUrl: 'postgres://reader@db' });
    await modelOf('ref: research_panel', { warehouseUrl: 'postgres://reader@db/SHOP' });
  });

  it('do not show a name that comes from the environment', async () => {
    const issue = await issueOf("ref: '${WAREHOUSE_URL}'");
    expect(issue.message).to.equal('names nothing in the manifest that can be read');
    expect(issue.hint).to.not.contain('reader');
  });

  it('stand beside those of the schema, each once', async () => {
    const pathsOf = async (dbt: string): Promise<readonly string[] | undefined> =>
      (await parse(dbt)).issues?.map(({ path }) => path.replace('syncs.people.model.dbt.', ''));
    expect(await pathsOf('ref: [a], sauce: b')).to.deep.equal(['ref', 'sauce']);
    expect(await pathsOf("ref: ''")).to.deep.equal(['ref']);
    expect(await pathsOf('ref: people, version: 1.5')).to.deep.equal(['version']);
  });
});
