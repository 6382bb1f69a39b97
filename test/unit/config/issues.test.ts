import { expect } from 'chai';
import { issuesOf, minimalConfig, minimalEnvironment, replaceInConfig } from '../../helpers/fixtures/minimal-config.ts';

interface Case {
  readonly title: string;
  readonly text: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** One line more in a section of the small configuration; `path` defaults to the key that the line writes. */
function inSection(section: 'destination' | 'source' | 'sync') {
  const [first, prefix, line] = {
    destination: ['  apiKey: ${API_KEY}\n', 'destination', 5] as const,
    source: ['    type: postgres\n', 'sources.warehouse', 8] as const,
    sync: ['    source: warehouse\n', 'syncs.people', 12] as const,
  }[section];
  const indent = /^ */.exec(first)?.[0] ?? '';
  return (added: string, message: string, path: string = added.split(':')[0] ?? ''): Case => {
    const text = replaceInConfig(first, `${first}${indent}${added}\n`);
    return { title: added, text, path: `${prefix}.${path}`, line, message };
  };
}

const destination = inSection('destination');
const source = inSection('source');
const sync = inSection('sync');

const plainHttp = 'must be https: plain http would send the key unencrypted';
const bareUrl = 'must not contain a user, password, query or fragment';
const cron = 'must be a cron expression of five or six fields, or a word such as @hourly';
const country = 'must be a two-letter country code (ISO 3166-1) such as US';

const cases: readonly Case[] = [
  destination('batchsize: 5', 'unknown key `batchsize`; did you mean `batchSize`?'),
  destination('colour: red', 'unknown key `colour`'),
  destination('batchSize: 0', 'must be a whole number from 1 to 100'),
  destination('batchSize: 101', 'must be a whole number from 1 to 100'),
  destination('batchSize: many', 'must be a whole number from 1 to 100, but is text'),
  destination('batchSize: "50"', 'must be a whole number from 1 to 100, but is text'),
  destination('batchSize: 1.5', 'must be a whole number from 1 to 100, but is a number with a fraction'),
  destination('batchSize:', 'has no value'),
  destination('requestsPerMinute: 0', 'must be a whole number, 1 or more'),
  destination('concurrency: 17', 'must be a whole number from 1 to 16'),
  destination('timeoutMs: 0', 'must be a whole number from 1 to 2147483647'),
  destination('maxAttempts: 21', 'must be a whole number from 1 to 20'),
  destination('maxSplitRequests: -1', 'must be a whole number, 0 or more'),
  destination('baseUrl: ftp://hub.test', 'must be a URL that starts with https:// (or http:// on this machine)'),
  destination('baseUrl: https://a:b@hub.test', bareUrl),
  destination('baseUrl: https://hub.test/api?x', bareUrl),
  destination('baseUrl: http://hub.test/api', plainHttp),
  destination('baseUrl: http://127.0.0.1.hub.test', plainHttp),
  destination('environment: sandbox', "the sandbox's host is not public, so it cannot be guessed"),
  destination('environment: staging', 'unknown environment `staging`'),
  destination('wire: yes', 'must be a mapping of keys to values, but is text'),
  source('statementTimeoutMs: 0', 'must be a whole number from 1 to 2147483647'),
  source('tls: { mode: verify-full, ca: no.pem }', 'the file no.pem does not exist', 'tls.ca'),
  source(
    'tls: { mode: verify-full, ca: models/people.sql }',
    'the file models/people.sql contains no PEM text',
    'tls.ca',
  ),
  source('tls: { mode: require, cert: ca.pem }', 'needs tls.key beside it', 'tls.cert'),
  sync('mode: upsrt', 'unknown mode `upsrt`; did you mean `upsert`?'),
  sync('mode: 1', 'must be one of upsert, insert, update, but is a number'),
  sync('removed: delete', 'unknown removed `delete`'),
  sync('schedule: every day', cron),
  sync('schedule: "* * * *"', cron),
  sync('schedule: "@fortnightly"', cron),
  sync('schedule: "0 25 * * *"', 'has an invalid value for the hour (0 to 23)'),
  sync('schedule: "*/90 * * * *"', 'has a step for the minute (0 to 59) that exceeds its range'),
  sync('jitterSeconds: -1', 'must be a whole number from 0 to 3600'),
  sync('timezone: Mars/Olympus', 'must be a time zone such as UTC or Europe/Berlin'),
  sync('key: id', 'is allowed in mode insert only'),
  sync('guards: { maxRemovedPercent: 101 }', 'must be a number from 0 to 100', 'guards.maxRemovedPercent'),
  sync('phone: { defaultCountry: XX }', country, 'phone.defaultCountry'),
  sync('phone: { defaultCountry: USA }', country, 'phone.defaultCountry'),
];

/** The issues without their hints, one line each. */
async function messagesOf(text: string, env = minimalEnvironment): Promise<readonly string[]> {
  const issues = await issuesOf(text, env);
  return issues.map(({ path, line, message }) => `${line ?? '-'} ${path}: ${message}`);
}

describe('issues of the configuration', () => {
  for (const { title, text, path, line, message } of cases) {
    it(`are reported for "${title}"`, async () => {
      expect(await messagesOf(text)).to.deep.equal([`${line} ${path}: ${message}`]);
    });
  }

  it('list the known source types', async () => {
    const [issue] = await issuesOf(replaceInConfig('type: postgres', 'type: oracle'));
    expect(issue).to.deep.equal({
      path: 'sources.warehouse.type',
      line: 7,
      message: 'unknown type `oracle`',
      hint: 'Known: postgres, redshift, snowflake, duckdb.',
    });
  });

  it('name the sources that can compare in the warehouse', async () => {
    const text = replaceInConfig('    source: warehouse\n', '    source: warehouse\n    diff: warehouse\n');
    expect(await issuesOf(text)).to.deep.equal([]);
    const [, issue] = await issuesOf(text.replace('type: postgres', 'type: oracle'));
    expect(issue).to.deep.equal({
      path: 'syncs.people.diff',
      line: 12,
      message: 'its source cannot compare in the warehouse',
      hint: 'Set diff: fingerprints, or use a source of a type that can: postgres, snowflake, duckdb.',
    });
  });

  it('name quotes and white space around a key', async () => {
    for (const [key, message] of [
      ['"key-1"', 'has quotes around it that become part of the value'],
      ["'key-1'", 'has quotes around it that become part of the value'],
      ['key-1\r\n', 'starts or ends with a space or a line break'],
      ['key 1', 'must be printable ASCII without spaces or line breaks, and must not be empty'],
    ] as const) {
      expect(await messagesOf(minimalConfig, { ...minimalEnvironment, API_KEY: key })).to.deep.equal([
        `4 destination.apiKey: ${message}`,
      ]);
    }
  });

  it('do not arise from a tab between the fields of a schedule', async () => {
    const text = replaceInConfig(
      '    source: warehouse\n',
      '    source: warehouse\n    schedule: "*/15\\t*\\t* * *\\t"\n',
    );
    expect(await issuesOf(text)).to.deep.equal([]);
  });

  it('name the known sslmodes, and refuse one beside tls', async () => {
    const modes = 'known: disable, prefer, require, verify-ca, verify-full, no-verify';
    const env = { ...minimalEnvironment, WAREHOUSE_URL: 'postgres://h/x?sslmode=on' };
    expect(await messagesOf(minimalConfig, env)).to.deep.equal([
      `8 sources.warehouse.url: has an unknown sslmode; ${modes}`,
    ]);
    const url = 'postgres://h/x?application_name=x&sslmode=disable';
    const both = replaceInConfig('    type: postgres\n', '    type: postgres\n    tls: { mode: verify-full }\n');
    expect(await messagesOf(both, { ...minimalEnvironment, WAREHOUSE_URL: url })).to.deep.equal([
      '8 sources.warehouse.tls: repeats sslmode or a similar parameter of url',
    ]);
  });

  it('suggest the source that was meant', async () => {
    expect(await messagesOf(replaceInConfig('source: warehouse', 'source: warehose'))).to.deep.equal([
      '11 syncs.people.source: no source is named `warehose`; did you mean `warehouse`?',
    ]);
  });

  it('require exactly one of model and sql', async () => {
    expect(await messagesOf(replaceInConfig('    model: models/people.sql\n', ''))).to.deep.equal([
      '10 syncs.people: has neither model nor sql',
    ]);
    expect(await messagesOf(replaceInConfig('    model:', '    sql: select 1\n    model:'))).to.deep.equal([
      '10 syncs.people: has both model and sql',
    ]);
  });

  it('require a model that can be read and is not empty', async () => {
    expect(await messagesOf(replaceInConfig('models/people.sql', 'models/none.sql'))).to.deep.equal([
      '12 syncs.people.model: the file models/none.sql does not exist',
    ]);
    expect(await messagesOf(replaceInConfig('models/people.sql', 'empty.sql'))).to.deep.equal([
      '12 syncs.people.model: the file empty.sql is empty',
    ]);
    expect(await messagesOf(replaceInConfig('models/people.sql', 'comments.sql'))).to.deep.equal([
      '12 syncs.people.model: the file comments.sql contains no SQL but comments',
    ]);
  });

  it('require the e-mail, and suggest the participant field that was meant', async () => {
    expect(await messagesOf(replaceInConfig('      email: email\n', '      fistname: name\n'))).to.deep.equal([
      '13 syncs.people.mapping.email: is required',
      '14 syncs.people.mapping.fistname: unknown participant field `fistname`; did you mean `first_name`?',
    ]);
  });

  it('require a mapped field beside a key column', async () => {
    const text = replaceInConfig(
      '      email: email\n',
      '',
      replaceInConfig('    source:', '    mode: insert\n    key: id\n    source:'),
    );
    expect(await messagesOf(text)).to.deep.equal([]);
    expect(await messagesOf(replaceInConfig('\n        plan: plan_tier', ' {}', text))).to.deep.equal([
      '15 syncs.people.mapping: maps no field',
    ]);
  });

  it('are those of the form of characteristic that was meant', async () => {
    const characteristics = 'plan: { colum: a, type: int }\n        score: 5\n        tier: [a]';
    expect(await messagesOf(replaceInConfig('plan: plan_tier', characteristics))).to.deep.equal([
      '16 syncs.people.mapping.characteristics.plan.column: is required',
      '16 syncs.people.mapping.characteristics.plan.type: unknown type `int`',
      '16 syncs.people.mapping.characteristics.plan.colum: unknown key `colum`; did you mean `column`?',
      '17 syncs.people.mapping.characteristics.score: must be text or a mapping of keys to values, but is a number',
      '18 syncs.people.mapping.characteristics.tier: must be text or a mapping of keys to values, but is a list',
    ]);
  });

  it('require a token for addresses other than loopback', async () => {
    const issue = '17 server.host: other addresses than loopback need server.token';
    expect(await messagesOf(`${minimalConfig}server: { host: 0.0.0.0 }\n`)).to.deep.equal([issue]);
    expect(await messagesOf(`${minimalConfig}server: { host: 0.0.0.0, token: "\${TOKEN:-}" }\n`)).to.deep.equal([
      issue,
    ]);
    expect(await messagesOf(`${minimalConfig}server: { host: 0.0.0.0, token: abc }\n`)).to.deep.equal([]);
    expect(await messagesOf(`${minimalConfig}server: { host: 0.0.0.0, readToken: abc }\n`)).to.deep.equal([]);
    expect(await messagesOf(`${minimalConfig}server: { host: "::1" }\n`)).to.deep.equal([]);
  });

  it('require two different tokens', async () => {
    expect(await messagesOf(`${minimalConfig}server: { token: abc, readToken: abc }\n`)).to.deep.equal([
      '17 server.readToken: is the same as server.token',
    ]);
    expect(await messagesOf(`${minimalConfig}server: { token: abc, readToken: abcd }\n`)).to.deep.equal([]);
    expect(await messagesOf(`${minimalConfig}server: { token: "", readToken: "" }\n`)).to.deep.equal([]);
  });

  it('name a variable that is not set or empty, once', async () => {
    const issues = await issuesOf(minimalConfig, { WAREHOUSE_URL: '' });
    expect(issues).to.deep.equal([
      {
        path: 'destination.apiKey',
        line: 4,
        message: 'the environment variable API_KEY is not set',
        hint: 'Set it in the environment or in the file .env, or write a default: ${API_KEY:-...}.',
      },
      {
        path: 'sources.warehouse.url',
        line: 8,
        message: 'the environment variable WAREHOUSE_URL is set to nothing',
        hint: 'Set it in the environment or in the file .env, or write a default: ${WAREHOUSE_URL:-...}.',
      },
    ]);
  });

  it('are reported all at once, in the order of the file', async () => {
    const text = `destination:
  batchSize: 500
  batchSize: 10
sources:
  Big House: { type: postgres, url: mysql://localhost }
syncs:
  people:
    source: \${SOURCE}
    mode: sometimes
    mapping: { email: 1 }
retention: { runs: 3 weeks }
state: { schema: pg_own }
logs: {}
`;
    expect(await messagesOf(text)).to.deep.equal([
      '1 destination.apiKey: is required',
      '2 destination.batchSize: must be a whole number from 1 to 100',
      '3 destination.batchSize: duplicate key `batchSize`, first written on line 2',
      '5 sources.Big….url: must be a URL that starts with postgres:// or postgresql://, without spaces or line breaks',
      '5 sources.Big…: `Big…` is no valid name: lower-case letters, digits, `_` and `-`, at most 63, a letter or digit first',
      '7 syncs.people: has neither model nor sql',
      '8 syncs.people.source: the environment variable SOURCE is not set',
      '9 syncs.people.mode: unknown mode `sometimes`',
      '10 syncs.people.mapping.email: must be text or a mapping of keys to values, but is a number',
      '11 retention.runs: must be a number of days such as `90d`',
      '12 state.schema: must be at most 63 lower-case letters, digits and `_`, and must not start with a digit or pg_',
      '13 logs: unknown key `logs`; did you mean `log`?',
    ]);
  });

  it('require certain sections, and entries in them', async () => {
    expect(await messagesOf('log: { level: info }')).to.deep.equal([
      '1 destination: is required',
      '1 sources: is required',
      '1 syncs: is required',
    ]);
    expect(await messagesOf('destination: { apiKey: a }\nsources: {}\nsyncs: {}\n')).to.deep.equal([
      '2 sources: must have at least one source',
      '3 syncs: must have at least one sync',
    ]);
  });
});
