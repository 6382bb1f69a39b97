import { bucketBitsFor, Fingerprints, keyHash } from '../../../core/model/fingerprints.ts';
import type { FormerBucket, KeyHash } from '../../../core/model/fingerprints.ts';
import type { BucketSelection } from '../../../core/ports/run/plan-store.ts';

/** How many rows of the model need not be compared, because they are as they were: those of equal buckets, and others. */
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
  /** A bit a bucket that is compared as a whole. */
  #changed: Buffer | null = null;
  #hasSingleRows = false;

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
   * Adds a row by the hash of its key (or the bucket) and the words of its own hash, or several rows by those of their
   * sums; returns the bucket.
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
    return this.#hasSingleRows || this.#changed === null || this.#changed.some((byte) => byte !== 0);
  }

  /** After `compare`: how many rows the changed buckets have now. */
  get changedRows(): number {
    let rows = 0;
    for (let bucket = 0; bucket < this.#current.bucketCount; bucket += 1)
      if (this.isChanged(bucket)) rows += this.#current.state(bucket).rows;
    return rows;
  }

  /** Whether `changedOnlyBy` can be answered: sums under a key cannot be subtracted. */
  get canTellRows(): boolean {
    return this.#keyedHash === null && this.#remembered !== null;
  }

  /** `changedOnlyBy` by the first words of both hashes, which rules out nearly all rows that did not change. */
  mayBeChangedOnlyBy(row: number, key: number): boolean {
    const former = this.#former(key);
    return former !== null && this.#current.mayBeChangedOnlyBy(row, key, former);
  }

  /**
   * Whether a row is all that changed in its bucket, by the words of its hash and of its key's, and whether it is known
   * how many of the other rows the mode skips.
   */
  changedOnlyBy(row: Uint32Array, key: Uint32Array): boolean {
    const former = this.#former(key[0] as number);
    if (former === null || !this.#current.changedOnlyBy(row, key, former)) return false;
    const { rows, skipped } = former.before.state(former.bucket);
    return rows < this.#current.state(former.bucket).rows || skipped === 0 || skipped === rows;
  }

  /** Leaves it at a single row of a changed bucket; the others count as they did. Returns how many they are. */
  compareSingleRow(bucket: number): Omit<EqualBuckets, 'buckets'> {
    const former = this.#former(bucket);
    if (former === null || this.#changed === null) throw new Error('the buckets are not compared yet');
    const { rows, skipped } = former.before.state(bucket);
    const isNew = rows < this.#current.state(bucket).rows;
    const others = { rows: isNew ? rows : rows - 1, skipped: isNew || skipped === 0 ? skipped : skipped - 1 };
    this.#current.addSkipped(bucket, others.skipped);
    this.#changed[bucket >> 3] = (this.#changed[bucket >> 3] as number) & ~(1 << (bucket & 7));
    this.#hasSingleRows = true;
    return others;
  }

  #former(hash: number): FormerBucket | null {
    const before = this.#remembered;
    return before === null ? null : { before, bucket: before.bucketOf(hash) };
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
    const hasSingleRows = this.#hasSingleRows;
    return { keyHash: this.#keyHash, bits: this.#current.bits, changed: this.#changed, hasSingleRows };
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
