import { z } from 'zod';
import { milliseconds, nonEmptyText, postgresUrl, section } from './schema-parts.ts';

const tls = section({
  mode: z
    .enum(['disable', 'require', 'verify-ca', 'verify-full'])
    .describe('As in libpq: verify-full checks the certificate and the host name'),
  ca: nonEmptyText('File with the trusted CA certificates, PEM').optional(),
  cert: nonEmptyText('File with the client certificate, PEM').optional(),
  key: nonEmptyText('File with the key of the client certificate, PEM').optional(),
})
  .optional()
  .describe('TLS of the connection; absent: as the url says');

export const redshiftSchema = section({
  type: z.literal('redshift').describe('Type of the warehouse'),
  url: postgresUrl('Address of the warehouse, postgres://user:password@host:5439/database'),
  statementTimeoutMs: milliseconds('Statement timeout of the model', 600_000),
  connectTimeoutMs: milliseconds('Timeout of connecting', 15_000),
  tls,
});

export const postgresSchema = section({
  type: z.literal('postgres').describe('Type of the warehouse'),
  url: postgresUrl('Address of the warehouse, postgres://user:password@host:5432/database'),
  statementTimeoutMs: milliseconds('Statement timeout of the model', 600_000),
  connectTimeoutMs: milliseconds('Timeout of connecting', 15_000),
  tls,
});
