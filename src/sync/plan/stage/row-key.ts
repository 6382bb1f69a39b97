import { hashtext } from '../../../lib/hash/hashtext.ts';
import { unescapeCopyField } from '../../../lib/copy-text.ts';
import { columnKey, emailKey, keyByte, keyBytes, maxKeyLength } from '../../../core/model/key.ts';
import { hashKey } from '../../../core/model/fingerprints.ts';
import type { InvalidRow } from '../../../core/ports/run/plan-store.ts';
import type { Projection } from '../../../core/model/projection.ts';

const tab = 9;
const backslash = 92;

/** A row without a usable key, with what is wrong with it. */
export type InvalidKey = Omit<InvalidRow, 'key'>;

/** Reads the key out of the first field of a line of COPY text. */
export interface RowKeyReader {
  /** Of a line in latin1, one character a byte. */
  read(line: string): string | InvalidKey;
  /**
   * `hashtext` of the key, without making a text of it where none is needed, all of its bits left in the words that the
   * reader was created with; `null` where `read` finds no key.
   */
  hash(bytes: DataView, start: number, end: number): number | null;
}

export function createRowKeyReader({ sync }: Projection, keyHash = new Uint32Array(2)): RowKeyReader {
  const byEmail = sync.key === null;
  const field = byEmail ? 'email' : null;
  const read = (line: string): string | InvalidKey => {
    const raw = firstField(line);
    const key = byEmail ? emailKey(raw) : columnKey(raw);
    if (key === null) return { email: null, errors: [missingKeyError(sync.key, field)] };
    if (key.length > maxKeyLength)
      return { email: byEmail ? key.slice(0, maxKeyLength) : null, errors: [keyTooLongError(field)] };
    if (key.includes('\0')) return { email: null, errors: [nullCharacterError(field)] };
    return key;
  };
  const kinds = keyBytes(byEmail);
  // In COPY text it begins the escape of another character.
  kinds[backslash] = keyByte.irregular;
  return {
    read,
    hash: (bytes, start, end) => {
      const keyEnd = plainKeyEnd(bytes, start, end, kinds);
      if (keyEnd > start && keyEnd - start <= maxKeyLength) return hashtext(bytes, start, keyEnd, keyHash);
      const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
      const key = read(line.toString('latin1'));
      return typeof key === 'string' ? hashKey(key, keyHash) : null;
    },
  };
}

/** Where the first field ends if it is a key as it stands; -1 where it has to be read first. */
function plainKeyEnd(bytes: DataView, start: number, end: number, kinds: Uint8Array): number {
  let previous = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes.getUint8(at);
    if (byte === tab) return at;
    const kind = kinds[byte] as number;
    if (kind === keyByte.irregular || (kind === keyByte.hyphen && previous === keyByte.hyphen)) return -1;
    previous = kind;
  }
  return end;
}

function missingKeyError(column: string | null, field: string | null): InvalidRow['errors'][number] {
  if (column === null) return { code: 'email_missing', message: 'the row has no e-mail', field };
  return { code: 'key_missing', message: `the row has no value in its key column "${column}"`, field };
}

function keyTooLongError(field: string | null): InvalidRow['errors'][number] {
  return { code: 'key_too_long', message: `the key is longer than ${maxKeyLength} characters`, field };
}

/** Files and some warehouses have texts with this character; the state database has not. */
function nullCharacterError(field: string | null): InvalidRow['errors'][number] {
  return { code: 'control_character', message: 'the key contains a null character', field };
}

/** The first field of a line, decoded. */
function firstField(line: string): string | null {
  const tabAt = line.indexOf('\t');
  const field = tabAt < 0 ? line : line.slice(0, tabAt);
  if (!/[\\\x80-\xff]/.test(field)) return field;
  // Anything beyond ASCII stands here as its UTF-8 bytes.
  return unescapeCopyField(Buffer.from(field, 'latin1').toString('utf8'));
}
