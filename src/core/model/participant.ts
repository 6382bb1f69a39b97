import type { Formats } from '../ports/formats.ts';
import type { Projection } from './projection.ts';
import { cleanEmail } from './key.ts';
import { readPhoneText } from './phone.ts';
import type { CharacteristicValue, Column, RowError, FieldChanges, FieldName, Payload } from './terms.ts';
import { convert } from './value.ts';

/** What would be sent for a row, and every error that kept a value out of it. */
export interface Participant {
  readonly payload: Payload;
  readonly errors: readonly RowError[];
}

/** Normalizes the values of one line. Fields and characteristics are always in the order of the projection. */
export function toParticipant(
  values: readonly (string | null)[],
  projection: Projection,
  formats: Formats,
): Participant {
  const errors: RowError[] = [];
  const keepNulls = projection.sync.nulls === 'null';
  const fields: Partial<Record<FieldName, string | null>> = {};
  for (const { field, index, column } of projection.fields) {
    const converted = convert(values[index] ?? null, column.kind, 'text');
    if ('code' in converted) {
      errors.push({ ...converted, field });
      continue;
    }
    const text = converted.value === null ? null : String(converted.value);
    const value =
      text === null ? null : toFieldValue(field, { text, raw: values[index] ?? '', column }, { projection, formats });
    if (value === undefined) continue;
    if (typeof value === 'object' && value !== null) errors.push(value);
    else if (value !== null || (keepNulls && field !== 'email')) fields[field] = value;
  }
  const characteristics: Record<string, CharacteristicValue> = {};
  for (const { slug, type, index, column } of projection.characteristics) {
    const converted = convert(values[index] ?? null, column.kind, type);
    if ('code' in converted) errors.push({ ...converted, field: `characteristics.${slug}` });
    else if (converted.value !== null || keepNulls) characteristics[slug] = converted.value;
  }
  return { payload: { fields, characteristics }, errors };
}

interface FieldText {
  readonly text: string;
  readonly raw: string;
  readonly column: Column;
}

/** A text in the form of its field; `undefined`: the field is left out. */
function toFieldValue(
  field: FieldName,
  { text, raw, column }: FieldText,
  { projection, formats }: { readonly projection: Projection; readonly formats: Formats },
): string | undefined | RowError {
  if (field === 'email') return cleanEmail(text);
  if (field !== 'phone_number') return text;
  // The text of a number has the zeros that its exponent stands for; as digits of a phone they would be made up.
  const isNumber = column.kind === 'number' || column.kind === 'float';
  return normalizePhone(isNumber ? raw : text, projection, formats);
}

/** E.164 where the number parses; otherwise as the sync says: kept, left out (`undefined`) or an error. */
function normalizePhone(text: string, projection: Projection, formats: Formats): string | undefined | RowError {
  const { defaultCountry, invalid } = projection.sync.phone;
  const number = formats.toE164(text, defaultCountry);
  if (number !== null) return number;
  switch (invalid) {
    case 'keep':
      return text;
    case 'omit':
      return undefined;
    case 'reject':
      return {
        code: 'phone_invalid',
        message: phoneErrorMessage(text, defaultCountry),
        field: 'phone_number',
      };
  }
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
  const old = before === null ? new Map<string, CharacteristicValue>() : flattenFields(before);
  const now = flattenFields(after);
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return Object.fromEntries(
    names.flatMap((name) => {
      const pair = [old.get(name) ?? null, now.get(name) ?? null] as const;
      return pair[0] === pair[1] ? [] : [[name, pair] as const];
    }),
  );
}
