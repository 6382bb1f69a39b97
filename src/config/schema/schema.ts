/** The schema of the configuration, section by section; one file per section that has more than a few keys. */

import { z } from 'zod';
import { alertSchema } from './alert-schema.ts';
import { hashKeyHint } from '../../core/model/payload-codec.ts';
import { destinationSchema } from './destination-schema.ts';
import { headerPattern, hostPattern, identifierPattern, isHttpUrl, isPlainUrl } from './rules.ts';
import {
  bareText,
  days,
  milliseconds,
  named,
  nonEmptyText,
  postgresUrl,
  section,
  wholeNumber,
} from './schema-parts.ts';
import { secretText } from './secrets.ts';
import { sourceSchema } from './source-schema.ts';
import { syncSchema } from './sync-schema.ts';

const minHashKeyLength = 32;

const isNotEmpty = (values: object): boolean => Object.keys(values).length > 0;

const state = section({
  url: postgresUrl(
    'Postgres database for the snapshot and the ledger; empty: embedded Postgres in .panelsync beside this file',
    true,
  ).default(''),
  schema: z
    .string()
    .regex(identifierPattern, {
      error: 'must be at most 63 lower-case letters, digits and `_`, and must not start with a digit or pg_',
    })
    .default('panelsync')
    .describe('Schema of the tables'),
  payload: z
    .enum(['full', 'hashed'])
    .default('full')
    .describe('What is stored of people besides the e-mail: the values that were sent, or keyed hashes of them'),
  hashKey: secretText(
    bareText()
      .refine((key) => key === '' || key.length >= minHashKeyLength, {
        error: `must have at least ${minHashKeyLength} characters`,
        params: { hint: hashKeyHint },
      })
      .default('')
      .describe('Secret for hashing people; required for payload: hashed and for panelsync forget'),
  ),
})
  .prefault({})
  .describe('Where panelsync stores what the Hub last accepted');

function accessToken(description: string) {
  return secretText(
    bareText()
      .refine((token) => token === '' || headerPattern.test(token), {
        error: 'must be printable ASCII without spaces or line breaks',
      })
      .default('')
      .describe(description),
  );
}

const server = section({
  host: nonEmptyText('Address to listen on; addresses other than loopback require a token')
    .regex(hostPattern, { error: 'must be a host name or an IP address' })
    .default('127.0.0.1'),
  port: wholeNumber(0, 65_535).default(8787).describe('Port to listen on; 0: any free port'),
  token: accessToken('Token for Authorization: Bearer; empty: no token is required'),
  readToken: accessToken('Second token, for callers that may read but not start or change anything'),
  publicUrl: z
    .string()
    .refine((url) => url === '' || (isHttpUrl(url) && isPlainUrl(url)), {
      error: 'must be a URL that starts with https:// or http://, without user, password, query or fragment',
    })
    .default('')
    .describe('Where people reach the page, for links in alerts; empty: no links'),
})
  .prefault({})
  .describe('HTTP server of panelsync start');

const daemon = section({
  shutdownTimeoutMs: milliseconds('How long a shutdown waits for batches in flight before it aborts them', 30_000),
})
  .prefault({})
  .describe('The daemon, panelsync start');

const log = section({
  level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('Least severe level that is logged'),
  format: z.enum(['json', 'pretty']).default('json').describe('json: for programs; pretty: for people'),
})
  .prefault({})
  .describe('Logs, on standard error');

const retention = section({
  runs: days('How long finished runs are kept', '90d'),
  skips: days('How long skipped rows are kept individually', '14d'),
})
  .prefault({})
  .describe('How long the ledger keeps its records');

/**
 * The configuration as people write it, once references to the environment are replaced. What parsing accepts, the JSON
 * Schema of editors and the texts of issues all come from here.
 */
export const configSchema = section({
  state,
  destination: destinationSchema,
  sources: named(sourceSchema)
    .refine(isNotEmpty, { error: 'must have at least one source' })
    .describe('Warehouses, by name'),
  syncs: named(syncSchema).refine(isNotEmpty, { error: 'must have at least one sync' }).describe('Syncs, by name'),
  daemon,
  server,
  alerts: named(alertSchema).default({}).describe('Webhooks, by name'),
  log,
  retention,
});

export type ValidatedConfig = z.output<typeof configSchema>;
export type ValidatedSync = z.output<typeof syncSchema>;
export type ValidatedAlert = z.output<typeof alertSchema>;
export type ValidatedSource = z.output<typeof sourceSchema>;
