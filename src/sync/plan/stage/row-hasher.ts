import { addKeyToRowHash, rowHashWords } from '../../../core/model/fingerprints.ts';
import type { Projection } from '../../../core/model/projection.ts';
import { createMurmur3 } from '../../../lib/hash/murmur3.ts';
import { createRowKeyReader } from './row-key.ts';

/** Hashes rows for their buckets; called for every row, it makes no objects. */
export interface RowHasher {
  /** The words of the row that was hashed last, as `Fingerprints.add` takes them. */
  readonly row: Uint32Array;
  /** The 64 bits of the hash of its key, the lower word first. */
  readonly key: Uint32Array;
  /** Returns the hash of the key that names the bucket; `null` where the line has no usable key and so is in none. */
  hash(lines: DataView, start: number, end: number): number | null;
}

export function createRowHasher(projection: Projection): RowHasher {
  const row = new Uint32Array(rowHashWords);
  const key = new Uint32Array(2);
  const keys = createRowKeyReader(projection, key);
  const hashLine = createMurmur3(Number.parseInt(projection.fingerprint.slice(0, 8), 16) | 0, row);
  return {
    row,
    key,
    hash: (lines, start, end) => {
      const keyHash = keys.hash(lines, start, end);
      if (keyHash === null) return null;
      hashLine(lines, start, end);
      addKeyToRowHash(row, key);
      return keyHash;
    },
  };
}
