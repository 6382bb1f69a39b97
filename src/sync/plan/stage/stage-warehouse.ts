import { keyHash, rowHashWords } from '../../../core/model/fingerprints.ts';
import { rowHash } from '../../../core/model/hash.ts';
import type { BucketSelection, KeyedColumns, ModelBuckets } from '../../../core/ports/source.ts';
import type { BucketComparison } from './bucket-comparison.ts';
import { nothingEqual } from './bucket-comparison.ts';
import { RowCounter } from './row-counter.ts';
import { createRowKeyReader } from './row-key.ts';
import type { RowKeyReader } from './row-key.ts';
import { createRowTimeReader } from './row-time.ts';
import type { StageResult, StageTarget } from './stage.ts';

/** Reads a model whose rows the warehouse sums: first the sums, then only the rows of buckets that changed. */

const tab = 9;
const newline = 10;

/** Fields that follow the columns in a line: the number of the row, and the two halves of its hash; then its time. */
const addedFields = 3;

interface WarehouseTarget extends StageTarget {
  readonly buckets: BucketComparison;
}

/**
 * Stages the rows of changed buckets, or all rows where nothing is remembered. What is remembered of these buckets is
 * summed from the rows that really came: a model that answers differently the second time cannot leave a sum of rows
 * that nobody has seen.
 */
export async function stageFromWarehouse(model: ModelBuckets, target: WarehouseTarget): Promise<StageResult> {
  const { buckets, work, writer } = target;
  const keyed = keyedColumns(target);
  const counter = new RowCounter();
  let equal = nothingEqual;
  let selection: BucketSelection | null = null;
  let needsRows = true;
  if (!buckets.isFull) {
    const withoutKey = await addSums(model, keyed, target);
    equal = buckets.compare();
    work.foundEqual(equal.buckets);
    const { bits, changed } = buckets.changed();
    selection = changed === null ? null : { bits, changed };
    // Rows without a key are in no bucket, and listed by every run.
    needsRows = buckets.hasChanged || withoutKey > 0;
    if (buckets.hasChanged) writer.expect(buckets.changed());
    buckets.clearChanged();
  }
  if (needsRows) await readRows(model.rows(keyed, selection), target, { model, counter, equalRows: equal.rows });
  const { read, ...invalid } = counter.counts();
  return { ...invalid, read: read + equal.rows, staged: counter.keyed, equal };
}

function keyedColumns({ projection, work }: WarehouseTarget): KeyedColumns {
  const { positions, freshness, sync } = projection;
  const newest = freshness === null ? null : { position: freshness.position, limit: work.newest.limit };
  return { positions, isEmail: sync.key === null, newest };
}

/** Adds the sums of the warehouse, and of rows whose bucket it cannot name; returns how many of these have no key. */
async function addSums(
  model: ModelBuckets,
  keyed: KeyedColumns,
  { projection, buckets, work }: WarehouseTarget,
): Promise<number> {
  const keys = createRowKeyReader(projection);
  const words = new Uint32Array(rowHashWords);
  let withoutKey = 0;
  for await (const chunk of model.sums(keyed, buckets.changed().bits)) {
    work.received({ rows: 0, bytes: chunk.length });
    for (const line of chunk.toString('latin1').split('\n').slice(0, -1)) {
      const [, bucket = '', rows, first = '', second = '', newest = ''] = line.split('\t');
      work.newest.add(newest);
      setLong(words, 0, first);
      setLong(words, 2, second);
      const hash = bucket === '\\N' ? hashOfKey(keys.read(line), model) : Number(bucket);
      if (hash === null) withoutKey += Number(rows);
      else buckets.add(hash, words, Number(rows));
    }
  }
  return withoutKey;
}

function hashOfKey(key: ReturnType<RowKeyReader['read']>, { keyHash: by }: ModelBuckets): number | null {
  return typeof key === 'string' ? keyHash(key, by) : null;
}

interface RowsReading {
  readonly model: ModelBuckets;
  readonly counter: RowCounter;
  /** Rows that do not come, because their buckets are equal. */
  readonly equalRows: number;
}

/** Spools and stages rows without the fields that were added to them. */
async function readRows(
  chunks: AsyncIterable<Buffer>,
  { projection, writer, spool, buckets, work, onRows }: WarehouseTarget,
  { model, counter, equalRows }: RowsReading,
): Promise<void> {
  const keys = createRowKeyReader(projection);
  const words = new Uint32Array(rowHashWords);
  const readTime = createRowTimeReader(projection, work.newest);
  let position = 0;
  for await (const chunk of chunks) {
    const lines = Buffer.allocUnsafe(chunk.length);
    let filled = 0;
    let received = 0;
    for (let start = 0; start < chunk.length; received += 1) {
      const end = chunk.indexOf(newline, start);
      const { line, row, first, second } = splitLine(chunk, start, readTime(chunk, start, end));
      start = end + 1;
      const key = keys.read(line);
      const hash = hashOfKey(key, model);
      // A row that came only because the warehouse does not know its bucket, and whose bucket is as it was.
      if (hash !== null && !buckets.isChanged(hash)) continue;
      counter.read += 1;
      if (typeof key !== 'string') counter.addInvalidKey(key, row);
      if (typeof key !== 'string' || hash === null) continue;
      setLong(words, 0, first);
      setLong(words, 2, second);
      buckets.add(hash, words);
      writer.add(key, rowHash(projection.fingerprint, line), position + filled);
      filled += lines.write(`${line}\n`, filled, 'latin1');
    }
    work.received({ rows: received, bytes: chunk.length });
    await spool.append(lines.subarray(0, filled));
    position += filled;
    await writer.flush();
    onRows(counter.read + equalRows);
  }
}

interface SplitLine {
  /** In latin1, one character a byte. */
  readonly line: string;
  readonly row: number;
  readonly first: string;
  readonly second: string;
}

function splitLine(chunk: Buffer, start: number, end: number): SplitLine {
  let at = end;
  for (let field = 0; field < addedFields; field += 1) at = chunk.lastIndexOf(tab, at - 1);
  const [row, first = '', second = ''] = chunk.toString('latin1', at + 1, end).split('\t');
  return { line: chunk.toString('latin1', start, at), row: Number(row), first, second };
}

/** The lower 64 bits of a whole number, the lower word first. */
function setLong(words: Uint32Array, at: number, text: string): void {
  const value = BigInt.asUintN(64, BigInt(text));
  words[at] = Number(value & 0xffffffffn);
  words[at + 1] = Number(value >> 32n);
}
