import { PanelsyncError } from '../../core/errors.ts';
import { missingHashKey } from '../../core/model/payload-codec.ts';
import type { Keeping } from '../../core/model/payload-codec.ts';
import type { Database } from '../db/database.ts';

/**
 * Refuses to work without the hash key that people are hashed under here, or with another one: everybody would look
 * changed, and nobody forgotten. `wanted` notes the key where there was none.
 */
export async function requireHashKey(database: Database, keeping: Keeping, wanted: boolean): Promise<void> {
  const { keyFingerprint } = keeping;
  if (keyFingerprint === null && wanted) throw missingHashKey();
  if (keyFingerprint !== null && wanted) {
    await database.rows({
      text: 'insert into hash_key (fingerprint) values ($1) on conflict do nothing',
      values: [keyFingerprint],
    });
  }
  const [noted] = await database.rows<{ fingerprint: string }>({ text: 'select fingerprint from hash_key' });
  if (noted === undefined || noted.fingerprint === keyFingerprint) return;
  if (await isUsed(database)) throw otherHashKey(keyFingerprint === null);
  await database.rows({ text: 'delete from hash_key where fingerprint = $1', values: [noted.fingerprint] });
  await requireHashKey(database, keeping, wanted);
}

/** Whether anything here can be read with the key only. Looked at only when the key is not the noted one. */
async function isUsed(database: Database): Promise<boolean> {
  const used = await database.rows({
    text: `select where exists (select from forgotten)
             or exists (select from snapshot_fields where payload -> 'hashed' is not null)`,
  });
  return used.length > 0;
}

function otherHashKey(isUnset: boolean): PanelsyncError {
  const problem = isUnset ? 'not set, but people are hashed in this state' : 'not the key that people are hashed under';
  return new PanelsyncError({
    code: isUnset ? 'hash_key_missing' : 'hash_key_changed',
    recovery: 'usage',
    message: `state.hashKey is ${problem}: everybody would be sent again, and people who are forgotten with them.`,
    hint:
      'Put the former key back. If it is lost, nothing that was hashed can be compared any more: begin in another state.schema, ' +
      'fill it with panelsync baseline, and forget again who is to be forgotten.',
  });
}
