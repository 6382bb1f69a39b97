import { z } from 'zod';
import { isHttpUrl, isPlainUrl, isSafeUrl } from './rules.ts';
import { secretText } from './secrets.ts';
import { bareText, milliseconds, section } from './schema-parts.ts';

/** Empty counts as absent, so that one file can have a reference such as `${NAME:-}` for each kind of credentials. */
const optionalText = (description: string) => bareText().default('').describe(description);

export const snowflakeSchema = section({
  type: z.literal('snowflake').describe('Type of the warehouse'),
  account: z
    .string()
    .regex(/^[A-Za-z0-9](?!.*\.snowflakecomputing\.)[A-Za-z0-9._-]*$/, {
      error:
        'must be the account identifier alone, such as myorg-account1, without https:// and .snowflakecomputing.com',
    })
    .describe('Account identifier: organization-account'),
  username: optionalText('User to log in as; not required with a token'),
  privateKeyPath: optionalText("File with the user's private key, PEM; recommended"),
  privateKey: secretText(z.string().default('').describe('The private key itself, PEM, instead of privateKeyPath')),
  privateKeyPassphrase: secretText(optionalText('Passphrase of an encrypted private key')),
  password: secretText(optionalText('Password of the user')),
  token: secretText(optionalText('OAuth access token or programmatic access token')),
  tokenType: z.enum(['oauth', 'pat']).optional().describe('Type of the token; pat: programmatic access token'),
  warehouse: optionalText("Virtual warehouse; empty: the user's default"),
  database: optionalText('Database of unqualified names'),
  schema: optionalText('Schema of unqualified names'),
  role: optionalText("Role that may read the model; empty: the user's default"),
  accessUrl: z
    .string()
    .refine((url) => url === '' || isHttpUrl(url), {
      error: 'must be a URL that starts with https:// (or http:// on this machine)',
    })
    .refine(isPlainUrl, { error: 'must not contain a user, password, query or fragment' })
    .refine(isSafeUrl, {
      error: 'must be https: plain http would send the credentials unencrypted',
      params: { hint: 'Plain http is accepted for 127.0.0.0/8, ::1 and localhost only.' },
    })
    .default('')
    .describe("Address to use instead of the account's own, such as a private link"),
  statementTimeoutMs: milliseconds('Statement timeout of the model', 600_000),
  connectTimeoutMs: milliseconds('Timeout of logging in', 30_000),
});
