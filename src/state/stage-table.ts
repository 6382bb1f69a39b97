import { finished } from 'node:stream/promises';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { StageWriter } from '../core/ledger.ts';

const blockBytes = 64 * 1024;
const signature = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');

/**
 * The stage: key, hash and position of every row of this run, in a table that only this connection sees and that is
 * gone with it. Filled by binary COPY, the fastest way into Postgres.
 */
export async function openStage(client: pg.ClientBase): Promise<StageWriter> {
  await client.query('drop table if exists pg_temp.stage');
  await client.query(
    'create temp table stage (key text collate "C" not null, row_hash uuid not null, position bigint not null)',
  );
  const copy = client.query(copyFrom('copy pg_temp.stage from stdin (format binary)'));
  return stageWriter(copy);
}

function stageWriter(copy: Writable): StageWriter {
  const ended = finished(copy);
  let failure: { readonly error: unknown } | null = null;
  // Told by flush and finish. The stream itself does not know that the server has refused, and must not be written to.
  ended.catch((error: unknown) => (failure = { error }));
  let block = Buffer.allocUnsafe(blockBytes);
  let filled = signature.copy(block);
  const hand = (): void => {
    if (failure === null) copy.write(block.subarray(0, filled));
    block = Buffer.allocUnsafe(blockBytes);
    filled = 0;
  };
  return {
    add: (key, rowHash, position) => {
      if (filled + 3 * key.length + 42 > blockBytes) hand();
      filled = block.writeInt16BE(3, filled);
      const length = block.write(key, filled + 4);
      filled = block.writeInt32BE(length, filled) + length;
      filled = block.writeInt32BE(16, filled);
      filled += block.write(rowHash, filled, 'latin1');
      filled = writePosition(block, position, filled);
    },
    flush: async () => {
      if (failure !== null) throw failure.error;
      if (copy.writableNeedDrain) await Promise.race([once(copy, 'drain'), ended]);
    },
    finish: async () => {
      if (filled + 2 > blockBytes) hand();
      filled = block.writeInt16BE(-1, filled);
      hand();
      if (failure === null) copy.end();
      await ended;
    },
    cancel: async () => {
      copy.destroy();
      await ended.catch(() => undefined);
    },
  };
}

/** In halves: a BigInt a row would cost more than all the rest of it. */
function writePosition(block: Buffer, position: number, at: number): number {
  const high = block.writeInt32BE(8, at);
  const low = block.writeInt32BE(Math.floor(position / 2 ** 32), high);
  return block.writeUInt32BE(position % 2 ** 32, low);
}
