import { createMurmur3 } from '../../../lib/hash/murmur3.ts';
import { viewOf } from '../../../lib/hash/words.ts';
import { readAhead } from '../../../lib/async/read-ahead.ts';
import { withTemporarySpool } from '../../../core/temporary-spool.ts';
import type { Spool } from '../../../lib/spool.ts';
import { rowHash } from '../../../core/model/hash.ts';
import type { StageWriter } from '../../../core/ports/run/plan-store.ts';
import type { Projection } from '../../../core/model/projection.ts';
import { nothingEqual } from './bucket-comparison.ts';
import type { BucketComparison, EqualBuckets } from './bucket-comparison.ts';
import type { RunWork } from '../../run-work.ts';
import { RowCounter } from './row-counter.ts';
import type { RowsRead } from './row-counter.ts';
import { createRowTimeReader } from './row-time.ts';
import { createRowKeyReader } from './row-key.ts';
import type { InvalidKey } from './row-key.ts';

const newline = 10;

/**
 * So many lines are in memory at a time, or as many as have so many bytes, and as many again: while some are staged, the
 * next are read.
 */
const maxLines = 2000;
const maxBytes = 1024 * 1024;

export interface StageResult extends RowsRead {
  readonly staged: number;
  /** Rows that were neither staged nor have to be. */
  readonly equal: EqualBuckets;
}

export interface StageTarget {
  readonly projection: Projection;
  readonly writer: StageWriter;
  readonly spool: Spool;
  /** `null`: every row is compared. */
  readonly buckets: BucketComparison | null;
  readonly work: RunWork;
  onRows(read: number): void;
}

/**
 * Reads every row once: its line goes to the spool, its key and the hash of the line into the stage. Where the last
 * run's fingerprints are known, that happens only to the rows of changed buckets, once all rows have been read. Nothing
 * more expensive is done here, because most rows of most runs have not changed.
 */
export function stageRows(chunks: AsyncIterable<Buffer>, target: StageTarget): Promise<StageResult> {
  const { buckets } = target;
  return buckets === null || buckets.isFull ? stageAll(chunks, target) : stageChanged(chunks, target, buckets);
}

async function stageAll(chunks: AsyncIterable<Buffer>, target: StageTarget): Promise<StageResult> {
  const counter = new RowCounter();
  await readLines(chunks, target, counter, stageLine(target, counter));
  target.buckets?.compare();
  return { ...counter.counts(), staged: counter.keyed, equal: nothingEqual };
}

/** The model waits in a file of its own, so that what is looked at again lies close together in the spool. */
function stageChanged(
  chunks: AsyncIterable<Buffer>,
  target: StageTarget,
  buckets: BucketComparison,
): Promise<StageResult> {
  return withTemporarySpool((model) =>
    withTemporarySpool(async (index) => {
      const counter = new RowCounter();
      await indexLines(chunks, { ...target, spool: model }, { counter, index, buckets });
      const equal = buckets.compare();
      target.work.foundEqual(equal.buckets);
      const staged = await stageIndexed(target, { model, index, buckets });
      return { ...counter.counts(), staged, equal };
    }),
  );
}

/** What is done with the lines of a chunk that stands at `position` of the spool. */
type ReadChunk = (chunk: Buffer, position: number) => Promise<void>;

async function readLines(
  chunks: AsyncIterable<Buffer>,
  { spool, work, onRows }: StageTarget,
  counter: RowCounter,
  readChunk: ReadChunk,
): Promise<void> {
  let position = 0;
  let spooling: Promise<void> = Promise.resolve();
  for await (const chunk of chunks) {
    // One chunk is written while the next is worked on.
    await spooling;
    spooling = spool.append(chunk);
    spooling.catch(() => undefined);
    const before = counter.read;
    await readChunk(chunk, position);
    position += chunk.length;
    work.received({ rows: counter.read - before, bytes: chunk.length });
    onRows(counter.read);
  }
  await spooling;
}

/** Every row goes into the stage. */
function stageLine({ projection, writer, buckets, work }: StageTarget, counter: RowCounter): ReadChunk {
  const keys = createRowKeyReader(projection);
  const { fingerprint } = projection;
  const addToBucket = buckets === null ? null : createBucketAdder(buckets, projection);
  const readTime = createRowTimeReader(projection, work.newest);
  return async (chunk, position) => {
    // Latin1 keeps one character a byte: positions stay exact, and the hash sees every byte.
    const text = chunk.toString('latin1');
    const view = viewOf(chunk);
    for (let start = 0; start < text.length;) {
      const end = text.indexOf('\n', start);
      const contentEnd = readTime(chunk, start, end);
      const line = text.slice(start, contentEnd);
      counter.read += 1;
      const key = keys.read(line);
      if (typeof key === 'string') {
        writer.add(key, rowHash(fingerprint, line), position + start);
        addToBucket?.(view, start, contentEnd);
      } else counter.addInvalidKey(key, counter.read);
      start = end + 1;
    }
    await writer.flush();
  };
}

interface IndexedRows {
  readonly index: Spool;
  readonly buckets: BucketComparison;
}

interface IndexedModel extends IndexedRows {
  readonly model: Spool;
}

/** Sums the rows by bucket, and notes the bucket and the length of each for the second look. */
async function indexLines(
  chunks: AsyncIterable<Buffer>,
  target: StageTarget,
  { counter, index, buckets }: IndexedRows & { readonly counter: RowCounter },
): Promise<void> {
  const keys = createRowKeyReader(target.projection);
  const addToBucket = createBucketAdder(buckets, target.projection);
  const readTime = createRowTimeReader(target.projection, target.work.newest);
  // One is filled while the other is written.
  let [entries, written] = [new RowIndex(), new RowIndex()];
  let writing: Promise<void> = Promise.resolve();
  await readLines(chunks, target, counter, async (chunk) => {
    entries.clear();
    const view = viewOf(chunk);
    for (let start = 0; start < chunk.length;) {
      const end = chunk.indexOf(newline, start);
      counter.read += 1;
      const contentEnd = readTime(chunk, start, end);
      const bucket = addToBucket(view, start, contentEnd);
      if (bucket === null)
        counter.addInvalidKey(keys.read(chunk.toString('latin1', start, contentEnd)) as InvalidKey, counter.read);
      entries.add(bucket, end + 1 - start);
      start = end + 1;
    }
    await writing;
    writing = index.append(entries.bytes());
    writing.catch(() => undefined);
    [entries, written] = [written, entries];
  });
  await writing;
}

/** Adds lines to their buckets; `null` where a line has no usable key and so is in none. */
function createBucketAdder(
  buckets: BucketComparison,
  projection: Projection,
): (lines: DataView, start: number, end: number) => number | null {
  const keys = createRowKeyReader(projection);
  const words = new Uint32Array(4);
  const hashLine = createMurmur3(Number.parseInt(projection.fingerprint.slice(0, 8), 16) | 0, words);
  return (lines, start, end) => {
    const hash = keys.hash(lines, start, end);
    if (hash === null) return null;
    hashLine(lines, start, end);
    return buckets.add(hash, words);
  };
}

/** Spools and stages the rows of changed buckets; returns how many. */
async function stageIndexed(target: StageTarget, indexed: IndexedModel): Promise<number> {
  const { buckets } = indexed;
  if (!buckets.hasChanged) return 0;
  target.writer.expect(buckets.changed());
  const counter = new RowCounter();
  const stageLines = stageLine({ ...target, buckets: null }, counter);
  let position = 0;
  for await (const lines of readAhead(changedLines(indexed))) {
    const spooling = target.spool.append(lines);
    await Promise.all([spooling, stageLines(lines, position)]);
    position += lines.length;
  }
  return counter.keyed;
}

/** The lines of changed buckets, some at a time. */
async function* changedLines({ model, index, buckets }: IndexedModel): AsyncGenerator<Buffer> {
  const { changed: bits } = buckets.changed();
  if (bits === null) throw new Error('the buckets are not compared yet');
  const changed = new ChangedLines(bits);
  for await (const piece of index.chunks()) {
    const entries = RowIndex.words(piece);
    for (let at = 0; at < entries.length;) {
      at = changed.add(entries, at);
      if (!changed.isFull) continue;
      yield await model.parts(changed);
      changed.clear();
    }
  }
  yield await model.parts(changed);
}

/** Where the lines of changed buckets begin, and how long they are. */
class ChangedLines {
  readonly positions: number[] = [];
  readonly lengths: number[] = [];
  /** A bit a bucket. */
  readonly #changed: Buffer;
  #position = 0;
  #bytes = 0;

  constructor(changed: Buffer) {
    this.#changed = changed;
  }

  get isFull(): boolean {
    return this.positions.length >= maxLines || this.#bytes >= maxBytes;
  }

  /**
   * Takes entries of the index from `start` on, until enough are found; returns where the next begins. It calls nothing:
   * it sees all rows of the model, and most of them before it is compiled.
   */
  add(entries: Uint32Array, start: number): number {
    const { positions, lengths } = this;
    const changed = this.#changed;
    let at = start;
    let position = this.#position;
    let bytes = this.#bytes;
    for (; at < entries.length && positions.length < maxLines && bytes < maxBytes; at += 2) {
      const bucket = entries[at] as number;
      const length = entries[at + 1] as number;
      if (bucket !== RowIndex.noBucket && ((changed[bucket >>> 3] as number) & (1 << (bucket & 7))) !== 0) {
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

  clear(): void {
    this.positions.length = 0;
    this.lengths.length = 0;
    this.#bytes = 0;
  }
}

/** Bucket and length of the lines of a chunk, in their order: two words a line, as they lie in this machine's memory. */
class RowIndex {
  /** Of a line without a usable key. */
  static readonly noBucket = 0xffffffff;
  #words = new Uint32Array(2048);
  #filled = 0;

  static words(piece: Buffer): Uint32Array {
    return new Uint32Array(piece.buffer, piece.byteOffset, piece.length / Uint32Array.BYTES_PER_ELEMENT);
  }

  clear(): void {
    this.#filled = 0;
  }

  add(bucket: number | null, length: number): void {
    if (this.#filled === this.#words.length) {
      const words = new Uint32Array(2 * this.#words.length);
      words.set(this.#words);
      this.#words = words;
    }
    this.#words[this.#filled] = bucket ?? RowIndex.noBucket;
    this.#words[this.#filled + 1] = length;
    this.#filled += 2;
  }

  bytes(): Buffer {
    return Buffer.from(this.#words.buffer, 0, this.#filled * Uint32Array.BYTES_PER_ELEMENT);
  }
}
