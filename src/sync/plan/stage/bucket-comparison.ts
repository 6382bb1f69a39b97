import { bucketBitsFor, Fingerprints, keyHash } from '../../../core/model/fingerprints.ts';
import type { KeyHash } from '../../../core/model/fingerprints.ts';
import type { BucketSelection } from '../../../core/ports/run/plan-store.ts';

/** How many rows of the model need not be compared, because the buckets they are in are as they were. */
export interface EqualBuckets {
  readonly buckets: number;
  readonly rows: number;
  /** Those of the rows that the mode skips. */
  readonly skipped: number;
}

export const nothingEqual: EqualBuckets = { buckets: 0, rows: 0, skipped: 0 };

/**
 * While the model is read as a whole, its size is not known: so many buckets, folded into fewer at the end. More are not
 * kept either, because a sum cannot be parted later; from 8 million rows on, buckets have more rows.
 */
const bitsOfUnknownModel = 18;

/**
 * Compares the buckets of the model that is being read with those of the last run. Without those, every bucket counts
 * as changed.
 */
export class BucketComparison {
  readonly #remembered: Fingerprints | null;
  readonly #current: Fingerprints;
  readonly #keyHash: KeyHash;
  readonly #keyedHash: ((text: string) => string) | null;
  #changed: Buffer | null = null;

  /** With `keyedHash`, fingerprints are remembered in a form that only its key can make. */
  constructor(
    remembered: Fingerprints | null,
    {
      keyHash: by = 'hashtext',
      keyedHash = null,
    }: { readonly keyHash?: KeyHash; readonly keyedHash?: ((text: string) => string) | null } = {},
  ) {
    this.#keyHash = by;
    this.#keyedHash = keyedHash;
    this.#remembered = remembered;
    this.#current = Fingerprints.empty(remembered?.bits ?? bitsOfUnknownModel);
  }

  /** Whether there is anything to compare with; without it every row goes into the stage while it is read. */
  get isFull(): boolean {
    return this.#remembered === null;
  }

  /**
   * Adds a row by the hash of its key (or the bucket) and the four words of the hash of its line, or several rows by
   * those of their sums; returns the bucket.
   */
  add(hash: number, rowHash: Uint32Array, rows = 1): number {
    const bucket = this.#current.bucketOf(hash);
    this.#current.add(bucket, rowHash, rows);
    return bucket;
  }

  /** When all rows are added: finds the changed buckets and counts the others. */
  compare(): EqualBuckets {
    const equal = { buckets: 0, rows: 0, skipped: 0 };
    const remembered = this.#remembered;
    if (remembered === null) return equal;
    const current = this.#keyed(this.#current);
    const changed = Buffer.alloc(Math.ceil(remembered.bucketCount / 8));
    for (let bucket = 0; bucket < remembered.bucketCount; bucket += 1) {
      if (!remembered.isEqual(current, bucket)) {
        changed[bucket >> 3] = (changed[bucket >> 3] as number) | (1 << (bucket & 7));
        continue;
      }
      const { rows, skipped } = remembered.state(bucket);
      this.#current.addSkipped(bucket, skipped);
      equal.buckets += 1;
      equal.rows += rows;
      equal.skipped += skipped;
    }
    this.#changed = changed;
    return equal;
  }

  get hasChanged(): boolean {
    return this.#changed === null || this.#changed.some((byte) => byte !== 0);
  }

  /** Takes the rows out of the changed buckets, for those to be added that are really staged. */
  clearChanged(): void {
    for (let bucket = 0; bucket < this.#current.bucketCount; bucket += 1)
      if (this.isChanged(bucket)) this.#current.clear(bucket);
  }

  /** By a key's hash, or its bucket. */
  isChanged(hash: number): boolean {
    const bucket = this.#current.bucketOf(hash);
    return this.#changed === null || ((this.#changed[bucket >> 3] as number) & (1 << (bucket & 7))) !== 0;
  }

  changed(): BucketSelection {
    return { keyHash: this.#keyHash, bits: this.#current.bits, changed: this.#changed };
  }

  /** Rows that the mode skips, and skips again as long as nothing about them changes; by a key's hash or its bucket. */
  addSkipped(hash: number, rows: number): void {
    this.#current.addSkipped(this.#current.bucketOf(hash), rows);
  }

  addSkippedKey(key: string): void {
    this.addSkipped(keyHash(key, this.#keyHash), 1);
  }

  /** A row that the next run has to look at again, whatever the model says: its whole bucket is read then. */
  markUnstable(hash: number): void {
    this.#current.markUnstable(this.#current.bucketOf(hash));
  }

  markKeyUnstable(key: string): void {
    this.markUnstable(keyHash(key, this.#keyHash));
  }

  /** What the next run is to remember of a model of so many rows; `null` where it has to read all of them to fit. */
  result(rows: number): Fingerprints | null {
    const { bits } = this.#current;
    const fitting = Math.min(bucketBitsFor(rows), bitsOfUnknownModel);
    if (fitting - bits > 1) return null;
    const areTooMany = this.isFull || bits - fitting > 1;
    return this.#keyed(areTooMany ? this.#current.fold(fitting) : this.#current);
  }

  #keyed(fingerprints: Fingerprints): Fingerprints {
    return this.#keyedHash === null ? fingerprints : fingerprints.keyed(this.#keyedHash);
  }
}
