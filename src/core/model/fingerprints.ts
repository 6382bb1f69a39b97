import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { hashtext } from '../../lib/hash/hashtext.ts';
import { mix } from '../../lib/hash/murmur3.ts';
import { viewOf } from '../../lib/hash/words.ts';

/**
 * Fingerprints of buckets: what a run remembers of the model's rows, so that the next one takes the rows of equal
 * buckets as they were and compares only the others.
 *
 * A bucket holds the rows whose keys share the low bits of their hash. Its fingerprint is the number of its rows and the
 * sums of the two halves of their 128-bit hashes, modulo 2^64, which do not depend on their order. If one row of a bucket
 * changed, the difference of the sums is that of its two hashes, so each row of the bucket can be asked whether it is the
 * one: without the difference, its hash would be the former one. Two more sums, modulo 2^32, confirm it. They are of a
 * hash that is made from the first and the key, so that neither two changes are taken for one, nor a new row for another
 * one of somebody who left.
 */

/** So many rows share a bucket at least, where there are enough rows: fewer would cost more to remember than to read. */
const minRowsPerBucket = 15;
const maxBucketBits = 20;

/** Unsigned words of a row's hash: four of its line, and two that are made from these and the hash of its key. */
export const rowHashWords = 6;

/** Unsigned words a bucket: its rows, those of them that the mode skips, and the sums, the lower word of each first. */
const wordsPerBucket = 2 + rowHashWords;

/** Of a bucket that changed, in `changesSince`: its number, and its words. */
const bytesPerChange = 4 * (1 + wordsPerBucket);

/** Whether the words lie in memory as they are stored: then millions of bytes need not be copied. */
const isLittleEndian = endianness() === 'LE';

/** Stands in the place of a count: no bucket has so many rows, so such a bucket equals none. */
const unstable = 0xffffffff;

/** Bits of a key's hash that name a bucket, for a model of so many rows: 15 to 30 rows share one. */
export function bucketBitsFor(rows: number): number {
  return Math.min(maxBucketBits, Math.max(0, Math.floor(Math.log2(Math.max(1, rows) / minRowsPerBucket))));
}

/**
 * The hash of a canonical key whose low bits name its bucket. The state database computes the same one: `hashtext` is
 * cheap, and known to Postgres only; the first four bytes of `sha256` are known to every warehouse.
 */
export type KeyHash = 'hashtext' | 'sha256';

/** Hash of a key in its canonical form, the same that the state database computes: its low bits name the bucket. */
export function keyHash(key: string, by: KeyHash): number {
  if (by === 'sha256') return createHash('sha256').update(key, 'utf8').digest().readInt32BE(0);
  return hashKey(key, new Uint32Array(2));
}

/** By `hashtext`, leaving all of its 64 bits in `out`. */
export function hashKey(key: string, out: Uint32Array): number {
  const bytes = Buffer.from(key, 'utf8');
  return hashtext(viewOf(bytes), 0, bytes.length, out);
}

/** Completes the hash of a row: its last two words are made from the first four and the two of its key. */
export function addKeyToRowHash(row: Uint32Array, key: Uint32Array): void {
  // Signed: a larger number that is handed to a function is an object, and this is done for every row.
  row[4] = confirmingHash((row[0] as number) | 0, (key[0] as number) | 0);
  const rest = Math.imul(row[2] as number, 0x9e3779b1) ^ Math.imul(row[3] as number, 0x85ebca77);
  row[5] = mix((row[1] as number) ^ rest ^ (key[1] as number));
}

/** Of the first words of a row's hash and of its key's. */
function confirmingHash(row: number, key: number): number {
  return mix((row + Math.imul(key, 0x9e3779b1)) | 0);
}

/** What is known of one bucket. */
export interface BucketState {
  readonly rows: number;
  /** Those of the rows that the mode skips, and skips again while they do not change. */
  readonly skipped: number;
}

/** A bucket as it was in the run before. */
export interface FormerBucket {
  readonly before: Fingerprints;
  readonly bucket: number;
}

/** The fingerprints of all buckets of a model. Rows are added in any order. */
export class Fingerprints {
  readonly bits: number;
  readonly bucketCount: number;
  readonly #words: Uint32Array;

  private constructor(bits: number, words: Uint32Array) {
    this.bits = bits;
    this.bucketCount = 2 ** bits;
    this.#words = words;
  }

  static empty(bits: number): Fingerprints {
    return new Fingerprints(bits, new Uint32Array(wordsPerBucket * 2 ** bits));
  }

  /**
   * What `toBytes` gave, and does not change any more, and what `changesSince` gave later; `null` where they are not of
   * this form.
   */
  static fromBytes(bytes: Uint8Array, changes: Buffer = Buffer.alloc(0)): Fingerprints | null {
    const fingerprints = Fingerprints.#ofBytes(bytes);
    return fingerprints !== null && fingerprints.#apply(changes) ? fingerprints : null;
  }

  static #ofBytes(bytes: Uint8Array): Fingerprints | null {
    const bits = Math.log2(bytes.length / (4 * wordsPerBucket));
    if (!Number.isInteger(bits) || bits < 0 || bits > maxBucketBits) return null;
    const wordCount = bytes.length / 4;
    if (isLittleEndian && bytes.byteOffset % 4 === 0)
      return new Fingerprints(bits, new Uint32Array(bytes.buffer, bytes.byteOffset, wordCount));
    const words = new Uint32Array(wordCount);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let index = 0; index < words.length; index += 1) words[index] = view.getUint32(4 * index, true);
    return new Fingerprints(bits, words);
  }

  bucketOf(hash: number): number {
    return hash & (this.bucketCount - 1);
  }

  /** Adds a row by the words of its hash, or several by those of their sums. */
  add(bucket: number, hash: Uint32Array, rows = 1): void {
    const words = this.#words;
    const at = bucket * wordsPerBucket;
    words[at] = (words[at] as number) + rows;
    addLong(words, at + 2, hash[0] as number, hash[1] as number);
    addLong(words, at + 4, hash[2] as number, hash[3] as number);
    words[at + 6] = (words[at + 6] as number) + (hash[4] as number);
    words[at + 7] = (words[at + 7] as number) + (hash[5] as number);
  }

  /** Takes all rows out of a bucket. */
  clear(bucket: number): void {
    this.#words.fill(0, bucket * wordsPerBucket, (bucket + 1) * wordsPerBucket);
  }

  /** Counts rows of a bucket that the mode skips. */
  addSkipped(bucket: number, rows: number): void {
    const at = bucket * wordsPerBucket + 1;
    this.#words[at] = (this.#words[at] as number) + rows;
  }

  /** Makes a bucket unequal to every other, so that the next run reads its rows. */
  markUnstable(bucket: number): void {
    this.#words[bucket * wordsPerBucket] = unstable;
  }

  state(bucket: number): BucketState {
    const at = bucket * wordsPerBucket;
    return { rows: this.#words[at] as number, skipped: this.#words[at + 1] as number };
  }

  /** Whether both hold the same rows in this bucket, as far as their number and the sum of their hashes tell. */
  isEqual(other: Fingerprints, bucket: number): boolean {
    const [own, others] = [this.#words, other.#words];
    const at = bucket * wordsPerBucket;
    if (own[at] === unstable || own[at] !== others[at]) return false;
    // All but the count of skipped rows. Without a loop: a million buckets are compared in every run.
    const isFirstEqual = own[at + 2] === others[at + 2] && own[at + 3] === others[at + 3];
    const isSecondEqual = own[at + 4] === others[at + 4] && own[at + 5] === others[at + 5];
    return isFirstEqual && isSecondEqual && own[at + 6] === others[at + 6] && own[at + 7] === others[at + 7];
  }

  /**
   * `changedOnlyBy` as far as the first words of the hash of a row and of its key's show: one row in 2^32 is taken for
   * one that it is not.
   */
  mayBeChangedOnlyBy(row: number, key: number, { before, bucket }: FormerBucket): boolean {
    const [own, others] = [this.#words, before.#words];
    const at = bucket * wordsPerBucket;
    const added = (own[at] as number) - (others[at] as number);
    const difference = (own[at + 2] as number) - (others[at + 2] as number);
    const formerRow = (row - difference) | 0;
    if (added !== 0 && (added !== 1 || formerRow !== 0)) return false;
    const former = added === 1 ? 0 : confirmingHash(formerRow, key);
    return former === ((confirmingHash(row, key) - (own[at + 6] as number) + (others[at + 6] as number)) | 0);
  }

  /**
   * Whether a row of this bucket, by the words of its hash and of its key's, is all that makes the bucket another than
   * the one before: it came, or it was there under the same key and with other values. Both must be sums of complete
   * hashes, not keyed ones.
   */
  changedOnlyBy(row: Uint32Array, key: Uint32Array, { before, bucket }: FormerBucket): boolean {
    const [own, others] = [this.#words, before.#words];
    const at = bucket * wordsPerBucket;
    // Where the former one is unstable, the difference is below zero.
    const added = (own[at] as number) - (others[at] as number);
    if (added !== 0 && added !== 1) return false;
    const former = new Uint32Array(rowHashWords);
    for (let word = 0, carried = 0; word < rowHashWords; word += 1) {
      const exact =
        (others[at + 2 + word] as number) + (row[word] as number) - (own[at + 2 + word] as number) + carried;
      former[word] = exact;
      // From the lower word of a sum to the upper one.
      carried = word === 0 || word === 2 ? carry(exact) : 0;
    }
    if (added === 1) return former.every((word) => word === 0);
    const [, , , , first, second] = former;
    addKeyToRowHash(former, key);
    return former[4] === first && former[5] === second;
  }

  /** The same rows in fewer buckets. */
  fold(bits: number): Fingerprints {
    if (bits === this.bits) return this;
    const folded = Fingerprints.empty(bits);
    for (let bucket = 0; bucket < this.bucketCount; bucket += 1) {
      const from = bucket * wordsPerBucket;
      const to = folded.bucketOf(bucket) * wordsPerBucket;
      const isUnstable = this.#words[from] === unstable || folded.#words[to] === unstable;
      folded.addSkipped(folded.bucketOf(bucket), this.#words[from + 1] as number);
      folded.add(folded.bucketOf(bucket), this.#words.subarray(from + 2, from + wordsPerBucket), this.#words[from]);
      if (isUnstable) folded.#words[to] = unstable;
    }
    return folded;
  }

  /** The same buckets with a keyed hash in the place of each sum: without the key, no guess at a row can be checked. */
  keyed(keyedHash: (text: string) => string): Fingerprints {
    const words = this.#words.slice();
    for (let at = 0; at < words.length; at += wordsPerBucket) {
      if (words[at] === 0 || words[at] === unstable) continue;
      const sums = words.subarray(at + 2, at + wordsPerBucket);
      const hash = keyedHash(`${at} ${words[at]} ${sums.join(' ')}`);
      // Its 128 bits take the place of all sums.
      for (let word = 0; word < sums.length; word += 1)
        sums[word] = word < 4 ? Number.parseInt(hash.slice(8 * word, 8 * word + 8), 16) : 0;
    }
    return new Fingerprints(this.bits, words);
  }

  /** The words in little-endian order: 32 bytes a bucket, the same memory where possible. */
  toBytes(): Buffer {
    if (isLittleEndian) return Buffer.from(this.#words.buffer, this.#words.byteOffset, this.#words.byteLength);
    const bytes = Buffer.allocUnsafe(4 * this.#words.length);
    for (const [index, value] of this.#words.entries()) bytes.writeUInt32LE(value, 4 * index);
    return bytes;
  }

  /** The buckets that are not as they were before: number and words of each. `null` where there were more or fewer. */
  changesSince(before: Fingerprints): Buffer | null {
    if (before.bits !== this.bits) return null;
    const changed: number[] = [];
    for (let bucket = 0; bucket < this.bucketCount; bucket += 1)
      if (!isSame(this.#words, before.#words, bucket * wordsPerBucket)) changed.push(bucket);
    const bytes = Buffer.allocUnsafe(bytesPerChange * changed.length);
    let filled = 0;
    for (const bucket of changed) {
      filled = bytes.writeUInt32LE(bucket, filled);
      for (let word = 0; word < wordsPerBucket; word += 1)
        filled = bytes.writeUInt32LE(this.#words[bucket * wordsPerBucket + word] as number, filled);
    }
    return bytes;
  }

  /** False where these are no changes of such buckets. */
  #apply(changes: Buffer): boolean {
    if (changes.length % bytesPerChange !== 0) return false;
    for (let at = 0; at < changes.length; at += bytesPerChange) {
      const bucket = changes.readUInt32LE(at);
      if (bucket >= this.bucketCount) return false;
      for (let word = 0; word < wordsPerBucket; word += 1)
        this.#words[bucket * wordsPerBucket + word] = changes.readUInt32LE(at + 4 * (1 + word));
    }
    return true;
  }
}

/** What a sum of lower words adds to the upper ones. */
function carry(sum: number): number {
  return sum < 0 ? -1 : sum > 0xffffffff ? 1 : 0;
}

/** Whether two lists of words have the same ones of a bucket, its counts included. */
function isSame(words: Uint32Array, others: Uint32Array, at: number): boolean {
  for (let word = at; word < at + wordsPerBucket; word += 1) if (words[word] !== others[word]) return false;
  return true;
}

/** Adds to a number of 64 bits whose lower word comes first; what exceeds them is dropped. */
function addLong(words: Uint32Array, at: number, low: number, high: number): void {
  const sum = (words[at] as number) + low;
  words[at] = sum;
  words[at + 1] = (words[at + 1] as number) + high + carry(sum);
}
