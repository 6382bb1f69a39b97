import type { ListedPerson } from '../ports/baseline.ts';
import type { DifferentPerson } from '../ports/comparison.ts';
import type { ForgottenPeople } from './forgotten-people.ts';
import type { HubPerson } from './hub-person.ts';
import { isHashed } from './payload-codec.ts';
import type { Keeping } from './payload-codec.ts';
import { emailKey, maxKeyLength } from './key.ts';
import { canonicalText, flatFields, participantOf, readPayload } from './participant.ts';
import type { Formats } from '../ports/ports.ts';
import type { Projection } from './projection.ts';
import type { Column, Fault, FieldChanges } from './terms.ts';

/** What a person of the Hub comes to; `faults` are values that do not fit and were left out. */
export type Listed =
  { readonly person: ListedPerson; readonly faults: readonly Fault[] } | { readonly unusable: string };

/** Brings people of the Hub into the form that rows of the model get: equal people have equal payloads. */
export type PersonReader = (person: HubPerson) => Listed;

/** `forgotten` people stand for nobody: they must not become known again. */
export function personReader(
  projection: Projection,
  formats: Formats,
  { keeping, forgotten }: { readonly keeping: Keeping; readonly forgotten: ForgottenPeople | null },
): PersonReader {
  const listed = hubProjection(projection);
  return (person) => {
    const key = emailKey(person.email);
    if (key === null) return { unusable: 'it has no e-mail' };
    if (key.length > maxKeyLength) return { unusable: `its e-mail is longer than ${maxKeyLength} characters` };
    if (forgotten?.hasKey(key) === true) return { unusable: 'it is of somebody who is forgotten' };
    const { payload, faults } = participantOf(valuesOf(person, listed), listed, formats);
    const text = canonicalText(payload);
    const kept = keeping.kept(key, text) ?? text;
    return { person: { key, payload: kept, payloadHash: keeping.payloadHash(key, text) }, faults };
  };
}

/**
 * Every mapped field in which the Hub differs from the snapshot: `[snapshot, hub]`. What was never sent cannot differ,
 * and the e-mail is who it is about.
 */
export function differingFields(person: DifferentPerson, projection: Projection, keeping: Keeping): FieldChanges {
  const mapped = new Set<string>([
    ...projection.fields.map(({ field }) => field),
    ...projection.characteristics.map(({ slug }) => `characteristics.${slug}`),
  ]);
  const sent = sentFields(person.snapshot, projection);
  return Object.fromEntries(
    Object.entries(keeping.changes(person.key, person.snapshot, person.hub)).filter(
      ([name, [before]]) => name !== 'email' && mapped.has(name) && (before !== null || sent(name)),
    ),
  );
}

/** Whether a field that the snapshot has no value of was sent as null; hashes keep no nulls, so the sync tells. */
function sentFields(snapshot: string, { sync }: Projection): (name: string) => boolean {
  if (isHashed(snapshot)) return () => sync.nulls === 'null';
  const fields = flatFields(readPayload(snapshot));
  return (name) => fields.has(name);
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
