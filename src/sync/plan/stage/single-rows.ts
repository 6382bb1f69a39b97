import { viewOf } from '../../../lib/hash/words.ts';
import type { Spool, SpoolParts } from '../../../lib/spool.ts';
import type { BucketComparison } from './bucket-comparison.ts';
import type { RowHasher } from './row-hasher.ts';
import { groupParts, partsInBuckets } from './row-index.ts';
import type { ReadRowTime } from './row-time.ts';

/** So many rows are looked at: twenty bytes of each are kept until all of them are seen. */
const maxRows = 2 ** 19;

/** In `single`: none of the rows seen is the only one that changed, or more than one may be. */
const noneSeen = -1;
const severalSeen = -2;

/** A model in its temporary file, and where its lines are. */
export interface IndexedModel {
  readonly model: Spool;
  /** What a `RowIndex` gave for each chunk. */
  readonly index: Spool;
  readonly buckets: BucketComparison;
}

/** The functions that have read all rows: those made anew would have to be compiled anew. */
export interface RowReaders {
  readonly hasher: RowHasher;
  readonly readTime: ReadRowTime;
}

/** The rows of changed buckets that have to be compared. */
export interface RowsToCompare {
  readonly parts: AsyncIterable<SpoolParts> | Iterable<SpoolParts>;
  /** The other rows of these buckets. */
  readonly equal: { readonly rows: number; readonly skipped: number };
}

/**
 * In most changed buckets a single row has changed. Where the fingerprints tell which one, it alone is compared; where
 * they do not, all rows of the bucket are.
 */
export async function rowsToCompare(indexed: IndexedModel, { hasher, readTime }: RowReaders): Promise<RowsToCompare> {
  const { index, buckets } = indexed;
  const { changed, bits } = buckets.changed();
  if (changed === null) throw new Error('the buckets are not compared yet');
  const rows = buckets.changedRows;
  if (!buckets.canTellRows || rows > maxRows)
    return { parts: partsInBuckets(index, changed), equal: { rows: 0, skipped: 0 } };
  const seen = new SeenRows(rows, 2 ** bits);
  for await (const parts of partsInBuckets(index, changed)) {
    const lines = await indexed.model.parts(parts);
    const view = viewOf(lines);
    let end = 0;
    for (let at = 0; at < parts.lengths.length; at += 1) {
      const start = end;
      end += parts.lengths[at] as number;
      if (hasher.hash(view, start, readTime(lines, start, end - 1)) === null)
        throw new Error('a row of a bucket has no key');
      const row = seen.add(parts, at, hasher.key);
      if (buckets.changedOnlyBy(hasher.row, hasher.key)) seen.noteSingle(row);
    }
  }
  return seen.toCompare(buckets);
}

/** The rows of changed buckets, in their order. */
class SeenRows {
  readonly #positions: Float64Array;
  readonly #lengths: Uint32Array;
  /** Two words a row. */
  readonly #keys: Uint32Array;
  readonly #bucketMask: number;
  /** By bucket: the row that is all that changed in it. */
  readonly #single: Int32Array;
  /** Buckets that such a row was found in. */
  readonly #foundIn: number[] = [];
  #count = 0;

  constructor(rows: number, buckets: number) {
    this.#positions = new Float64Array(rows);
    this.#lengths = new Uint32Array(rows);
    this.#keys = new Uint32Array(2 * rows);
    this.#bucketMask = buckets - 1;
    this.#single = new Int32Array(buckets).fill(noneSeen);
  }

  /** Returns the number of the row. */
  add({ positions, lengths }: SpoolParts, at: number, key: Uint32Array): number {
    const row = this.#count;
    this.#positions[row] = positions[at] as number;
    this.#lengths[row] = lengths[at] as number;
    this.#keys[2 * row] = key[0] as number;
    this.#keys[2 * row + 1] = key[1] as number;
    this.#count += 1;
    return row;
  }

  /** The row is all that changed in its bucket, unless that can be said of another one, too. */
  noteSingle(row: number): void {
    const bucket = this.#bucketOf(row);
    this.#single[bucket] = this.#single[bucket] === noneSeen ? row : severalSeen;
    this.#foundIn.push(bucket);
  }

  toCompare(buckets: BucketComparison): RowsToCompare {
    this.#excludeRepeatedKeys();
    const equal = { rows: 0, skipped: 0 };
    for (const bucket of this.#foundIn) {
      if ((this.#single[bucket] as number) < 0) continue;
      const { rows, skipped } = buckets.compareSingleRow(bucket);
      equal.rows += rows;
      equal.skipped += skipped;
    }
    return { parts: groupParts(this.#lines()), equal };
  }

  /** Another row with its key makes a duplicate of the row that changed: then both have to be compared. */
  #excludeRepeatedKeys(): void {
    const keys = this.#keys;
    for (let row = 0; row < this.#count; row += 1) {
      const bucket = this.#bucketOf(row);
      const single = this.#single[bucket] as number;
      if (single < 0 || single === row) continue;
      if (keys[2 * single] === keys[2 * row] && keys[2 * single + 1] === keys[2 * row + 1])
        this.#single[bucket] = severalSeen;
    }
  }

  *#lines(): Generator<readonly [position: number, length: number]> {
    for (let row = 0; row < this.#count; row += 1) {
      const single = this.#single[this.#bucketOf(row)] as number;
      if (single < 0 || single === row) yield [this.#positions[row] as number, this.#lengths[row] as number];
    }
  }

  #bucketOf(row: number): number {
    return (this.#keys[2 * row] as number) & this.#bucketMask;
  }
}
