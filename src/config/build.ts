import path from 'node:path';
import type {
  Config,
  FieldRule,
  Mapping,
  MappedCharacteristic,
  PhoneSettings,
  SyncSettings,
} from '../core/settings.ts';
import type { FieldName, Model, Payload } from '../core/model/terms.ts';
import { fieldNames } from '../core/model/terms.ts';
import { buildAlerts } from './build-alert.ts';
import { buildSource, orNull } from './build-source.ts';
import type { FileTexts } from './build-source.ts';
import { parseDuration } from '../lib/duration.ts';
import { deepFreeze } from './deep-freeze.ts';
import { withExplicitSslMode } from './schema/rules.ts';
import type { ValidatedConfig, ValidatedSync } from './schema/schema.ts';
import { pathKey } from './setting.ts';
import { showSync } from './shown.ts';

/** What the files hold that settings name. */
export interface ReferencedContent {
  readonly texts: FileTexts;
  /** By the name of their sync. */
  readonly dbtModels: ReadonlyMap<string, Model>;
}

/** The frozen configuration out of validated settings. `file` is the absolute path they came from. */
export function buildConfig(validated: ValidatedConfig, file: string, content: ReferencedContent): Config {
  const { texts } = content;
  const { environment: _environment, ...destination } = validated.destination;
  return deepFreeze({
    file,
    state: {
      url: validated.state.url === '' ? null : withExplicitSslMode(validated.state.url),
      schema: validated.state.schema,
      // Beside the file, so that the state does not depend on where the command is started.
      directory: path.join(path.dirname(file), '.panelsync'),
      payload: validated.state.payload,
      hashKey: orNull(validated.state.hashKey),
    },
    destination: {
      ...destination,
      baseUrl: destination.baseUrl.replace(/\/+$/, ''),
      tls: { ca: texts.get(pathKey(['destination', 'tls', 'ca'])) ?? null },
    },
    sources: mapValues(validated.sources, (source, name) =>
      buildSource(source, { name, directory: path.dirname(file), texts }),
    ),
    syncs: mapValues(validated.syncs, (sync, name) => buildSync(sync, name, content)),
    shown: mapValues(validated.syncs, (_sync, name) => showSync(validated, name)),
    daemon: validated.daemon,
    server: {
      ...validated.server,
      token: orNull(validated.server.token),
      readToken: orNull(validated.server.readToken),
      publicUrl: orNull(validated.server.publicUrl.replace(/\/+$/, '')),
    },
    alerts: buildAlerts(validated.alerts),
    log: validated.log,
    retention: {
      runsDays: Number.parseInt(validated.retention.runs, 10),
      skipsDays: Number.parseInt(validated.retention.skips, 10),
    },
  });
}

function buildSync({ model, sql, ...sync }: ValidatedSync, name: string, content: ReferencedContent): SyncSettings {
  return {
    ...sync,
    name,
    model: buildModel({ model, sql }, name, content),
    schedule: sync.schedule ?? null,
    key: sync.key ?? null,
    identity: sync.identity ?? null,
    freshness:
      sync.freshness === undefined
        ? null
        : { column: sync.freshness.column, maxAgeMs: parseDuration(sync.freshness.maxAge) ?? 0 },
    mapping: buildMapping(sync.mapping),
    removed: buildRemoved(sync.removed),
    phone: buildPhone(sync),
  };
}

function buildModel(
  { model, sql }: Pick<ValidatedSync, 'model' | 'sql'>,
  sync: string,
  { texts, dbtModels }: ReferencedContent,
): Model {
  if (sql !== undefined) return { sql, location: `syncs.${sync}.sql` };
  const text = texts.get(pathKey(['syncs', sync, 'model']));
  const built = typeof model === 'string' && text !== undefined ? { sql: text, location: model } : dbtModels.get(sync);
  // Issues are reported before anything is built, so this is a mistake of ours and never of the configuration.
  if (built === undefined) throw new TypeError(`The model of the sync ${sync} was not read.`);
  return built;
}

function buildPhone({ phone, mapping }: ValidatedSync): PhoneSettings {
  const { defaultCountry, countryColumn, invalid } = phone;
  const field = mapping.phone_number;
  const onInvalid = typeof field === 'object' ? field.onInvalid : undefined;
  return {
    defaultCountry: defaultCountry?.toUpperCase() ?? null,
    ...(countryColumn === undefined ? {} : { countryColumn }),
    invalid: onInvalid ?? invalid,
  };
}

function buildMapping({ characteristics, ...columns }: ValidatedSync['mapping']): Mapping {
  const fields: Partial<Record<FieldName, string>> = {};
  const rules: Record<string, FieldRule> = {};
  for (const field of fieldNames) {
    const mapped = columns[field];
    if (mapped === undefined) continue;
    fields[field] = typeof mapped === 'string' ? mapped : mapped.column;
    addRule(rules, field, mapped);
  }
  for (const [slug, mapped] of Object.entries(characteristics)) addRule(rules, `characteristics.${slug}`, mapped);
  const mapping = { fields, characteristics: mapValues(characteristics, buildCharacteristic) };
  return Object.keys(rules).length === 0 ? mapping : { ...mapping, rules };
}

/** Only rules that say something else than the default. */
function addRule(
  rules: Record<string, FieldRule>,
  name: string,
  mapped: ValidatedSync['mapping']['characteristics'][string],
): void {
  if (typeof mapped === 'string') return;
  const { write = 'always', onInvalid = 'reject' } = mapped;
  if (write !== 'always' || onInvalid !== 'reject') rules[name] = { write, onInvalid };
}

function buildRemoved(removed: ValidatedSync['removed']): SyncSettings['removed'] {
  if (removed === 'report') return { action: removed };
  return { action: removed.action, set: buildMark(removed.set), restore: buildMark(removed.restore) };
}

/** In the order of every payload, so that the order in the file makes no difference. */
function buildMark(mark: Exclude<ValidatedSync['removed'], 'report'>['set']): Payload {
  const fields: Partial<Record<FieldName, string>> = {};
  for (const field of fieldNames) {
    const value = field === 'email' ? undefined : mark[field];
    if (value !== undefined) fields[field] = value;
  }
  const characteristics = Object.entries(mark.characteristics).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { fields, characteristics: Object.fromEntries(characteristics) };
}

function buildCharacteristic(
  characteristic: ValidatedSync['mapping']['characteristics'][string],
): MappedCharacteristic {
  if (typeof characteristic === 'string') return { column: characteristic, type: null };
  return { column: characteristic.column, type: characteristic.type ?? null };
}

/** Without a prototype, so that looking up a name such as `constructor` finds nothing but settings. */
function mapValues<Value, Mapped>(
  values: Readonly<Record<string, Value>>,
  transform: (value: Value, key: string) => Mapped,
): Record<string, Mapped> {
  const result: Record<string, Mapped> = Object.create(null);
  for (const [key, value] of Object.entries(values)) result[key] = transform(value, key);
  return result;
}
