import type { NormalizedPerson } from '../ports/hub/baseline.ts';
import type { ForgottenPeople } from './forgotten-people.ts';
import type { HubPerson } from './hub-person.ts';
import type { PayloadCodec } from './payload-codec.ts';
import { emailKey, maxKeyLength } from './key.ts';
import { canonicalText, toParticipant } from './participant.ts';
import type { Formats } from '../ports/formats.ts';
import type { ProjectedField, Projection } from './projection.ts';
import type { Column, Payload, RowError } from './terms.ts';

/** A normalized person of the Hub; `errors` are about values that are invalid and were left out. */
export type NormalizeResult =
  { readonly person: NormalizedPerson; readonly errors: readonly RowError[] } | { readonly unusable: string };

/** Gives people of the Hub the form of rows of the model: equal people have equal payloads. */
export type PersonNormalizer = (person: HubPerson) => NormalizeResult;

/** `forgotten` people are unusable: they must not be stored again. */
export function createPersonNormalizer(
  projection: Projection,
  formats: Formats,
  { codec, forgotten }: { readonly codec: PayloadCodec; readonly forgotten: ForgottenPeople | null },
): PersonNormalizer {
  const textProjection = toTextProjection(projection);
  return (person) => {
    const key = emailKey(person.email);
    if (key === null) return { unusable: 'it has no e-mail' };
    if (key.length > maxKeyLength) return { unusable: `its e-mail is longer than ${maxKeyLength} characters` };
    if (forgotten?.hasKey(key) === true) return { unusable: 'it is of somebody who is forgotten' };
    const values = textValues(person, textProjection);
    const { payload, errors } = toParticipant(values, textProjection, formats);
    const text = canonicalText(withInvalidValues(payload, values, textProjection));
    const stored = codec.encode(key, text) ?? text;
    return { person: { key, payload: stored, payloadHash: codec.payloadHash(key, text) }, errors };
  };
}

/** The sync's own fields and types, over values that all come as text and in the order of the payload. */
function toTextProjection(projection: Projection): Projection {
  const fields = projection.fields.map((projected, index) => ({
    ...projected,
    index,
    column: textColumn(projected.field),
  }));
  const characteristics = projection.characteristics.map((projected, at) => ({
    ...projected,
    index: fields.length + at,
    column: textColumn(projected.slug),
  }));
  return { ...projection, fields, characteristics, phoneCountry: null };
}

/** A field that is only filled where it is empty has a value, whether or not our rules approve of it. */
function withInvalidValues(payload: Payload, values: readonly (string | null)[], projection: Projection): Payload {
  const valueOf = <Value>({ index, write }: ProjectedField, value: Value): Value | string | undefined => {
    const raw = write === 'fill' && (value ?? null) === null ? values[index]?.trim() : undefined;
    return raw === undefined || raw === '' ? value : raw;
  };
  if (!projection.hasWriteRules) return payload;
  const fields = projection.fields.map((one) => [one.field, valueOf(one, payload.fields[one.field])] as const);
  const characteristics = projection.characteristics.map(
    (one) => [one.slug, valueOf(one, payload.characteristics[one.slug])] as const,
  );
  const isPresent = ([, value]: readonly [string, unknown]): boolean => value !== undefined;
  return {
    fields: Object.fromEntries(fields.filter(isPresent)),
    characteristics: Object.fromEntries(
      characteristics.flatMap(([slug, value]) => (value === undefined ? [] : [[slug, value] as const])),
    ),
  };
}

function textColumn(name: string): Column {
  return { name, kind: 'text', type: 'text' };
}

function textValues(person: HubPerson, { fields, characteristics }: Projection): readonly (string | null)[] {
  const custom = new Map(Object.entries(person.characteristics));
  return [
    ...fields.map(({ field }) => (field === 'email' ? person.email : (person.fields[field] ?? null))),
    ...characteristics.map(({ slug }) => toText(custom.get(slug) ?? null)),
  ];
}

function toText(value: string | number | boolean | null): string | null {
  return value === null ? null : String(value);
}
