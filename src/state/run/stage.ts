import type { BucketSelection, StageWriter } from '../../core/ports/run/plan-store.ts';
import type { CopyIn, StateClient } from '../db/state-client.ts';
import { viewOf } from '../../lib/hash/words.ts';
import { peopleInBuckets, peopleStagedAlone } from '../tables/fingerprints.ts';

const blockBytes = 64 * 1024;
const copyHeader = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

/** Bytes that wait for the database before the run does. */
const waitingBytes = 2 * 1024 * 1024;

/** Whose snapshot the stage is compared with. */
export interface StageScope {
  readonly syncId: number;
  /** Hears how much goes there. */
  onBytes(bytes: number): void;
  /** Hears that `known` is there, and of how many people. */
  onKnown(people: number): void;
}

/**
 * The stage: key, hash and position of the rows of this run, in a table that only this connection sees and that is
 * gone with it. Filled by binary COPY, the fastest way into Postgres.
 */
export async function openStage(client: StateClient, scope: StageScope): Promise<StageWriter> {
  await client.query(
    `drop table if exists pg_temp.stage, pg_temp.known;
     create temp table stage (key text collate "C" not null, row_hash uuid not null, position bigint not null)`,
  );
  return stageWriter(client, scope);
}

/** What the difference has to know of the people of the snapshot. */
const knownColumns = 'key, n.row_hash, payload_hash, run_id';

/** Copies the people of the snapshot in these buckets to a table of this connection, `known`; returns how many. */
async function findKnown(client: StateClient, syncId: number, buckets: BucketSelection): Promise<number> {
  const { rowCount } = await client.query(
    `create temp table known as ${peopleInBuckets(knownColumns, syncId, buckets)}`,
  );
  return rowCount;
}

/** After the last row: adds those whose rows are staged alone. Returns how many. */
async function addStagedAlone(client: StateClient, syncId: number, buckets: BucketSelection): Promise<number> {
  if (!buckets.hasSingleRows) return 0;
  const { rowCount } = await client.query(
    `insert into pg_temp.known ${peopleStagedAlone(knownColumns, syncId, buckets)}`,
  );
  return rowCount;
}

function stageWriter(client: StateClient, { syncId, onBytes, onKnown }: StageScope): StageWriter {
  let expected: BucketSelection | null = null;
  let finding = Promise.resolve(0);
  let copy: CopyIn | null = null;
  let failure: { readonly error: unknown } | null = null;
  // Thrown by flush and finish. The stream itself does not know that the server has refused, and must not be written to.
  const watch = (work: Promise<unknown>): void => void work.catch((error: unknown) => (failure ??= { error }));
  const openCopy = (): CopyIn => {
    const opened = client.copyIn('copy pg_temp.stage from stdin (format binary)', waitingBytes);
    watch(opened.done);
    return opened;
  };
  const rows = new BinaryRows((block) => {
    copy ??= openCopy();
    if (failure === null) copy.stream.write(block);
    onBytes(block.length);
  });
  return {
    expect: (buckets) => {
      expected = buckets;
      finding = findKnown(client, syncId, buckets);
      watch(finding);
    },
    add: (key, rowHash, position) => rows.add(key, rowHash, position),
    flush: async () => {
      if (failure !== null) throw failure.error;
      if (copy?.stream.writableNeedDrain === true) await drained(copy);
    },
    finish: async () => {
      rows.end();
      if (failure === null) copy?.stream.end();
      const [known] = await Promise.all([finding, copy?.done]);
      if (expected !== null) onKnown(known + (await addStagedAlone(client, syncId, expected)));
    },
    cancel: async () => {
      copy?.stream.destroy();
      await Promise.allSettled([finding, copy?.done]);
    },
  };
}

async function drained({ stream, done }: CopyIn): Promise<void> {
  await Promise.race([new Promise((resolve) => stream.once('drain', resolve)), done]);
}

/** Rows in the binary form of COPY, block by block. */
class BinaryRows {
  readonly #write: (block: Buffer) => void;
  #block = Buffer.allocUnsafe(blockBytes);
  /** Its numbers: most runs stage so few rows that Buffer's own methods would not be compiled before the last of them. */
  #view = viewOf(this.#block);
  #filled = copyHeader.copy(this.#block);
  #isEmpty = true;

  constructor(write: (block: Buffer) => void) {
    this.#write = write;
  }

  add(key: string, rowHash: string, position: number): void {
    if (this.#filled + 3 * key.length + 42 > blockBytes) this.#writeBlock();
    const view = this.#view;
    view.setInt16(this.#filled, 3);
    const keyAt = this.#filled + 6;
    const keyEnd = writeKey(this.#block, key, keyAt);
    view.setInt32(keyAt - 4, keyEnd - keyAt);
    view.setInt32(keyEnd, 16);
    const hashEnd = writeHash(this.#block, rowHash, keyEnd + 4);
    view.setInt32(hashEnd, 8);
    writePosition(view, position, hashEnd + 4);
    this.#filled = hashEnd + 12;
    this.#isEmpty = false;
  }

  /** Writes nothing at all where there was no row. */
  end(): void {
    if (this.#isEmpty) return;
    if (this.#filled + 2 > blockBytes) this.#writeBlock();
    this.#filled = this.#block.writeInt16BE(-1, this.#filled);
    this.#writeBlock();
  }

  #writeBlock(): void {
    this.#write(this.#block.subarray(0, this.#filled));
    this.#block = Buffer.allocUnsafe(blockBytes);
    this.#view = viewOf(this.#block);
    this.#filled = 0;
  }
}

/** Short texts are written faster sign by sign than by a call that leaves JavaScript. */
function writeKey(block: Buffer, key: string, at: number): number {
  for (let index = 0; index < key.length; index += 1) {
    const code = key.charCodeAt(index);
    if (code > 0x7f) return at + block.write(key, at);
    block[at + index] = code;
  }
  return at + key.length;
}

/** Sixteen bytes, one a character. */
function writeHash(block: Buffer, rowHash: string, at: number): number {
  for (let index = 0; index < rowHash.length; index += 1) block[at + index] = rowHash.charCodeAt(index);
  return at + rowHash.length;
}

/** In halves: a BigInt a row would cost more than all the rest of it. */
function writePosition(view: DataView, position: number, at: number): void {
  // The shift takes the number modulo 2^32.
  const low = position >>> 0;
  view.setInt32(at, (position - low) / 2 ** 32);
  view.setUint32(at + 4, low);
}
