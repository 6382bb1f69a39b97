/**
 * Small manifests as dbt writes them, made by hand. Nodes have the keys of manifests of dbt 1.6 (version 10), 1.7 (11)
 * and 1.12 (12); the Fusion engine (20) leaves out what has no value. Texts of code and checksums are cut.
 */

export interface ManifestOptions {
  readonly version?: 10 | 11 | 12 | 20;
  readonly adapter?: string;
  /** The database that everything is built in. */
  readonly database?: string;
  readonly schema?: string;
}

type Json = Readonly<Record<string, unknown>>;

const dbtVersions = { 10: '1.6.18', 11: '1.7.19', 12: '1.12.0', 20: '2.0.0-preview.219' } as const;

/** A project `shop` and two packages of it. */
export function manifestText(options: ManifestOptions = {}): string {
  const document = manifestDocument(options);
  return JSON.stringify(options.version === 20 ? withoutNulls(document) : document);
}

export function manifestDocument({ version = 12, adapter = 'postgres', ...options }: ManifestOptions = {}): Json {
  const where = { database: options.database ?? 'shop', schema: options.schema ?? 'marts', adapter };
  return {
    metadata: {
      dbt_schema_version: `https://schemas.getdbt.com/dbt/manifest/v${version}.json`,
      dbt_version: dbtVersions[version],
      generated_at: '2026-11-01T05:00:00.000000Z',
      invocation_id: '24ad943b-c71e-497c-be0b-d037a3c525ad',
      env: {},
      project_name: 'shop',
      project_id: '06e5b98c2db46f8a72cc4f66410e9b3b',
      user_id: null,
      send_anonymous_usage_stats: false,
      adapter_type: adapter,
      ...(version === 12 ? { quoting: { database: true, schema: true, identifier: true, column: null } } : {}),
    },
    nodes: byUniqueId(nodesOf(where)),
    sources: byUniqueId([sourceTable('raw', 'customers', where), sourceTable('raw', 'orders', where)]),
    macros: {},
    docs: {},
    exposures: byUniqueId([
      exposure('panel_report', ['model.shop.research_panel', 'metric.shop.people']),
      exposure('overview', ['model.shop.research_panel', 'source.shop.raw.customers']),
      exposure('metrics_only', ['metric.shop.people']),
    ]),
    metrics: {},
    groups: {},
    selectors: {},
    disabled: {
      'model.shop.old_panel': [model('old_panel', where)],
      'source.shop.raw.returns': [sourceTable('raw', 'returns', where)],
    },
    parent_map: {},
    child_map: {},
    group_map: {},
    saved_queries: {},
    semantic_models: {},
    unit_tests: {},
  };
}

interface Where {
  readonly database: string;
  readonly schema: string;
  readonly adapter: string;
}

function nodesOf(where: Where): readonly Json[] {
  return [
    model('research_panel', where, {
      description: 'One row per person who agreed to be invited.\nBuilt every hour.',
      columns: {
        email: column('email', 'Address that invitations go to'),
        first_name: column('first_name', ''),
        plan: column('plan', 'Name of the plan, without its price'),
      },
    }),
    model('stg_people', where, { materialized: 'ephemeral' }),
    model('people', where, { version: 1, latest_version: 2 }),
    model('people', where, { version: 2, latest_version: 2 }),
    model('accounts', where, { package_name: 'crm' }),
    model('accounts', where, { package_name: 'billing' }),
    model('orders', where, { package_name: 'crm' }),
    model('orders', where),
    { ...model('countries', where), resource_type: 'seed', unique_id: 'seed.shop.countries' },
    { ...model('people_history', where), resource_type: 'snapshot', unique_id: 'snapshot.shop.people_history' },
    { ...model('is_unique', where), resource_type: 'test', unique_id: 'test.shop.is_unique.1', relation_name: null },
  ];
}

interface ModelOptions {
  readonly package_name?: string;
  readonly materialized?: string;
  readonly description?: string;
  readonly columns?: Json;
  readonly version?: number | null;
  readonly latest_version?: number | null;
}

function model(name: string, where: Where, options: ModelOptions = {}): Json {
  const { materialized = 'table', version = null, latest_version = null, package_name = 'shop' } = options;
  const alias = version === null ? name : `${name}_v${version}`;
  return {
    database: where.database,
    schema: where.schema,
    name,
    resource_type: 'model',
    package_name,
    path: `${name}.sql`,
    original_file_path: `models/${name}.sql`,
    unique_id: `model.${package_name}.${name}${version === null ? '' : `.v${version}`}`,
    fqn: [package_name, name],
    alias,
    checksum: { name: 'sha256', checksum: 'e5b7c0e2' },
    config: { enabled: true, alias: null, schema: null, database: null, tags: [], meta: {}, materialized, quoting: {} },
    tags: [],
    description: options.description ?? '',
    columns: options.columns ?? {},
    meta: {},
    relation_name: materialized === 'ephemeral' ? null : relationName(where, alias),
    raw_code: 'select 1',
    refs: [],
    sources: [],
    depends_on: { macros: [], nodes: [] },
    access: 'protected',
    version,
    latest_version,
  };
}

function sourceTable(source_name: string, name: string, where: Where): Json {
  return {
    database: where.database,
    schema: source_name,
    name,
    resource_type: 'source',
    package_name: 'shop',
    unique_id: `source.shop.${source_name}.${name}`,
    fqn: ['shop', source_name, name],
    source_name,
    source_description: '',
    identifier: name,
    quoting: { database: null, schema: null, identifier: null, column: null },
    description: '',
    columns: {},
    config: { enabled: true },
    relation_name: relationName({ ...where, schema: source_name }, name),
  };
}

function exposure(name: string, nodes: readonly string[]): Json {
  return {
    name,
    resource_type: 'exposure',
    package_name: 'shop',
    unique_id: `exposure.shop.${name}`,
    type: 'application',
    owner: { email: null, name: 'Research' },
    depends_on: { macros: [], nodes },
  };
}

function column(name: string, description: string): Json {
  return { name, description, meta: {}, data_type: null, constraints: [], quote: null, tags: [] };
}

/** As the adapter quotes it: Snowflake's names are not, and fold to capitals. */
function relationName({ database, schema, adapter }: Where, identifier: string): string {
  const parts = [database, schema, identifier];
  return adapter === 'snowflake' ? parts.join('.') : parts.map((part) => `"${part}"`).join('.');
}

function byUniqueId(nodes: readonly Json[]): Json {
  return Object.fromEntries(nodes.map((node) => [node['unique_id'], node]));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)]));
}
