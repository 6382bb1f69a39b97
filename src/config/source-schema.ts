import { z } from 'zod';
import { milliseconds, postgresUrl, text } from './schema-parts.ts';

const tls = z
  .strictObject({
    mode: z
      .enum(['disable', 'require', 'verify-ca', 'verify-full'])
      .describe('As in libpq: verify-full checks the certificate and the host name'),
    ca: text('File with the certificates that are trusted, PEM').optional(),
    cert: text('File with our own certificate, PEM').optional(),
    key: text('File with the key of our own certificate, PEM').optional(),
  })
  .optional()
  .describe('How the connection is secured; absent: as the url says');

const postgres = z.strictObject({
  type: z.literal('postgres').describe('What kind of warehouse it is'),
  url: postgresUrl('Address of the warehouse, postgres://user:password@host:5432/database'),
  statementTimeoutMs: milliseconds('How long a model may run', 600_000),
  connectTimeoutMs: milliseconds('How long connecting may take', 15_000),
  tls,
});

export const sourceSchema = z.discriminatedUnion('type', [postgres]).describe('A warehouse that runs models');
