import { z } from 'zod';
import { isPlainUrl, isHttpUrl, isSafeUrl } from './rules.ts';
import { bareText, milliseconds, nonEmptyText, postgresUrl, section } from './schema-parts.ts';

const tls = section({
  mode: z
    .enum(['disable', 'require', 'verify-ca', 'verify-full'])
    .describe('As in libpq: verify-full checks the certificate and the host name'),
  ca: nonEmptyText('File with the certificates that are trusted, PEM').optional(),
  cert: nonEmptyText('File with our own certificate, PEM').optional(),
  key: nonEmptyText('File with the key of our own certificate, PEM').optional(),
})
  .optional()
  .describe('How the connection is secured; absent: as the url says');

const postgres = section({
  type: z.literal('postgres').describe('What kind of warehouse it is'),
  url: postgresUrl('Address of the warehouse, postgres://user:password@host:5432/database'),
  statementTimeoutMs: milliseconds('How long a model may run', 600_000),
  connectTimeoutMs: milliseconds('How long connecting may take', 15_000),
  tls,
});

/** Empty counts as not written, so that a reference such as `${NAME:-}` can stand there for every way to log in. */
const optionalText = (description: string) => bareText().default('').describe(description);

const snowflake = section({
  type: z.literal('snowflake').describe('What kind of warehouse it is'),
  account: z
    .string()
    .regex(/^[A-Za-z0-9](?!.*\.snowflakecomputing\.)[A-Za-z0-9._-]*$/, {
      error:
        'must be the account identifier alone, such as myorg-account1, without https:// and .snowflakecomputing.com',
    })
    .describe('Account identifier, organisation-account'),
  username: optionalText('User who logs in; a token says it by itself'),
  privateKeyPath: optionalText("File with the user's private key, PEM; the way to log in that is recommended"),
  privateKey: z.string().default('').describe('The private key itself, PEM, in the place of privateKeyPath'),
  privateKeyPassphrase: optionalText('What an encrypted private key is opened with'),
  password: optionalText('Password of the user'),
  token: optionalText('OAuth access token, or programmatic access token'),
  tokenType: z.enum(['oauth', 'pat']).optional().describe('What token is; pat: a programmatic access token'),
  warehouse: optionalText("Warehouse that computes; empty: the user's own"),
  database: optionalText('Database of names without one'),
  schema: optionalText('Schema of names without one'),
  role: optionalText("Role with the right to read; empty: the user's own"),
  accessUrl: z
    .string()
    .refine((url) => url === '' || isHttpUrl(url), {
      error: 'must be a URL that starts with https:// (or http:// on this machine)',
    })
    .refine(isPlainUrl, { error: 'must hold no user, password, query or fragment' })
    .refine(isSafeUrl, {
      error: 'must be https: over plain http the login would travel in clear',
      params: { hint: 'Plain http is accepted for 127.0.0.0/8, ::1 and localhost only.' },
    })
    .default('')
    .describe("Another address than the account's own, such as a private link"),
  statementTimeoutMs: milliseconds('How long a model may run', 600_000),
  connectTimeoutMs: milliseconds('How long logging in may take', 30_000),
});

export const sourceSchema = z
  .discriminatedUnion('type', [postgres, snowflake], {
    error: ({ code }) => (code === 'invalid_union' ? 'What kind of warehouse it is' : undefined),
  })
  .describe('A warehouse that runs models');
