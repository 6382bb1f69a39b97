import type { Formats } from '../ports/formats.ts';
import type { ProjectedField, Projection } from './projection.ts';
import { cleanEmail } from './key.ts';
import { readPhoneText } from './phone.ts';
import { textErrors, toOneLine } from './rules/rules.ts';
import type { CharacteristicValue, RowError, FieldChanges, FieldName, Payload } from './terms.ts';
import { convert } from './value.ts';

/** What would be sent for a row, and every error that kept a value out of it. */
export interface Participant {
  readonly payload: Payload;
  readonly errors: readonly RowError[];
  /** Invalid values that were left out, because the rule of their field says so. */
  readonly omitted: readonly OmittedValue[];
}

export interface OmittedValue {
  /** `title`, `characteristics.plan`. */
  readonly field: string;
  /** As the source has it. */
  readonly text: string;
}

/** Normalizes the values of one line. Fields and characteristics are always in the order of the projection. */
export function toParticipant(
  values: readonly (string | null)[],
  projection: Projection,
  formats: Formats,
): Participant {
  const errors: RowError[] = [];
  const omitted: OmittedValue[] = [];
  const keepNulls = projection.sync.nulls === 'null';
  const context = { projection, formats };
  const leaveOut = (name: string, { index, onInvalid }: ProjectedField, found: readonly RowError[]): void => {
    if (onInvalid === 'omit') omitted.push({ field: name, text: values[index] ?? '' });
    else errors.push(...found);
  };
  const fields: Partial<Record<FieldName, string | null>> = {};
  for (const projected of projection.fields) {
    const { field } = projected;
    const value = readField(values, projected, context);
    if (typeof value === 'object' && value !== null) leaveOut(field, projected, [value]);
    else if (isLeftOut(value, field, projected)) leaveOut(field, projected, []);
    else if (value !== null || (keepNulls && field !== 'email')) fields[field] = value;
  }
  const characteristics: Record<string, CharacteristicValue> = {};
  for (const projected of projection.characteristics) {
    const { slug, type, index, column } = projected;
    const name = `characteristics.${slug}`;
    const converted = convert(values[index] ?? null, column.kind, type);
    if ('code' in converted) leaveOut(name, projected, [{ ...converted, field: name }]);
    else if (isLeftOut(converted.value, name, projected)) leaveOut(name, projected, []);
    else if (converted.value !== null || keepNulls) characteristics[slug] = converted.value;
  }
  return { payload: { fields, characteristics }, errors, omitted };
}

/** Whether a text that breaks a rule leaves the payload; where it makes the row invalid, validation says so. */
function isLeftOut(value: CharacteristicValue, name: string, { onInvalid }: ProjectedField): boolean {
  return onInvalid === 'omit' && textErrors(name, value).length > 0;
}

interface FieldContext {
  readonly projection: Projection;
  readonly formats: Formats;
}

/** The text of a field in its form, or what is wrong with it. */
function readField(
  values: readonly (string | null)[],
  { field, index, column }: Projection['fields'][number],
  context: FieldContext,
): string | null | RowError {
  const raw = values[index] ?? null;
  const converted = convert(raw, column.kind, 'text');
  if ('code' in converted) return { ...converted, field };
  if (converted.value === null) return null;
  const text = String(converted.value);
  if (field === 'email') return cleanEmail(text);
  if (field !== 'phone_number') return toOneLine(text);
  // The text of a number has the zeros that its exponent stands for; as digits of a phone they would be made up.
  const isNumber = column.kind === 'number' || column.kind === 'float';
  return normalizePhone(isNumber ? (raw ?? '') : toOneLine(text), countryOf(values, context), context);
}

/** The country that a number without a country code belongs to. */
function countryOf(values: readonly (string | null)[], { projection, formats }: FieldContext): string | null {
  const { phoneCountry, sync } = projection;
  const text = phoneCountry === null ? null : (values[phoneCountry.index] ?? null);
  return (text === null ? null : formats.countryOf(text)) ?? sync.phone.defaultCountry;
}

/** E.164 where the number parses; otherwise it is kept, or an error, which may leave it out. */
function normalizePhone(
  text: string,
  country: string | null,
  { projection, formats }: FieldContext,
): string | RowError {
  const number = formats.toE164(text, country);
  if (number !== null) return number;
  if (projection.sync.phone.invalid === 'keep') return text;
  return { code: 'phone_invalid', message: phoneErrorMessage(text, country), field: 'phone_number' };
}

function phoneErrorMessage(text: string, defaultCountry: string | null): string {
  if (readPhoneText(text)?.wasNumber !== false) {
    return 'the phone number went through a number format, which loses digits, zeros or the plus; keep it as text';
  }
  return defaultCountry === null
    ? 'the phone number does not parse; phone.defaultCountry may be missing'
    : `the phone number does not parse, with or without the country code of ${defaultCountry}`;
}

/**
 * The payload as text: equal payloads have equal texts, whatever the order of the mapping. It is stored, hashed, and
 * put into its wire form when it is sent.
 */
export function canonicalText(payload: Payload): string {
  return JSON.stringify(payload);
}

/** The payload that such a text stands for. */
export function parsePayload(text: string): Payload {
  // Canonical texts are only ever written by canonicalText.
  return JSON.parse(text) as Payload;
}

/** The values of a payload under flat names: `city`, `characteristics.plan`. */
export function flattenFields(payload: Payload): ReadonlyMap<string, CharacteristicValue> {
  const custom = Object.entries(payload.characteristics).map(
    ([slug, value]) => [`characteristics.${slug}`, value] as const,
  );
  return new Map<string, CharacteristicValue>([...Object.entries(payload.fields), ...custom]);
}

/** Every field that differs: `[old, new]`, null where a field is absent. */
export function changedFields(before: Payload | null, after: Payload): FieldChanges {
  return {
    ...changedValues(before?.fields ?? {}, after.fields, ''),
    ...changedValues(before?.characteristics ?? {}, after.characteristics, 'characteristics.'),
  };
}

type Values = Readonly<Record<string, CharacteristicValue | undefined>>;

function changedValues(before: Values, after: Values, prefix: string): FieldChanges {
  const changes: Record<string, FieldChanges[string]> = {};
  const compare = (name: string): void => {
    const [old, now] = [ownValue(before, name), ownValue(after, name)];
    if (old !== now) changes[prefix + name] = [old, now];
  };
  for (const name of Object.keys(before)) compare(name);
  for (const name of Object.keys(after)) if (!Object.hasOwn(before, name)) compare(name);
  return changes;
}

/** `null` where there is none. A slug may have the name of something that every object has: `constructor`. */
export function ownValue(values: Values, name: string): CharacteristicValue {
  return Object.hasOwn(values, name) ? (values[name] ?? null) : null;
}
