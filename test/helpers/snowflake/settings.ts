import { generateKeyPairSync } from 'node:crypto';
import type { SnowflakeSourceSettings } from '../../../src/core/settings.ts';
import type { SnowflakeServer } from './server.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open-sesame' },
});

/** The encrypted private key of the test server's only user. */
export const userKey = { key: privateKey, passphrase: 'open-sesame' };

/** Whom the test server lets in. */
export const snowflakeCredentials = {
  account: 'ORG-TEST',
  user: 'PANELSYNC_USER',
  password: 'a-secret-password',
  publicKey,
  token: 'a-secret-token',
  roles: ['PANELSYNC', 'PUBLIC'],
  warehouses: ['COMPUTE_WH'],
};

/** Settings of a source that logs in to the test server with its key pair. */
export function snowflakeSettings(
  { url }: Pick<SnowflakeServer, 'url'>,
  changes: Partial<SnowflakeSourceSettings> = {},
): SnowflakeSourceSettings {
  return {
    name: 'snow',
    type: 'snowflake',
    account: 'ORG-TEST',
    username: 'PANELSYNC_USER',
    login: { by: 'key', ...userKey },
    warehouse: 'COMPUTE_WH',
    database: 'ANALYTICS',
    schema: 'MARTS',
    role: 'PANELSYNC',
    accessUrl: url,
    statementTimeoutMs: 60_000,
    connectTimeoutMs: 10_000,
    ...changes,
  };
}
