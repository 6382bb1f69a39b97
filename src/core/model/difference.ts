import { emailKey } from './key.ts';
import { flattenFields, parsePayload } from './participant.ts';
import { hashedFieldNames, isHashedPayload } from './payload-codec.ts';
import type { PayloadCodec } from './payload-codec.ts';
import type { Projection } from './projection.ts';
import { alwaysWritten } from './rules/written-fields.ts';
import type { FieldChanges } from './terms.ts';

/** Two payload texts of one person, as they are sent or as the state stores them. */
export interface ComparedPayloads {
  readonly key: string;
  readonly sent: string;
  readonly held: string;
  /** The Hub lists every field, so one that is absent is empty; of a snapshot it says nothing. */
  readonly heldBy: 'hub' | 'snapshot';
  /** Leaves out fields that researchers may have changed since: those that are not always written. */
  readonly onlyAlwaysWritten?: boolean;
}

export interface PayloadDifference {
  /** The mapped fields of `sent` whose value `held` does not have, as `[sent, held]`. */
  readonly differing: FieldChanges;
  /** Always written fields that `held` has a value of and `sent` leaves out: the Hub keeps them. */
  readonly kept: readonly string[];
}

const noDifference: PayloadDifference = { differing: {}, kept: [] };

/**
 * The one definition of "different", for plan and run, verify, baseline and lookups. A field that is not sent cannot
 * differ, because the Hub keeps its value. E-mails are compared as keys: another case is the same person.
 */
export function comparePayloads(
  { key, sent, held, heldBy, onlyAlwaysWritten = false }: ComparedPayloads,
  projection: Projection,
  codec: PayloadCodec,
): PayloadDifference {
  const changes = Object.entries(codec.diff(key, sent, held));
  const unknown = heldBy === 'snapshot' ? unknownNulls(sent, held) : [];
  if (changes.length === 0 && unknown.length === 0) return noDifference;
  const unsent = unsentFields(changes, sent, projection);
  const mapped = onlyAlwaysWritten ? alwaysWritten(projection) : mappedFields(projection);
  const differing = changes.filter(
    ([name]) => mapped.has(name) && !unsent.has(name) && !isSameEmail(name, sent, held, projection),
  );
  const unknownFields = unknown.map((name) => [name, [null, null]] as const);
  return {
    differing: Object.fromEntries([...differing, ...unknownFields]),
    kept: unsent.size === 0 ? [] : keptFields(unsent, projection),
  };
}

function mappedFields({ fields, characteristics }: Projection): ReadonlySet<string> {
  return new Set<string>([
    ...fields.map(({ field }) => field),
    ...characteristics.map(({ slug }) => `characteristics.${slug}`),
  ]);
}

function keptFields(unsent: ReadonlySet<string>, projection: Projection): readonly string[] {
  const always = alwaysWritten(projection);
  return [...unsent].filter((name) => always.has(name));
}

/** Of the changed fields those that were not sent: without a value, and not as null either. */
function unsentFields(
  changes: readonly (readonly [string, FieldChanges[string]])[],
  sent: string,
  projection: Projection,
): ReadonlySet<string> {
  const empty = changes.flatMap(([name, [value]]) => (value === null ? [name] : []));
  if (empty.length === 0) return noNames;
  const isNull = sentNulls(sent, projection);
  return new Set(empty.filter((name) => !isNull(name)));
}

const noNames: ReadonlySet<string> = new Set();

/** Whether a field without a value was sent as null; hashes keep no nulls, so the sync says it for them. */
function sentNulls(sent: string, { sync }: Projection): (name: string) => boolean {
  if (isHashedPayload(sent)) return () => sync.nulls === 'null';
  const fields = flattenFields(parsePayload(sent));
  return (name) => fields.has(name);
}

/** Fields that are sent as null and that the snapshot does not mention: the Hub may have a value there. */
function unknownNulls(sent: string, held: string): readonly string[] {
  if (isHashedPayload(sent) || !sent.includes(':null')) return [];
  const heldNames = hashedFieldNames(held) ?? new Set(flattenFields(parsePayload(held)).keys());
  return [...flattenFields(parsePayload(sent))].flatMap(([name, value]) =>
    value === null && !heldNames.has(name) ? [name] : [],
  );
}

function isSameEmail(name: string, sent: string, held: string, { sync }: Projection): boolean {
  if (name !== 'email') return false;
  if (sync.key === null) return true;
  if (isHashedPayload(sent) || isHashedPayload(held)) return false;
  const keyOf = (text: string): string | null => emailKey(parsePayload(text).fields.email ?? null);
  return keyOf(sent) === keyOf(held);
}
