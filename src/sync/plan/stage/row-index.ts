import type { Spool, SpoolParts } from '../../../lib/spool.ts';

/** So many lines are in memory at a time, or as many as have so many bytes. */
const maxLines = 2000;
const maxBytes = 1024 * 1024;

/**
 * Words of a line: the first of the hash of its key and of its own, and its length, below zero where it has no key. They
 * are signed, because larger numbers would become objects in code that is not compiled yet.
 */
const wordsPerLine = 3;
const bytesPerLine = wordsPerLine * Int32Array.BYTES_PER_ELEMENT;
/** So many lines of the index are read at a time. */
const pieceLines = 16_384;

/** The lines of a chunk, in their order, as they lie in this machine's memory. */
export class RowIndex {
  #words = new Int32Array(1024 * wordsPerLine);
  #filled = 0;

  clear(): void {
    this.#filled = 0;
  }

  add(key: number, row: number, length: number): void {
    if (this.#filled === this.#words.length) this.#grow();
    const words = this.#words;
    const at = this.#filled;
    words[at] = key;
    words[at + 1] = row;
    words[at + 2] = length;
    this.#filled = at + wordsPerLine;
  }

  addWithoutKey(length: number): void {
    this.add(0, 0, -length);
  }

  bytes(): Buffer {
    return Buffer.from(this.#words.buffer, 0, this.#filled * Int32Array.BYTES_PER_ELEMENT);
  }

  #grow(): void {
    const words = new Int32Array(2 * this.#words.length);
    words.set(this.#words);
    this.#words = words;
  }
}

/** Lines of an index. */
export interface IndexedLines extends SpoolParts {
  readonly positions: number[];
  readonly lengths: number[];
  /** The first words of the hashes of their keys, and of their own. */
  readonly keys: number[];
  readonly rows: number[];
}

/** The lines of some buckets, in their order, some at a time. A bucket is the low `bits` of a key's hash. */
export function* linesInBuckets(
  index: Spool,
  { bits, changed }: { readonly bits: number; readonly changed: Buffer },
): Generator<IndexedLines> {
  const search = new IndexSearch(2 ** bits - 1, changed);
  for (const piece of index.pieces(pieceLines * bytesPerLine)) {
    const words = new Int32Array(piece.buffer, piece.byteOffset, piece.length / Int32Array.BYTES_PER_ELEMENT);
    for (let at = 0; at < words.length;) {
      at = search.look(words, at);
      if (at < words.length) yield search.take();
    }
  }
  yield search.take();
}

/** Looks through the entries of all lines for those of some buckets. */
class IndexSearch {
  readonly #bucketMask: number;
  readonly #changed: Buffer;
  #found = noLines();
  #bytes = 0;
  #position = 0;

  constructor(bucketMask: number, changed: Buffer) {
    this.#bucketMask = bucketMask;
    this.#changed = changed;
  }

  /**
   * Looks at entries from `start` on until enough are found; returns where the next begins. It calls nothing: it sees all
   * rows of the model, and most of them before it is compiled.
   */
  look(words: Int32Array, start: number): number {
    const { positions, lengths, keys, rows } = this.#found;
    const changed = this.#changed;
    const bucketMask = this.#bucketMask;
    let at = start;
    let position = this.#position;
    let bytes = this.#bytes;
    for (; at < words.length && positions.length < maxLines && bytes < maxBytes; at += wordsPerLine) {
      const key = words[at] as number;
      const length = words[at + 2] as number;
      const bucket = key & bucketMask;
      if (length > 0 && ((changed[bucket >>> 3] as number) & (1 << (bucket & 7))) !== 0) {
        positions.push(position);
        lengths.push(length);
        keys.push(key);
        rows.push(words[at + 1] as number);
        bytes += length;
      }
      position += length < 0 ? -length : length;
    }
    this.#position = position;
    this.#bytes = bytes;
    return at;
  }

  take(): IndexedLines {
    const found = this.#found;
    this.#found = noLines();
    this.#bytes = 0;
    return found;
  }
}

function noLines(): IndexedLines {
  return { positions: [], lengths: [], keys: [], rows: [] };
}

/** Parts one after the other, as many at a time as are read at once. */
export function* groupParts(parts: Iterable<readonly [position: number, length: number]>): Generator<SpoolParts> {
  let [positions, lengths]: [number[], number[]] = [[], []];
  let bytes = 0;
  for (const [position, length] of parts) {
    positions.push(position);
    lengths.push(length);
    bytes += length;
    if (positions.length < maxLines && bytes < maxBytes) continue;
    yield { positions, lengths };
    [positions, lengths, bytes] = [[], [], 0];
  }
  yield { positions, lengths };
}
