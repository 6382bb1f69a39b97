/** How starters for other warehouses differ from the one for Postgres; a test fails when a line is not there any more. */

export const sourceTypes = ['postgres', 'redshift', 'snowflake', 'duckdb'] as const;

export type SourceType = (typeof sourceTypes)[number];

type Edits = readonly (readonly [from: string, to: string])[];

const redshiftEdits: Edits = [
  ['    type: postgres\n', '    type: redshift\n'],
  [
    '    # tls: { mode: verify-full, ca: certificates/warehouse.pem }\n',
    "    tls: { mode: verify-full } # Node trusts Amazon's authorities; add ca: for another one\n",
  ],
  ['# Postgres warehouse that runs the models', '# Redshift warehouse that runs the models'],
  ['host:5432/database', 'host:5439/database'],
];

/** DuckDB has no address and no login. */
const duckdbEdits: Edits = [
  [
    '    type: postgres\n    url: ${WAREHOUSE_URL}\n',
    `    type: duckdb # npm install @duckdb/node-api; models read CSV, Parquet and JSON files
    # database: ../warehouse.duckdb # a database file of DuckDB, opened read-only
    memoryLimit: 1GB # of DuckDB for a model; the rest goes to the temporary folder
    threads: 4
`,
  ],
  [
    '    connectTimeoutMs: 15000\n',
    '    connectTimeoutMs: 15000 # to wait for a database file that another process writes\n',
  ],
  ['    # tls: { mode: verify-full, ca: certificates/warehouse.pem }\n', ''],
  ['# Postgres warehouse that runs the models: postgres://user:password@host:5432/database\nWAREHOUSE_URL=\n', ''],
];

const snowflakeEdits: Edits = [
  [
    '    type: postgres\n    url: ${WAREHOUSE_URL}\n',
    `    type: snowflake
    account: \${SNOWFLAKE_ACCOUNT} # organization-account, as in the address of Snowsight
    username: \${SNOWFLAKE_USER}
    # One of the ways to log in. A key pair is recommended: the private key never leaves this machine.
    privateKeyPath: \${SNOWFLAKE_KEY} # PEM, PKCS#8
    privateKeyPassphrase: \${SNOWFLAKE_KEY_PASSPHRASE:-} # of an encrypted key
    # privateKey: \${SNOWFLAKE_PRIVATE_KEY}      the key itself
    # password: \${SNOWFLAKE_PASSWORD}
    # token: \${SNOWFLAKE_TOKEN}                 with tokenType: oauth, or pat for a programmatic access token
    warehouse: COMPUTE_WH
    database: ANALYTICS
    schema: MARTS
    role: PANELSYNC # needs to read and nothing else; docs/configuration.md has the grants
    accessUrl: \${SNOWFLAKE_ACCESS_URL:-} # instead of the account's own address, such as a private link
`,
  ],
  ['    connectTimeoutMs: 15000\n', '    connectTimeoutMs: 30000\n'],
  ['    # tls: { mode: verify-full, ca: certificates/warehouse.pem }\n', ''],
  [
    '# Postgres warehouse that runs the models: postgres://user:password@host:5432/database\nWAREHOUSE_URL=\n',
    `# The Snowflake account (organization-account) that runs the models, and the user to log in as.
SNOWFLAKE_ACCOUNT=
SNOWFLAKE_USER=
# File with the private key; relative paths start at the folder config.
SNOWFLAKE_KEY=
SNOWFLAKE_KEY_PASSPHRASE=
# Empty: the address of the account.
SNOWFLAKE_ACCESS_URL=
`,
  ],
];

export const editsOf: Readonly<Record<SourceType, Edits>> = {
  postgres: [],
  redshift: redshiftEdits,
  snowflake: snowflakeEdits,
  duckdb: duckdbEdits,
};

/** An edit whose line is in another file changes nothing. */
export function applyEdits(text: string, edits: Edits): string {
  return edits.reduce((edited, [from, to]) => edited.replace(from, () => to), text);
}
