import { PanelsyncError } from '../errors.ts';
import { textHash } from './hash.ts';
import type { FieldRule, SyncSettings } from '../settings.ts';
import { fieldNames } from './terms.ts';
import type { CharacteristicType, Column, ColumnKind, FieldName } from './terms.ts';
import { defaultTypeFor } from './value.ts';

/** Where a line of the model has a value. */
export interface ProjectedColumn {
  readonly index: number;
  readonly column: Column;
}

/** A value of a participant, and its rule. */
export interface ProjectedField extends ProjectedColumn, FieldRule {}

export interface ProjectedCharacteristic extends ProjectedField {
  readonly slug: string;
  readonly type: CharacteristicType;
}

/** The mapping applied to a model's columns: which columns are read, and what they fill. */
export interface Projection {
  /** Positions in the model's columns, in the order the lines hold them; the key column comes first. */
  readonly positions: readonly number[];
  readonly fields: readonly (ProjectedField & { readonly field: FieldName })[];
  readonly characteristics: readonly ProjectedCharacteristic[];
  /** The column with the country of a row's phone number. */
  readonly phoneCountry: ProjectedColumn | null;
  /** The column with what stays with a person. */
  readonly identity: ProjectedColumn | null;
  /** The column whose newest value is the age of the data: its position in the model's columns. It shapes no payload. */
  readonly freshness: { readonly position: number; readonly column: Column; readonly maxAgeMs: number } | null;
  /** Whether some fields are not always written to people who are in the Hub. */
  readonly hasWriteRules: boolean;
  readonly sync: SyncSettings;
  /** Changes with everything that shapes a payload, so that rows read under other rules are compared again. */
  readonly fingerprint: string;
}

export interface ColumnIssue {
  readonly path: string;
  readonly message: string;
}

/** Raise it when the canonical form of values or payloads changes: every row is then compared again. */
const canonicalVersion = 3;

/** The projection, or every issue of the mapping with the model's columns. */
export function projectMapping(sync: SyncSettings, columns: readonly Column[]): Projection | readonly ColumnIssue[] {
  const issues: ColumnIssue[] = [];
  const positionOf = (path: string, name: string): number => {
    const found = findColumn(columns, name);
    if (typeof found === 'number') return found;
    issues.push({ path: `syncs.${sync.name}.${path}`, message: `${found} (${sync.model.location})` });
    return -1;
  };
  const keyColumn = sync.key ?? sync.mapping.fields.email ?? 'email';
  const key = positionOf(sync.key === null ? 'mapping.email' : 'key', keyColumn);
  const fieldPositions = mappedFields(sync).map(({ field, column }) => ({
    field,
    at: positionOf(`mapping.${field}`, column),
  }));
  const characteristicPositions = Object.entries(sync.mapping.characteristics).map(([slug, { column, type }]) => ({
    slug,
    type,
    at: positionOf(`mapping.characteristics.${slug}`, column),
  }));
  const countryAt = phoneCountryColumn(sync).map((name) => ({ at: positionOf('phone.countryColumn', name) }));
  const identityAt = sync.identity === null ? [] : [{ at: positionOf('identity', sync.identity) }];
  const freshness = freshnessOf(sync, columns, { issues, positionOf });
  if (issues.length > 0) return uniqueIssues(issues);
  const others = [...fieldPositions, ...characteristicPositions, ...countryAt, ...identityAt];
  const positions = columnOrder(columns, key, others);
  const toColumn = (at: number): ProjectedColumn => ({ index: positions.indexOf(at), column: columnAt(columns, at) });
  const fields = fieldPositions.map(({ field, at }) => ({ ...toColumn(at), field, ...ruleOf(sync, field) }));
  const characteristics = characteristicPositions
    .map(({ slug, type, at }) => ({
      ...toColumn(at),
      slug,
      type: type ?? defaultTypeFor(columnAt(columns, at).kind),
      ...ruleOf(sync, `characteristics.${slug}`),
    }))
    .toSorted((a, b) => compareText(a.slug, b.slug));
  const [phoneCountry = null, identity = null] = [countryAt, identityAt].map(([one]) => one && toColumn(one.at));
  const hasWriteRules = [...fields, ...characteristics].some(({ write }) => write !== 'always');
  const mapped = { positions, fields, characteristics, phoneCountry, identity, freshness, hasWriteRules, sync };
  return { ...mapped, fingerprint: fingerprintOf(mapped) };
}

const timeKinds: ReadonlySet<ColumnKind> = new Set(['date', 'timestamp', 'timestamptz']);

function freshnessOf(
  { name, freshness, model }: SyncSettings,
  columns: readonly Column[],
  { issues, positionOf }: { readonly issues: ColumnIssue[]; positionOf(path: string, name: string): number },
): Projection['freshness'] {
  if (freshness === null) return null;
  const position = positionOf('freshness.column', freshness.column);
  const column = columns[position];
  if (column === undefined) return null;
  if (timeKinds.has(column.kind)) return { position, column, maxAgeMs: freshness.maxAgeMs };
  const message = `the column "${column.name}" is ${column.type}, and the age of data needs a date or a timestamp (${model.location})`;
  issues.push({ path: `syncs.${name}.freshness.column`, message });
  return null;
}

/** The country matters to phone numbers only. */
function phoneCountryColumn({ mapping, phone }: SyncSettings): readonly string[] {
  return mapping.fields.phone_number === undefined || phone.countryColumn === undefined ? [] : [phone.countryColumn];
}

/** A phone number that does not parse has a setting of its own, which says the same of one that is too long. */
function ruleOf({ mapping, phone }: SyncSettings, name: string): FieldRule {
  const rule = mapping.rules?.[name] ?? { write: 'always', onInvalid: 'reject' };
  return name === 'phone_number' && phone.invalid === 'omit' ? { ...rule, onInvalid: 'omit' } : rule;
}

/** The projection, or one error that names every issue. */
export function projectMappingOrThrow(sync: SyncSettings, columns: readonly Column[]): Projection {
  const projection = projectMapping(sync, columns);
  if ('fingerprint' in projection) return projection;
  throw new PanelsyncError({
    code: 'mapping_mismatch',
    recovery: 'usage',
    message: `The mapping does not fit the model:\n${projection.map((issue) => `  ${issue.path}: ${issue.message}`).join('\n')}`,
    hint: `The model has the columns ${columns.map((column) => column.name).join(', ')}. Correct the mapping or the model.`,
  });
}

function mappedFields(sync: SyncSettings): readonly { readonly field: FieldName; readonly column: string }[] {
  return fieldNames.flatMap((field) => {
    const column = sync.mapping.fields[field];
    return column === undefined ? [] : [{ field, column }];
  });
}

/** Exact names win; otherwise case does not matter as long as only one column matches. A string is an error. */
function findColumn(columns: readonly Column[], name: string): number | string {
  const exact = columns.flatMap((column, at) => (column.name === name ? [at] : []));
  const caseInsensitive = columns.flatMap((column, at) =>
    column.name.toLowerCase() === name.toLowerCase() ? [at] : [],
  );
  const found = exact.length > 0 ? exact : caseInsensitive;
  const [match] = found;
  if (match === undefined) return `the model has no column "${name}"`;
  if (found.length === 1) return match;
  return `the model has ${found.length} columns that "${name}" could mean; name them apart`;
}

/** The key first, then by name, so that a re-ordered mapping reads the same lines. */
function columnOrder(
  columns: readonly Column[],
  key: number,
  mapped: readonly { readonly at: number }[],
): readonly number[] {
  const rest = [...new Set(mapped.map(({ at }) => at))].filter((at) => at !== key);
  return [key, ...rest.toSorted((a, b) => compareText(columnAt(columns, a).name, columnAt(columns, b).name))];
}

function fingerprintOf({
  sync,
  fields,
  characteristics,
  phoneCountry,
  identity,
}: Omit<Projection, 'fingerprint'>): string {
  const phone = sync.mapping.fields.phone_number === undefined ? null : sync.phone;
  const inputs = [
    canonicalVersion,
    sync.key === null ? 'email' : 'column',
    sync.nulls,
    phone,
    phoneCountry === null ? null : [phoneCountry.index, phoneCountry.column.kind],
    fields.map(({ field, index, column, write, onInvalid }) => [field, index, column.kind, write, onInvalid]),
    characteristics.map(({ slug, type, index, column, write, onInvalid }) => [
      slug,
      type,
      index,
      column.kind,
      write,
      onInvalid,
    ]),
    // No part of a payload, but under another column everybody has to be met again.
    ...(identity === null ? [] : [[identity.index, identity.column.name]]),
  ];
  return textHash(JSON.stringify(inputs)).slice(0, 16);
}

function columnAt(columns: readonly Column[], at: number): Column {
  const column = columns[at];
  if (column === undefined) throw new RangeError(`no column at ${at}`);
  return column;
}

/** Orders distinct names. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function uniqueIssues(issues: readonly ColumnIssue[]): readonly ColumnIssue[] {
  return [...new Map(issues.map((issue) => [issue.path, issue])).values()];
}
