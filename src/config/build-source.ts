import path from 'node:path';
import type {
  DuckDbSourceSettings,
  PostgresSourceSettings,
  RedshiftSourceSettings,
  SnowflakeCredentials,
  SnowflakeSourceSettings,
  SourceSettings,
  TlsSettings,
} from '../core/settings.ts';
import { normalizePrivateKey } from './private-key.ts';
import { withExplicitSslMode } from './schema/rules.ts';
import type { ValidatedSource } from './schema/schema.ts';
import { pathKey } from './setting.ts';

/** The files that settings name, by `pathKey` of the setting. */
export type FileTexts = ReadonlyMap<string, string>;

type ValidatedPostgres = Extract<ValidatedSource, { type: 'postgres' }>;
type ValidatedRedshift = Extract<ValidatedSource, { type: 'redshift' }>;
type ValidatedDuckDb = Extract<ValidatedSource, { type: 'duckdb' }>;
type ValidatedSnowflake = Extract<ValidatedSource, { type: 'snowflake' }>;

export interface SourceContext {
  readonly name: string;
  /** The folder of the configuration file. */
  readonly directory: string;
  readonly texts: FileTexts;
}

/** The settings of a source out of its validated section. */
export function buildSource(source: ValidatedSource, { name, directory, texts }: SourceContext): SourceSettings {
  switch (source.type) {
    case 'postgres':
      return buildPostgres(source, name, texts);
    case 'redshift':
      return buildRedshift(source, name, texts);
    case 'snowflake':
      return buildSnowflake(source, name, texts);
    case 'duckdb':
      return buildDuckDb(source, name, directory);
  }
}

function buildPostgres({ tls, ...source }: ValidatedPostgres, name: string, texts: FileTexts): PostgresSourceSettings {
  const url = withExplicitSslMode(source.url);
  return { name, ...source, url, tls: tls === undefined ? null : buildTls(tls, name, texts) };
}

function buildRedshift({ tls, ...source }: ValidatedRedshift, name: string, texts: FileTexts): RedshiftSourceSettings {
  const url = withRedshiftPort(withExplicitSslMode(source.url));
  return { name, ...source, url, tls: tls === undefined ? null : buildTls(tls, name, texts) };
}

/** The driver would take the port of Postgres. */
function withRedshiftPort(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.port === '' && !url.searchParams.has('port')) url.port = '5439';
  return url.href;
}

function buildSnowflake(source: ValidatedSnowflake, name: string, texts: FileTexts): SnowflakeSourceSettings {
  const { type, account, statementTimeoutMs, connectTimeoutMs } = source;
  return {
    name,
    type,
    account,
    username: orNull(source.username),
    login: buildLogin(source, texts.get(pathKey(['sources', name, 'privateKeyPath']))),
    warehouse: orNull(source.warehouse),
    database: orNull(source.database),
    schema: orNull(source.schema),
    role: orNull(source.role),
    accessUrl: orNull(source.accessUrl.replace(/\/+$/, '')),
    statementTimeoutMs,
    connectTimeoutMs,
  };
}

function buildDuckDb(source: ValidatedDuckDb, name: string, directory: string): DuckDbSourceSettings {
  const database = source.database === '' ? null : path.resolve(directory, source.database);
  return { name, ...source, directory, database };
}

/** Validation has made sure that there is exactly one of them. */
function buildLogin(source: ValidatedSnowflake, keyFileText: string | undefined): SnowflakeCredentials {
  const key = keyFileText ?? normalizePrivateKey(source.privateKey);
  if (key !== '') return { by: 'key', key, passphrase: orNull(source.privateKeyPassphrase) };
  if (source.token !== '') return { by: source.tokenType ?? 'oauth', token: source.token };
  return { by: 'password', password: source.password };
}

function buildTls({ mode }: NonNullable<ValidatedPostgres['tls']>, source: string, texts: FileTexts): TlsSettings {
  const pem = (key: string): string | null => texts.get(pathKey(['sources', source, 'tls', key])) ?? null;
  return { mode, ca: pem('ca'), cert: pem('cert'), key: pem('key') };
}

export function orNull(text: string): string | null {
  return text === '' ? null : text;
}
