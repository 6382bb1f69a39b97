/** Fills the stage: reads the model, and leaves out what need not be compared. */

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
import { createRowHasher } from './row-hasher.ts';
import { RowIndex } from './row-index.ts';
import { createRowKeyReader } from './row-key.ts';
import type { InvalidKey } from './row-key.ts';
import { createRowTimeReader } from './row-time.ts';
import { rowsToCompare } from './single-rows.ts';
import type { IndexedModel, RowReaders, RowsToCompare } from './single-rows.ts';

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
 * run's fingerprints are known, that happens only to rows of changed buckets, once all rows have been read. Nothing more
 * expensive is done here, because most rows of most runs have not changed.
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
      const { projection, work } = target;
      const readers = {
        hasher: createRowHasher(projection),
        readTime: createRowTimeReader(projection, work.newest),
      };
      await indexLines(chunks, { ...target, spool: model }, { counter, index, buckets, ...readers });
      const equal = buckets.compare();
      work.foundEqual(equal.buckets);
      if (!buckets.hasChanged) return { ...counter.counts(), staged: 0, equal };
      const { parts, equal: others } = await rowsToCompare({ model, index, buckets }, readers);
      target.writer.expect(buckets.changed());
      const staged = await stageParts(target, model, parts);
      const rows = equal.rows + others.rows;
      return { ...counter.counts(), staged, equal: { ...equal, rows, skipped: equal.skipped + others.skipped } };
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
  const hasher = buckets === null ? null : createRowHasher(projection);
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
        const hash = hasher?.hash(view, start, contentEnd) ?? null;
        if (hasher !== null && hash !== null) buckets?.add(hash, hasher.row);
      } else counter.addInvalidKey(key, counter.read);
      start = end + 1;
    }
    await writer.flush();
  };
}

interface Indexing extends Pick<IndexedModel, 'index' | 'buckets'>, RowReaders {
  readonly counter: RowCounter;
}

/** Sums the rows by bucket, and notes for the second look where each is and what tells whether it changed. */
async function indexLines(
  chunks: AsyncIterable<Buffer>,
  target: StageTarget,
  { counter, index, buckets, hasher, readTime }: Indexing,
): Promise<void> {
  const keys = createRowKeyReader(target.projection);
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
      const hash = hasher.hash(view, start, contentEnd);
      if (hash === null) {
        counter.addInvalidKey(keys.read(chunk.toString('latin1', start, contentEnd)) as InvalidKey, counter.read);
        entries.addWithoutKey(end + 1 - start);
      } else {
        buckets.add(hash, hasher.row);
        entries.add(hash, (hasher.row[0] as number) | 0, end + 1 - start);
      }
      start = end + 1;
    }
    await writing;
    writing = index.append(entries.bytes());
    writing.catch(() => undefined);
    [entries, written] = [written, entries];
  });
  await writing;
}

/** Spools and stages lines of the model; returns how many. */
async function stageParts(target: StageTarget, model: Spool, parts: RowsToCompare['parts']): Promise<number> {
  const counter = new RowCounter();
  const stageLines = stageLine({ ...target, buckets: null }, counter);
  let position = 0;
  for await (const lines of readAhead(linesOf(model, parts))) {
    const spooling = target.spool.append(lines);
    await Promise.all([spooling, stageLines(lines, position)]);
    position += lines.length;
  }
  return counter.keyed;
}

async function* linesOf(model: Spool, parts: RowsToCompare['parts']): AsyncGenerator<Buffer> {
  for (const part of parts) yield await model.parts(part);
}
