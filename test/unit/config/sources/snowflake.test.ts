import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import type { SourceSettings } from '../../../../src/core/settings.ts';
import {
  minimalConfig,
  minimalEnvironment,
  minimalFiles,
  parseConfigText,
  replaceInConfig,
} from '../../../helpers/fixtures/minimal-config.ts';

const passphrase = 'open-sesame';
const pem = { type: 'pkcs8', format: 'pem' } as const;
const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
const plain = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding,
  privateKeyEncoding: pem,
}).privateKey;
const cipher = { ...pem, cipher: 'aes-256-cbc', passphrase };
const encrypted = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding,
  privateKeyEncoding: cipher,
}).privateKey;
const elliptic = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding,
  privateKeyEncoding: pem,
}).privateKey;

const files: Readonly<Record<string, string>> = {
  ...minimalFiles,
  '/panel/plain.p8': plain,
  '/panel/encrypted.p8': encrypted,
  '/panel/elliptic.p8': elliptic,
};

/** The small configuration with a Snowflake source of these lines. */
async function parse(lines: readonly string[], env = minimalEnvironment, more: typeof files = {}) {
  const old = '    type: postgres\n    url: ${WAREHOUSE_URL}\n';
  const text = replaceInConfig(
    old,
    ['type: snowflake', ...lines].map((line) => `    ${line}\n`).join(''),
    minimalConfig,
  );
  return parseConfigText(text.replace('    model:', '    mode: upsert\n    model:'), env, { ...files, ...more });
}

async function right(
  lines: readonly string[],
  env = minimalEnvironment,
  more: typeof files = {},
): Promise<SourceSettings | undefined> {
  const { config, issues } = await parse(lines, env, more);
  expect(issues).to.equal(null);
  return config?.sources['warehouse'];
}

async function messagesOf(lines: readonly string[], env = minimalEnvironment): Promise<readonly string[]> {
  const { issues } = await parse(lines, env);
  return (issues ?? []).map(
    ({ path, message, hint }) => `${path.replace('sources.warehouse', '~')} ${message}: ${hint}`,
  );
}

const account = 'account: org-one';
const user = 'username: reader';

describe('the settings of a Snowflake source', () => {
  it('accept each kind of credentials, and treat empty settings as absent', async () => {
    const none = { warehouse: null, database: null, schema: null, role: null, accessUrl: null };
    expect(await right([account, user, 'password: ${SECRET}'], { ...minimalEnvironment, SECRET: 'a' })).to.deep.equal({
      ...none,
      name: 'warehouse',
      type: 'snowflake',
      account: 'org-one',
      username: 'reader',
      login: { by: 'password', password: 'a' },
      statementTimeoutMs: 600_000,
      connectTimeoutMs: 30_000,
    });
    const logins = await Promise.all([
      right([account, 'token: a']),
      right([account, 'token: a', 'tokenType: pat', "privateKeyPath: ''", 'role: R', 'accessUrl: https://a.test/']),
      right([account, user, 'privateKeyPath: plain.p8']),
      right([account, user, 'privateKeyPath: encrypted.p8', `privateKeyPassphrase: ${passphrase}`]),
      right([account, user, 'privateKey: ${KEY}'], { ...minimalEnvironment, KEY: plain }),
    ]);
    expect(logins.map((one) => one?.type === 'snowflake' && one.login)).to.deep.equal([
      { by: 'oauth', token: 'a' },
      { by: 'pat', token: 'a' },
      { by: 'key', key: plain, passphrase: null },
      { by: 'key', key: encrypted, passphrase },
      { by: 'key', key: plain, passphrase: null },
    ]);
    expect(logins[1]).to.include({ role: 'R', accessUrl: 'https://a.test' });
  });

  it('understand a private key as platforms pass it on, from a file and from the environment', async () => {
    const line = plain.replaceAll('\n', '\\n');
    const texts = { '/panel/line.p8': line, '/panel/base64.p8': Buffer.from(plain).toString('base64') };
    const sources = await Promise.all([
      right([account, user, 'privateKey: ${KEY}'], { ...minimalEnvironment, KEY: line }),
      right([account, user, 'privateKey: ${file:line.p8}'], minimalEnvironment, texts),
      right([account, user, 'privateKeyPath: line.p8'], minimalEnvironment, texts),
      right([account, user, 'privateKeyPath: base64.p8'], minimalEnvironment, texts),
    ]);
    for (const source of sources) {
      expect(source?.type === 'snowflake' && source.login).to.deep.equal({ by: 'key', key: plain, passphrase: null });
    }
  });

  const key = 'privateKeyPath: plain.p8';
  const cases: readonly (readonly [title: string, lines: readonly string[], issue: RegExp])[] = [
    ['no way to log in', [account, user], /^~ has no credentials: Add privateKeyPath/],
    ['two ways to log in', [account, user, key, 'password: a'], /^~.password cannot be combined with privateKeyPath/],
    ['a key without a user', [account, key], /^~.username is required: Add the user/],
    [
      'a passphrase without a key',
      [account, user, 'password: a', 'privateKeyPassphrase: b'],
      /^~.privateKeyPassphrase needs a private key/,
    ],
    [
      'a kind of token without one',
      [account, user, key, 'tokenType: pat'],
      /^~.tokenType needs token beside it: Add token/,
    ],
    [
      'an encrypted key alone',
      [account, user, 'privateKeyPath: encrypted.p8'],
      /is an encrypted key: Add privateKeyPassphrase/,
    ],
    [
      'a wrong passphrase',
      [account, user, 'privateKeyPath: encrypted.p8', 'privateKeyPassphrase: no'],
      /cannot be opened with/,
    ],
    ['another kind of key', [account, user, 'privateKeyPath: elliptic.p8'], /is no RSA key: Snowflake takes RSA/],
    ['no key at all', [account, user, 'privateKey: abc'], /^~.privateKey is no private key in PEM form/],
    [
      'a key file that is missing',
      [account, user, 'privateKeyPath: gone.p8'],
      /^~.privateKeyPath the file gone.p8 does not exist/,
    ],
    [
      'an address for an account',
      ['account: https://a.snowflakecomputing.com', user, key],
      /^~.account must be the account identifier alone/,
    ],
    [
      'a host for an account',
      ['account: a-b.snowflakecomputing.com', user, key],
      /^~.account must be the account identifier alone/,
    ],
    [
      'plain http to elsewhere',
      [account, user, key, 'accessUrl: http://a.test'],
      /^~.accessUrl must be https: plain http/,
    ],
    [
      'a setting of another source',
      [account, user, key, 'url: a'],
      /^~.url unknown key `url`: Known here: type, account,/,
    ],
  ];
  for (const [title, lines, issue] of cases) {
    it(`are refused with ${title}`, async () => {
      const found = await messagesOf(lines);
      expect(found).to.have.length(1);
      expect(found[0]).to.match(issue);
    });
  }

  it('never show a secret in an issue', async () => {
    const env = { ...minimalEnvironment, KEY: encrypted, SECRET: 'hidden-secret' };
    const lines = [
      account,
      'privateKey: ${KEY}',
      'privateKeyPassphrase: ${SECRET}',
      'password: ${SECRET}',
      'token: ${SECRET}',
    ];
    const found = (await messagesOf(lines, env)).join('\n');
    expect(found).to.not.match(/hidden-secret|ENCRYPTED|MII/);
  });
});
