import { flattenFields, parsePayload } from '../participant.ts';
import { hashedFieldNames } from '../payload-codec.ts';
import type { Projection } from '../projection.ts';
import type { CharacteristicValue, Payload } from '../terms.ts';
import type { WriteRule } from './rules.ts';

/** The mapped fields by their flat names, with the rule that says when they are written. */
function rulesByName({ fields, characteristics }: Projection): readonly (readonly [string, WriteRule])[] {
  return [
    ...fields.map(({ field, write }) => [field, write] as const),
    ...characteristics.map(({ slug, write }) => [`characteristics.${slug}`, write] as const),
  ];
}

/** Mapped fields that are written whenever they change. */
export function alwaysWritten(projection: Projection): ReadonlySet<string> {
  return new Set(rulesByName(projection).flatMap(([name, write]) => (write === 'always' ? [name] : [])));
}

/**
 * Fields that are not sent to somebody who is in the Hub: those that only a new person gets, and those to fill that have
 * a value, or that the model has none for. `held` is what the snapshot has of the person.
 */
export function unwrittenFields(payload: Payload, held: string, projection: Projection): ReadonlySet<string> {
  const [values, present] = [flattenFields(payload), namesWithValue(held)];
  const isUnwritten = (name: string, write: WriteRule): boolean =>
    write === 'once' || (write === 'fill' && (present.has(name) || (values.get(name) ?? null) === null));
  return new Set(rulesByName(projection).flatMap(([name, write]) => (isUnwritten(name, write) ? [name] : [])));
}

export function withoutFields(payload: Payload, names: ReadonlySet<string>): Payload {
  const remaining = <Value extends CharacteristicValue | undefined>(
    values: Readonly<Record<string, Value>>,
    prefix: string,
  ): Record<string, Value> => Object.fromEntries(Object.entries(values).filter(([name]) => !names.has(prefix + name)));
  return {
    fields: remaining(payload.fields, ''),
    characteristics: remaining(payload.characteristics, 'characteristics.'),
  };
}

/** Hashes stand for values only, never for null. */
function namesWithValue(text: string): ReadonlySet<string> {
  const hashed = hashedFieldNames(text);
  if (hashed !== null) return hashed;
  return new Set([...flattenFields(parsePayload(text))].flatMap(([name, value]) => (value === null ? [] : [name])));
}
