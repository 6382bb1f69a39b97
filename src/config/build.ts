import path from 'node:path';
import type {
  AlertSettings,
  Config,
  Mapping,
  MappedCharacteristic,
  PostgresSourceSettings,
  SnowflakeLogin,
  SnowflakeSourceSettings,
  SourceSettings,
  SyncSettings,
  TlsSettings,
} from '../core/settings.ts';
import type { FieldName, Model } from '../core/model/terms.ts';
import { fieldNames } from '../core/model/terms.ts';
import { deepFreeze } from './deep-freeze.ts';
import { withPlainSslMode } from './schema/rules.ts';
import type { WrittenAlert, WrittenConfig, WrittenSource, WrittenSync } from './schema/schema.ts';
import { placeKey } from './settings-tree.ts';

/** The files that settings name, by `placeKey` of the setting. */
type Texts = ReadonlyMap<string, string>;

/** The frozen configuration out of settings that were found right. `file` is the absolute path they came from. */
export function buildConfig(written: WrittenConfig, file: string, texts: Texts): Config {
  const { environment: _environment, ...destination } = written.destination;
  return deepFreeze({
    file,
    state: {
      url: written.state.url === '' ? null : withPlainSslMode(written.state.url),
      schema: written.state.schema,
      // Beside the file, so that the state does not depend on where the command is started.
      directory: path.join(path.dirname(file), '.panelsync'),
      payload: written.state.payload,
      hashKey: orNull(written.state.hashKey),
    },
    destination: { ...destination, baseUrl: destination.baseUrl.replace(/\/+$/, '') },
    sources: mapValues(written.sources, (source, name) => buildSource(source, name, texts)),
    syncs: mapValues(written.syncs, (sync, name) => buildSync(sync, name, texts)),
    daemon: written.daemon,
    server: { ...written.server, token: written.server.token === '' ? null : written.server.token },
    alerts: mapValues(withAddress(written.alerts), buildAlert),
    log: written.log,
    retention: {
      runsDays: Number.parseInt(written.retention.runs, 10),
      skipsDays: Number.parseInt(written.retention.skips, 10),
    },
  });
}

/** An address that the environment leaves empty switches a webhook off. */
function withAddress(alerts: WrittenConfig['alerts']): WrittenConfig['alerts'] {
  return Object.fromEntries(Object.entries(alerts).filter(([, { url }]) => url !== ''));
}

function buildAlert({ syncs, ...alert }: WrittenAlert, name: string): AlertSettings {
  return { name, ...alert, on: [...new Set(alert.on)], syncs: syncs === undefined ? null : [...new Set(syncs)] };
}

type WrittenPostgres = Extract<WrittenSource, { type: 'postgres' }>;
type WrittenSnowflake = Extract<WrittenSource, { type: 'snowflake' }>;

function buildSource(source: WrittenSource, name: string, texts: Texts): SourceSettings {
  switch (source.type) {
    case 'postgres':
      return buildPostgres(source, name, texts);
    case 'snowflake':
      return buildSnowflake(source, name, texts);
  }
}

function buildPostgres({ tls, ...source }: WrittenPostgres, name: string, texts: Texts): PostgresSourceSettings {
  const url = withPlainSslMode(source.url);
  return { name, ...source, url, tls: tls === undefined ? null : buildTls(tls, name, texts) };
}

function buildSnowflake(source: WrittenSnowflake, name: string, texts: Texts): SnowflakeSourceSettings {
  const { type, account, statementTimeoutMs, connectTimeoutMs } = source;
  return {
    name,
    type,
    account,
    username: orNull(source.username),
    login: buildLogin(source, texts.get(placeKey(['sources', name, 'privateKeyPath']))),
    warehouse: orNull(source.warehouse),
    database: orNull(source.database),
    schema: orNull(source.schema),
    role: orNull(source.role),
    accessUrl: orNull(source.accessUrl.replace(/\/+$/, '')),
    statementTimeoutMs,
    connectTimeoutMs,
  };
}

/** Just one way is written; anything else was told as a fault. */
function buildLogin(source: WrittenSnowflake, keyFile: string | undefined): SnowflakeLogin {
  const key = keyFile ?? source.privateKey;
  if (key !== '') return { by: 'key', key, passphrase: orNull(source.privateKeyPassphrase) };
  if (source.token !== '') return { by: source.tokenType ?? 'oauth', token: source.token };
  return { by: 'password', password: source.password };
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

function buildTls({ mode }: NonNullable<WrittenPostgres['tls']>, source: string, texts: Texts): TlsSettings {
  const pem = (key: string): string | null => texts.get(placeKey(['sources', source, 'tls', key])) ?? null;
  return { mode, ca: pem('ca'), cert: pem('cert'), key: pem('key') };
}

function buildSync({ model, sql, ...sync }: WrittenSync, name: string, texts: Texts): SyncSettings {
  return {
    ...sync,
    name,
    model: buildModel({ model, sql }, name, texts),
    schedule: sync.schedule ?? null,
    key: sync.key ?? null,
    mapping: buildMapping(sync.mapping),
    phone: { defaultCountry: sync.phone.defaultCountry?.toUpperCase() ?? null, invalid: sync.phone.invalid },
  };
}

function buildModel({ model, sql }: Pick<WrittenSync, 'model' | 'sql'>, sync: string, texts: Texts): Model {
  if (sql !== undefined) return { sql, from: `syncs.${sync}.sql` };
  const text = texts.get(placeKey(['syncs', sync, 'model']));
  // Faults are told before anything is built, so this is a slip of ours and never of the configuration.
  if (model === undefined || text === undefined) throw new TypeError(`The model of the sync ${sync} was not read.`);
  return { sql: text, from: model };
}

function buildMapping({ characteristics, ...columns }: WrittenSync['mapping']): Mapping {
  const fields: Partial<Record<FieldName, string>> = {};
  for (const field of fieldNames) {
    const column = columns[field];
    if (column !== undefined) fields[field] = column;
  }
  return { fields, characteristics: mapValues(characteristics, buildCharacteristic) };
}

function buildCharacteristic(written: WrittenSync['mapping']['characteristics'][string]): MappedCharacteristic {
  if (typeof written === 'string') return { column: written, type: null };
  return { column: written.column, type: written.type ?? null };
}

/** Without a prototype, so that looking up a name such as `constructor` finds nothing but settings. */
function mapValues<From, To>(
  values: Readonly<Record<string, From>>,
  to: (value: From, key: string) => To,
): Record<string, To> {
  const result: Record<string, To> = Object.create(null);
  for (const [key, value] of Object.entries(values)) result[key] = to(value, key);
  return result;
}
