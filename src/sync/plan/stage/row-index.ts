import { readAhead } from '../../../lib/async/read-ahead.ts';
import type { Spool, SpoolParts } from '../../../lib/spool.ts';

/** So many lines are in memory at a time, or as many as have so many bytes. */
const maxLines = 2000;
const maxBytes = 1024 * 1024;

/** Of a line without a usable key. */
const noBucket = 0xffffffff;

/** Bucket and length of the lines of a chunk, in their order: two words a line, as they lie in this machine's memory. */
export class RowIndex {
  #words = new Uint32Array(2048);
  #filled = 0;

  clear(): void {
    this.#filled = 0;
  }

  add(bucket: number | null, length: number): void {
    if (this.#filled === this.#words.length) {
      const words = new Uint32Array(2 * this.#words.length);
      words.set(this.#words);
      this.#words = words;
    }
    this.#words[this.#filled] = bucket ?? noBucket;
    this.#words[this.#filled + 1] = length;
    this.#filled += 2;
  }

  bytes(): Buffer {
    return Buffer.from(this.#words.buffer, 0, this.#filled * Uint32Array.BYTES_PER_ELEMENT);
  }
}

/** Where the lines of some buckets are, in their order, some at a time; `changed` has a bit a bucket. */
export async function* partsInBuckets(index: Spool, changed: Buffer): AsyncGenerator<SpoolParts> {
  const search = new IndexSearch(changed);
  for await (const piece of readAhead(index.chunks())) {
    const entries = new Uint32Array(piece.buffer, piece.byteOffset, piece.length / Uint32Array.BYTES_PER_ELEMENT);
    for (let at = 0; at < entries.length;) {
      at = search.look(entries, at);
      if (at < entries.length) yield search.take();
    }
  }
  yield search.take();
}

/** Looks through the entries of all rows for those of some buckets. */
class IndexSearch {
  readonly #changed: Buffer;
  #found: FoundParts = { positions: [], lengths: [] };
  #bytes = 0;
  #position = 0;

  constructor(changed: Buffer) {
    this.#changed = changed;
  }

  /**
   * Looks at entries from `start` on until enough are found; returns where the next begins. It calls nothing: it sees all
   * rows of the model, and most of them before it is compiled.
   */
  look(entries: Uint32Array, start: number): number {
    const { positions, lengths } = this.#found;
    const changed = this.#changed;
    let at = start;
    let position = this.#position;
    let bytes = this.#bytes;
    for (; at < entries.length && positions.length < maxLines && bytes < maxBytes; at += 2) {
      const bucket = entries[at] as number;
      const length = entries[at + 1] as number;
      if (bucket !== noBucket && ((changed[bucket >>> 3] as number) & (1 << (bucket & 7))) !== 0) {
        positions.push(position);
        lengths.push(length);
        bytes += length;
      }
      position += length;
    }
    this.#position = position;
    this.#bytes = bytes;
    return at;
  }

  take(): SpoolParts {
    const found = this.#found;
    this.#found = { positions: [], lengths: [] };
    this.#bytes = 0;
    return found;
  }
}

interface FoundParts {
  readonly positions: number[];
  readonly lengths: number[];
}

/** Lines one after the other, as many at a time as are read at once. */
export function* groupParts(lines: Iterable<readonly [position: number, length: number]>): Generator<SpoolParts> {
  let found: FoundParts = { positions: [], lengths: [] };
  let bytes = 0;
  for (const [position, length] of lines) {
    found.positions.push(position);
    found.lengths.push(length);
    bytes += length;
    if (found.positions.length < maxLines && bytes < maxBytes) continue;
    yield found;
    found = { positions: [], lengths: [] };
    bytes = 0;
  }
  yield found;
}
