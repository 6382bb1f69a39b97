import type { NormalizedPerson } from '../ports/hub/baseline.ts';
import type { ForgottenPeople } from './forgotten-people.ts';
import type { HubPerson } from './hub-person.ts';
import type { PayloadCodec } from './payload-codec.ts';
import { emailKey, maxKeyLength } from './key.ts';
import { canonicalText, toParticipant } from './participant.ts';
import type { Formats } from '../ports/formats.ts';
import type { Projection } from './projection.ts';
import type { Column, RowError } from './terms.ts';

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
    const { payload, errors } = toParticipant(textValues(person, textProjection), textProjection, formats);
    const text = canonicalText(payload);
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
  return { ...projection, fields, characteristics };
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
