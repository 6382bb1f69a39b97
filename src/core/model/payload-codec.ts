import { PanelsyncError } from '../errors.ts';
import { textHash } from './hash.ts';
import { keyedHash } from '../../lib/keyed-hash.ts';
import { canonicalText, changedFields, flattenFields, parsePayload } from './participant.ts';
import type { StateSettings } from '../settings.ts';
import { fieldNames } from './terms.ts';
import type { FieldChanges, FieldName, Payload } from './terms.ts';

/** What stands for a value that is not kept. */
export const redactedValue = '…';

/** What the snapshot holds of a payload where its values are not kept: a keyed hash a field that is not null. */
interface HashedFields {
  readonly hashed: Readonly<Record<string, string>>;
}

/** How the state keeps what people's payloads hold. */
export interface PayloadCodec {
  readonly payload: StateSettings['payload'];
  /** Tells one hash key from another without giving it away; `null` without a key. */
  readonly keyFingerprint: string | null;
  /** The fingerprint that rows are hashed under. */
  fingerprint(projection: string): string;
  /** Hash of a person's canonical payload text. */
  payloadHash(key: string, text: string): string;
  /** Whether a stored hash is that of this payload, however payloads were kept when it was stored. */
  matches(stored: string, key: string, text: string): boolean;
  /** The keyed form of a hash that was stored while payloads were kept in full. */
  toKeyedHash(key: string, plainHash: string): string;
  /** Stands for what stays with a person, by the name of its column and its value. */
  identityHash(column: string, value: string): string;
  /** The keyed form of such a hash that was stored while payloads were kept in full. */
  toKeyedIdentity(plainHash: string): string;
  /** What the snapshot is to hold instead of a payload text; `null`: the text itself. */
  encode(key: string, text: string): string | null;
  /** What the state is to hold of a payload `text` that leaves out `names`: their values are those of `held`. */
  withFields(key: string, merged: MergedPayload): string;
  /** Fields that differ between two payloads as they are kept, or as they would be sent. */
  diff(key: string, before: string | null, after: string): FieldChanges;
  /** Keyed hash of the sum of a bucket's rows; `null`: the sum itself is stored. */
  readonly bucketHash: ((text: string) => string) | null;
  /** Stands for somebody who is forgotten. */
  personHash(identifier: 'email' | 'key', value: string): string;
  /** The key of a person in a saved plan. */
  planKey(key: string): string;
}

export interface MergedPayload {
  readonly text: string;
  readonly held: string;
  readonly names: ReadonlySet<string>;
}

export function createPayloadCodec({ payload, hashKey }: Pick<StateSettings, 'payload' | 'hashKey'>): PayloadCodec {
  const secret = (): string => {
    if (hashKey === null) throw missingHashKeyError();
    return hashKey;
  };
  const hashed = payload === 'hashed';
  const toKeyedHash = (key: string, plainHash: string): string => keyedHash(secret(), 'payload', key, plainHash);
  const hashFields = (key: string, text: string): HashedFields => {
    const present = [...flattenFields(parsePayload(text))].filter(([, value]) => value !== null);
    const hashes = present.map(([field, value]) => [field, keyedHash(secret(), key, field, JSON.stringify(value))]);
    return { hashed: Object.fromEntries(hashes) };
  };
  const toHashes = (key: string, text: string): HashedFields => parseHashedFields(text) ?? hashFields(key, text);
  return {
    payload,
    keyFingerprint: hashKey === null ? null : keyedHash(hashKey, 'the hash key itself'),
    fingerprint: (projection) => (hashed ? keyedHash(secret(), 'row', projection) : projection),
    payloadHash: (key, text) => (hashed ? toKeyedHash(key, textHash(text)) : textHash(text)),
    matches: (stored, key, text) => {
      const plain = textHash(text);
      return stored === plain || (hashKey !== null && stored === toKeyedHash(key, plain));
    },
    toKeyedHash,
    ...identityHashes((plainHash) => keyedHash(secret(), 'identity', plainHash), hashed),
    encode: (key, text) => (hashed ? JSON.stringify(hashFields(key, text)) : null),
    withFields: (key, { text, held, names }) =>
      hashed || isHashedPayload(held)
        ? JSON.stringify(mergeHashes(toHashes(key, text), toHashes(key, held), names))
        : canonicalText(mergePayloads(parsePayload(text), parsePayload(held), names)),
    diff: (key, before, after) => {
      if (!hashed && (before === null || !isHashedPayload(before)) && !isHashedPayload(after))
        return changedFields(parsePayloadOrNull(before), parsePayload(after));
      return diffHashes(before === null ? noFields : toHashes(key, before), toHashes(key, after));
    },
    bucketHash: hashed ? (text) => keyedHash(secret(), 'bucket', text) : null,
    personHash: (identifier, value) => keyedHash(secret(), 'forgotten', identifier, value),
    planKey: (key) => (hashed ? keyedHash(secret(), 'saved plan', key) : key),
  };
}

function identityHashes(
  toKeyedIdentity: PayloadCodec['toKeyedIdentity'],
  hashed: boolean,
): Pick<PayloadCodec, 'identityHash' | 'toKeyedIdentity'> {
  return {
    identityHash: (column, value) => {
      const plainHash = textHash(JSON.stringify([column, value]));
      return hashed ? toKeyedIdentity(plainHash) : plainHash;
    },
    toKeyedIdentity,
  };
}

const noFields: HashedFields = { hashed: {} };

export function missingHashKeyError(): PanelsyncError {
  return new PanelsyncError({
    code: 'hash_key_missing',
    recovery: 'usage',
    message:
      'state.hashKey is not set: people are kept as keyed hashes under it, and those who are forgotten are known by it.',
    hint: hashKeyHint,
  });
}

/** How somebody gets a hash key. */
export const hashKeyHint =
  'Make one with `openssl rand -hex 32`, put it into PANELSYNC_HASH_KEY, set state.hashKey to ${PANELSYNC_HASH_KEY}, ' +
  'and keep it as safe as the API key: without it nothing that was hashed can be compared any more.';

/** Whether a payload text holds hashes in the place of values. All texts are written by us, so the beginning tells. */
export function isHashedPayload(text: string): boolean {
  return text.startsWith('{"hashed":');
}

/** The fields of a payload text that holds hashes; `null` for one that holds values. */
export function hashedFieldNames(text: string): ReadonlySet<string> | null {
  const fields = parseHashedFields(text);
  return fields === null ? null : new Set(Object.keys(fields.hashed));
}

function diffHashes(before: HashedFields, after: HashedFields): FieldChanges {
  const names = [...new Set([...Object.keys(before.hashed), ...Object.keys(after.hashed)])];
  return Object.fromEntries(
    names.flatMap((name) => {
      const [old, now] = [before.hashed[name], after.hashed[name]];
      if (old === now) return [];
      return [[name, [old === undefined ? null : redactedValue, now === undefined ? null : redactedValue] as const]];
    }),
  );
}

/** In the order of names, so that equal fields give equal texts. */
function mergeHashes(own: HashedFields, held: HashedFields, names: ReadonlySet<string>): HashedFields {
  const kept = Object.entries(held.hashed).filter(([name]) => names.has(name));
  return { hashed: Object.fromEntries([...Object.entries(own.hashed), ...kept].toSorted(byName)) };
}

/** In the order of every payload. */
function mergePayloads(own: Payload, held: Payload, names: ReadonlySet<string>): Payload {
  const fields: Partial<Record<FieldName, string | null>> = {};
  for (const field of fieldNames) {
    const value = names.has(field) ? held.fields[field] : own.fields[field];
    if (value !== undefined) fields[field] = value;
  }
  const kept = Object.entries(held.characteristics).filter(([slug]) => names.has(`characteristics.${slug}`));
  const characteristics = [...Object.entries(own.characteristics), ...kept].toSorted(byName);
  return { fields, characteristics: Object.fromEntries(characteristics) };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function parseHashedFields(text: string): HashedFields | null {
  return isHashedPayload(text) ? (JSON.parse(text) as HashedFields) : null;
}

function parsePayloadOrNull(text: string | null): Payload | null {
  return text === null ? null : parsePayload(text);
}
