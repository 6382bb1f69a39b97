import { PanelsyncError } from '../../core/errors.ts';
import { missingHashKeyError } from '../../core/model/payload-codec.ts';
import type { PayloadCodec } from '../../core/model/payload-codec.ts';
import type { Database } from '../db/database.ts';

/**
 * Refuses to work without the hash key that people are hashed under here, or with another one: everybody would look
 * changed, and nobody forgotten. `wanted` notes the key where there was none.
 */
export async function requireHashKey(database: Database, codec: PayloadCodec, required: boolean): Promise<void> {
  const { keyFingerprint } = codec;
  if (keyFingerprint !== null && required) {
    await database.query({
      text: 'insert into hash_key (fingerprint) values ($1) on conflict do nothing',
      values: [keyFingerprint],
    });
  }
  const outdated = await checkHashKey(database, codec, required);
  if (outdated === null) return;
  await database.query({ text: 'delete from hash_key where fingerprint = $1', values: [outdated] });
  await requireHashKey(database, codec, required);
}

/** Throws the same, and changes nothing. Returns the fingerprint of another key that nothing is hashed with any more. */
export async function checkHashKey(
  database: Database,
  { keyFingerprint }: PayloadCodec,
  required: boolean,
): Promise<string | null> {
  if (keyFingerprint === null && required) throw missingHashKeyError();
  const [stored] = await database.query<{ fingerprint: string }>({ text: 'select fingerprint from hash_key' });
  if (stored === undefined || stored.fingerprint === keyFingerprint) return null;
  if (await isHashKeyInUse(database)) throw hashKeyMismatch(keyFingerprint === null);
  return stored.fingerprint;
}

/** Whether anything here can be read with the key only. Looked at only when the key is not the noted one. */
async function isHashKeyInUse(database: Database): Promise<boolean> {
  const used = await database.query({
    text: `select where exists (select from forgotten)
             or exists (select from snapshot_fields where payload -> 'hashed' is not null)`,
  });
  return used.length > 0;
}

function hashKeyMismatch(isUnset: boolean): PanelsyncError {
  const problem = isUnset
    ? 'not set, but this state stores people as hashes'
    : 'not the key that people are hashed with';
  return new PanelsyncError({
    code: isUnset ? 'hash_key_missing' : 'hash_key_changed',
    recovery: 'usage',
    message: `state.hashKey is ${problem}: everybody would be sent again, forgotten people included.`,
    hint:
      'Set the previous key again. If it is lost, the hashes cannot be compared any more: start in another state.schema, ' +
      'fill it with panelsync baseline, and repeat panelsync forget for each person.',
  });
}
