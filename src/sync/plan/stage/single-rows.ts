import { viewOf } from '../../../lib/hash/words.ts';
import type { Spool, SpoolParts } from '../../../lib/spool.ts';
import type { BucketComparison } from './bucket-comparison.ts';
import type { RowHasher } from './row-hasher.ts';
import { groupParts, linesInBuckets } from './row-index.ts';
import type { IndexedLines } from './row-index.ts';
import type { ReadRowTime } from './row-time.ts';

/** So many rows are looked at: sixteen bytes of each are kept until all of them are seen. */
const maxRows = 2 ** 19;

/** In the place of a row: none in the bucket is the only one that changed, or more than one may be. */
const none = -1;
const several = -2;

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
  readonly parts: Iterable<SpoolParts>;
  /** The other rows of these buckets. */
  readonly equal: { readonly rows: number; readonly skipped: number };
}

/**
 * In most changed buckets a single row has changed. Where the fingerprints tell which one, it alone is compared; where
 * they do not, all rows of the bucket are. What the index has of a row tells it from nearly all others, so that little
 * more than the rows that changed is read.
 */
export async function rowsToCompare(
  { model, index, buckets }: IndexedModel,
  readers: RowReaders,
): Promise<RowsToCompare> {
  const { changed, bits } = buckets.changed();
  if (changed === null) throw new Error('the buckets are not compared yet');
  const lines = linesInBuckets(index, { bits, changed });
  const rows = buckets.changedRows;
  if (!buckets.canTellRows || rows > maxRows) return { parts: lines, equal: { rows: 0, skipped: 0 } };
  const seen = new SeenRows(rows, bits);
  for (const found of lines) seen.add(found, buckets);
  seen.excludeRepeatedKeys();
  for (const { parts, rows: singles } of seen.singles()) {
    const isSingle = confirmed(await model.parts(parts), parts.lengths, { ...readers, buckets });
    for (const [at, row] of singles.entries()) if (isSingle[at] !== true) seen.exclude(row);
  }
  return { parts: seen.toCompare(), equal: seen.compareAlone(buckets) };
}

/** Of lines one after the other: which of them are all that changed in their bucket. */
function confirmed(
  lines: Buffer,
  lengths: readonly number[],
  { hasher, readTime, buckets }: RowReaders & { readonly buckets: BucketComparison },
): readonly boolean[] {
  const view = viewOf(lines);
  let end = 0;
  return lengths.map((length) => {
    const start = end;
    end += length;
    const hash = hasher.hash(view, start, readTime(lines, start, end - 1));
    return hash !== null && buckets.changedOnlyBy(hasher.row, hasher.key);
  });
}

/** The rows of changed buckets, in their order. */
class SeenRows {
  readonly #positions: Float64Array;
  readonly #lengths: Uint32Array;
  readonly #keys: Int32Array;
  readonly #bucketMask: number;
  /** By bucket: the row that is all that changed in it. */
  readonly #single: Int32Array;
  /** Rows that may be. */
  readonly #candidates: number[] = [];
  #count = 0;

  constructor(rows: number, bits: number) {
    this.#positions = new Float64Array(rows);
    this.#lengths = new Uint32Array(rows);
    this.#keys = new Int32Array(rows);
    this.#bucketMask = 2 ** bits - 1;
    this.#single = new Int32Array(2 ** bits).fill(none);
  }

  add({ positions, lengths, keys, rows }: IndexedLines, buckets: BucketComparison): void {
    for (let at = 0; at < positions.length; at += 1) {
      const key = keys[at] as number;
      const row = this.#count;
      this.#positions[row] = positions[at] as number;
      this.#lengths[row] = lengths[at] as number;
      this.#keys[row] = key;
      this.#count += 1;
      if (!buckets.mayBeChangedOnlyBy(rows[at] as number, key)) continue;
      const bucket = key & this.#bucketMask;
      this.#single[bucket] = this.#single[bucket] === none ? row : several;
      this.#candidates.push(row);
    }
  }

  /** Another row with the key of one that changed may be its duplicate: then both have to be compared. */
  excludeRepeatedKeys(): void {
    for (let row = 0; row < this.#count; row += 1) {
      const single = this.#singleOf(row);
      if (single >= 0 && single !== row && this.#keys[single] === this.#keys[row]) this.exclude(row);
    }
  }

  /** All rows of the bucket of this one have to be compared. */
  exclude(row: number): void {
    this.#single[(this.#keys[row] as number) & this.#bucketMask] = several;
  }

  /** Rows that are all that changed in their bucket, as far as was seen, and where they are. */
  *singles(): Generator<{ readonly parts: SpoolParts; readonly rows: readonly number[] }> {
    const rows = this.#candidates.filter((row) => this.#singleOf(row) === row);
    let first = 0;
    for (const parts of groupParts(this.#places(rows))) {
      const next = first + parts.positions.length;
      yield { parts, rows: rows.slice(first, next) };
      first = next;
    }
  }

  /** Tells the buckets; returns how many rows need not be compared. */
  compareAlone(buckets: BucketComparison): RowsToCompare['equal'] {
    const equal = { rows: 0, skipped: 0 };
    for (const row of this.#candidates) {
      if (this.#singleOf(row) !== row) continue;
      const { rows, skipped } = buckets.compareSingleRow((this.#keys[row] as number) & this.#bucketMask);
      equal.rows += rows;
      equal.skipped += skipped;
    }
    return equal;
  }

  toCompare(): Iterable<SpoolParts> {
    return groupParts(this.#places(this.#rowsToCompare()));
  }

  *#rowsToCompare(): Generator<number> {
    for (let row = 0; row < this.#count; row += 1) {
      const single = this.#singleOf(row);
      if (single < 0 || single === row) yield row;
    }
  }

  *#places(rows: Iterable<number>): Generator<readonly [position: number, length: number]> {
    for (const row of rows) yield [this.#positions[row] as number, this.#lengths[row] as number];
  }

  #singleOf(row: number): number {
    return this.#single[(this.#keys[row] as number) & this.#bucketMask] as number;
  }
}
