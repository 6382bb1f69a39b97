import { PanelsyncError } from '../errors.ts';
import { textHash } from './hash.ts';
import { keyedHash } from '../../lib/keyed-hash.ts';
import { changedFields, flatFields, readPayload } from './participant.ts';
import type { StateSettings } from '../settings.ts';
import type { FieldChanges, Payload } from './terms.ts';

/** What stands for a value that is not kept. */
export const hiddenValue = '…';

/** What the snapshot holds of a payload where its values are not kept: a keyed hash a field that is not null. */
interface HashedFields {
  readonly hashed: Readonly<Record<string, string>>;
}

/** How the state keeps what people's payloads hold. */
export interface Keeping {
  readonly payload: StateSettings['payload'];
  /** Tells one hash key from another without giving it away; `null` without a key. */
  readonly keyFingerprint: string | null;
  /** The fingerprint that rows are hashed under. */
  fingerprint(projection: string): string;
  /** Hash of a person's canonical payload text. */
  payloadHash(key: string, text: string): string;
  /** Whether a stored hash is that of this payload, however payloads were kept when it was stored. */
  isSame(stored: string, key: string, text: string): boolean;
  /** The keyed form of a hash that was stored while payloads were kept in full. */
  keyed(key: string, plainHash: string): string;
  /** What the snapshot is to hold instead of a payload text; `null`: the text itself. */
  kept(key: string, text: string): string | null;
  /** Fields that differ between two payloads as they are kept, or as they would be sent. */
  changes(key: string, before: string | null, after: string): FieldChanges;
  /** Stands for somebody who is forgotten. */
  person(by: 'email' | 'key', value: string): string;
  /** What stands for a person's key in the file of a kept plan. */
  planKey(key: string): string;
}

export function createKeeping({ payload, hashKey }: Pick<StateSettings, 'payload' | 'hashKey'>): Keeping {
  const secret = (): string => {
    if (hashKey === null) throw missingHashKey();
    return hashKey;
  };
  const hashed = payload === 'hashed';
  const keyed = (key: string, plainHash: string): string => keyedHash(secret(), 'payload', key, plainHash);
  const hashFields = (key: string, text: string): HashedFields => {
    const present = [...flatFields(readPayload(text))].filter(([, value]) => value !== null);
    const hashes = present.map(([field, value]) => [field, keyedHash(secret(), key, field, JSON.stringify(value))]);
    return { hashed: Object.fromEntries(hashes) };
  };
  return {
    payload,
    keyFingerprint: hashKey === null ? null : keyedHash(hashKey, 'the hash key itself'),
    fingerprint: (projection) => (hashed ? keyedHash(secret(), 'row', projection) : projection),
    payloadHash: (key, text) => (hashed ? keyed(key, textHash(text)) : textHash(text)),
    isSame: (stored, key, text) => {
      const plain = textHash(text);
      return stored === plain || (hashKey !== null && stored === keyed(key, plain));
    },
    keyed,
    kept: (key, text) => (hashed ? JSON.stringify(hashFields(key, text)) : null),
    changes: (key, before, after) => {
      if (!hashed && (before === null || !isHashed(before)) && !isHashed(after))
        return changedFields(readPayloadOrNull(before), readPayload(after));
      const hashesOf = (text: string): HashedFields => hashedFields(text) ?? hashFields(key, text);
      return changedHashes(before === null ? none : hashesOf(before), hashesOf(after));
    },
    person: (by, value) => keyedHash(secret(), 'forgotten', by, value),
    planKey: (key) => (hashed ? keyedHash(secret(), 'kept plan', key) : key),
  };
}

const none: HashedFields = { hashed: {} };

export function missingHashKey(): PanelsyncError {
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

/** Whether a payload text holds hashes in the place of values. */
export function isHashed(text: string): boolean {
  return hashedFields(text) !== null;
}

function changedHashes(before: HashedFields, after: HashedFields): FieldChanges {
  const names = [...new Set([...Object.keys(before.hashed), ...Object.keys(after.hashed)])];
  return Object.fromEntries(
    names.flatMap((name) => {
      const [old, now] = [before.hashed[name], after.hashed[name]];
      if (old === now) return [];
      return [[name, [old === undefined ? null : hiddenValue, now === undefined ? null : hiddenValue] as const]];
    }),
  );
}

function hashedFields(text: string): HashedFields | null {
  // Only ever written by canonicalText, or by hashFields above.
  const fields = JSON.parse(text) as Payload | HashedFields;
  return 'hashed' in fields ? fields : null;
}

function readPayloadOrNull(text: string | null): Payload | null {
  return text === null ? null : readPayload(text);
}
