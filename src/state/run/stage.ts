import type { StageWriter } from '../../core/ports/run/plan-store.ts';
import type { CopyIn, StateClient } from '../db/state-client.ts';

const blockBytes = 64 * 1024;
const copyHeader = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

/**
 * The stage: key, hash and position of every row of this run, in a table that only this connection sees and that is
 * gone with it. Filled by binary COPY, the fastest way into Postgres. `onBytes` hears how much goes there.
 */
export async function openStage(client: StateClient, onBytes: (bytes: number) => void): Promise<StageWriter> {
  await client.query('drop table if exists pg_temp.stage');
  await client.query(
    'create temp table stage (key text collate "C" not null, row_hash uuid not null, position bigint not null)',
  );
  return stageWriter(client.copyIn('copy pg_temp.stage from stdin (format binary)'), onBytes);
}

function stageWriter({ stream: copy, done: copyDone }: CopyIn, onBytes: (bytes: number) => void): StageWriter {
  let failure: { readonly error: unknown } | null = null;
  // Thrown by flush and finish. The stream itself does not know that the server has refused, and must not be written to.
  copyDone.catch((error: unknown) => (failure = { error }));
  let block = Buffer.allocUnsafe(blockBytes);
  let filled = copyHeader.copy(block);
  const writeBlock = (): void => {
    if (failure === null) copy.write(block.subarray(0, filled));
    onBytes(filled);
    block = Buffer.allocUnsafe(blockBytes);
    filled = 0;
  };
  return {
    add: (key, rowHash, position) => {
      if (filled + 3 * key.length + 42 > blockBytes) writeBlock();
      const keyAt = block.writeInt16BE(3, filled) + 4;
      const keyEnd = writeKey(block, key, keyAt);
      block.writeInt32BE(keyEnd - keyAt, keyAt - 4);
      const hashEnd = writeHash(block, rowHash, block.writeInt32BE(16, keyEnd));
      filled = writePosition(block, position, hashEnd);
    },
    flush: async () => {
      if (failure !== null) throw failure.error;
      if (copy.writableNeedDrain) await Promise.race([new Promise((resolve) => copy.once('drain', resolve)), copyDone]);
    },
    finish: async () => {
      if (filled + 2 > blockBytes) writeBlock();
      filled = block.writeInt16BE(-1, filled);
      writeBlock();
      if (failure === null) copy.end();
      await copyDone;
    },
    cancel: async () => {
      copy.destroy();
      await copyDone.catch(() => undefined);
    },
  };
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
function writePosition(block: Buffer, position: number, at: number): number {
  // The shift takes the number modulo 2^32.
  const low = position >>> 0;
  const high = (position - low) / 2 ** 32;
  return block.writeUInt32BE(low, block.writeInt32BE(high, block.writeInt32BE(8, at)));
}
