import type { Formats } from '../ports/formats.ts';
import type { Projection } from './projection.ts';
import type { CharacteristicValue, RowError, FieldChanges, FieldName, Payload } from './terms.ts';
import { convert } from './value.ts';

/** A row made into what would be sent, with everything that kept a value from its place. */
export interface Participant {
  readonly payload: Payload;
  readonly errors: readonly RowError[];
}

/** Normalises the values of one line. The same projection gives fields and characteristics always in the same order. */
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
    const value = field === 'phone_number' && text !== null ? normalizePhone(text, projection, formats) : text;
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

/** E.164 where the number parses; otherwise as the sync says: kept, left out (`undefined`) or a fault. */
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
        message:
          defaultCountry === null
            ? 'the phone number does not parse; phone.defaultCountry may be missing'
            : `the phone number does not parse, with or without the country code of ${defaultCountry}`,
        field: 'phone_number',
      };
  }
}

/**
 * The payload as the one text that stands for it: equal payloads give equal texts, whatever the order of the mapping.
 * Stored, hashed, and given its wire form when it is sent.
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

/** Every field that differs: `[old, new]`, null where it is absent. */
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
