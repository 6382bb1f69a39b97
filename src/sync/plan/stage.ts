import { createMurmur3 } from '../../lib/hash/murmur3.ts';
import { viewOf } from '../../lib/hash/words.ts';
import { openTemporarySpool } from '../../core/temporary-spool.ts';
import type { Spool } from '../../lib/spool.ts';
import { rowHash } from '../../core/model/hash.ts';
import type { StageWriter } from '../../core/ports/run/plan-store.ts';
import type { Projection } from '../../core/model/projection.ts';
import { nothingEqual } from './bucket-comparison.ts';
import type { BucketComparison, EqualBuckets } from './bucket-comparison.ts';
import type { RunWork } from '../run-work.ts';
import { RowCounter } from './row-counter.ts';
import type { RowsRead } from './row-counter.ts';
import { createRowTimeReader, lineContent } from './row-time.ts';
import { createRowKeyReader } from './row-key.ts';
import type { InvalidKey } from './row-key.ts';

const newline = 10;

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
 * run's fingerprints are known, only the rows of changed buckets are staged, out of the spool. Nothing more expensive is
 * done here, because most rows of most runs have not changed.
 */
export async function stageRows(chunks: AsyncIterable<Buffer>, target: StageTarget): Promise<StageResult> {
  const { buckets } = target;
  const counter = new RowCounter();
  if (buckets === null || buckets.isFull) {
    await readLines(chunks, target, counter, stageLine(target, counter));
    buckets?.compare();
    await target.writer.finish();
    return { ...counter.counts(), staged: counter.keyed, equal: nothingEqual };
  }
  const index = await openTemporarySpool();
  try {
    await indexLines(chunks, target, { counter, index, buckets });
    const equal = buckets.compare();
    target.work.foundEqual(equal.buckets);
    const staged = await stageIndexed(target, { index, buckets });
    await target.writer.finish();
    return { ...counter.counts(), staged, equal };
  } finally {
    await index.close();
  }
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

/** Stages the rows of changed buckets; returns how many. */
async function stageIndexed(
  { projection, writer, spool }: StageTarget,
  { index, buckets }: IndexedRows,
): Promise<number> {
  if (!buckets.hasChanged) return 0;
  writer.expect(buckets.changed());
  const keys = createRowKeyReader(projection);
  let position = 0;
  let staged = 0;
  for await (const piece of index.chunks()) {
    const positions: number[] = [];
    const entries = viewOf(piece);
    for (let at = 0; at < piece.length; at += RowIndex.entryBytes) {
      const bucket = entries.getUint32(at, true);
      if (bucket !== RowIndex.noBucket && buckets.isChanged(bucket)) positions.push(position);
      position += entries.getUint32(at + 4, true);
    }
    for (const [at, spooled] of (await spool.lines(positions, 'latin1')).entries()) {
      const line = lineContent(projection, spooled);
      writer.add(keys.read(line) as string, rowHash(projection.fingerprint, line), positions[at] as number);
    }
    staged += positions.length;
    await writer.flush();
  }
  return staged;
}

/** Bucket and length of the lines of a chunk, in their order: two unsigned words a line, the lowest byte first. */
class RowIndex {
  static readonly entryBytes = 8;
  /** Of a line without a usable key. */
  static readonly noBucket = 0xffffffff;
  #bytes = Buffer.alloc(8 * 1024);
  #view = viewOf(this.#bytes);
  #filled = 0;

  clear(): void {
    this.#filled = 0;
  }

  add(bucket: number | null, length: number): void {
    if (this.#filled === this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
      this.#view = viewOf(this.#bytes);
    }
    this.#view.setUint32(this.#filled, bucket ?? RowIndex.noBucket, true);
    this.#view.setUint32(this.#filled + 4, length, true);
    this.#filled += RowIndex.entryBytes;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#filled);
  }
}
