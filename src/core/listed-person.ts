import type { ListedPerson } from './baseline.ts';
import { textHash } from './hash.ts';
import type { HubPerson } from './hub-people.ts';
import { emailKey, maxKeyLength } from './key.ts';
import { canonicalText, flatFields, participantOf } from './participant.ts';
import type { Formats } from './ports.ts';
import type { Projection } from './projection.ts';
import type { CharacteristicValue, Column, Fault, Payload } from './types.ts';

/** What a person of the Hub comes to; `faults` are values that do not fit and were left out. */
export type Listed =
  { readonly person: ListedPerson; readonly faults: readonly Fault[] } | { readonly unusable: string };

/** Brings people of the Hub into the form that rows of the model get: equal people have equal payloads. */
export type PersonReader = (person: HubPerson) => Listed;

export function personReader(projection: Projection, formats: Formats): PersonReader {
  const listed = hubProjection(projection);
  return (person) => {
    const key = emailKey(person.email);
    if (key === null) return { unusable: 'it has no e-mail' };
    if (key.length > maxKeyLength) return { unusable: `its e-mail is longer than ${maxKeyLength} characters` };
    const { payload, faults } = participantOf(valuesOf(person, listed), listed, formats);
    const text = canonicalText(payload);
    return { person: { key, payload: text, payloadHash: textHash(text) }, faults };
  };
}

/**
 * Every mapped field in which the Hub differs from the snapshot: `[snapshot, hub]`. What was never sent cannot differ,
 * and the e-mail is who it is about.
 */
export function differingFields(
  snapshot: Payload,
  hub: Payload,
  projection: Projection,
): Readonly<Record<string, readonly [CharacteristicValue, CharacteristicValue]>> {
  const mapped = new Set<string>([
    ...projection.fields.map(({ field }) => field),
    ...projection.characteristics.map(({ slug }) => `characteristics.${slug}`),
  ]);
  const there = flatFields(hub);
  return Object.fromEntries(
    [...flatFields(snapshot)].flatMap(([name, value]) => {
      const pair = [value, there.get(name) ?? null] as const;
      return name === 'email' || !mapped.has(name) || pair[0] === pair[1] ? [] : [[name, pair] as const];
    }),
  );
}

/** The sync's own fields and types, over values that all come as text and in the order of the payload. */
function hubProjection(projection: Projection): Projection {
  const fields = projection.fields.map((slot, index) => ({ ...slot, index, column: textColumn(slot.field) }));
  const characteristics = projection.characteristics.map((slot, at) => ({
    ...slot,
    index: fields.length + at,
    column: textColumn(slot.slug),
  }));
  return { ...projection, fields, characteristics };
}

function textColumn(name: string): Column {
  return { name, kind: 'text', type: 'text' };
}

function valuesOf(person: HubPerson, { fields, characteristics }: Projection): readonly (string | null)[] {
  const custom = new Map(Object.entries(person.characteristics));
  return [
    ...fields.map(({ field }) => (field === 'email' ? person.email : (person.fields[field] ?? null))),
    ...characteristics.map(({ slug }) => textOf(custom.get(slug) ?? null)),
  ];
}

function textOf(value: string | number | boolean | null): string | null {
  return value === null ? null : String(value);
}
