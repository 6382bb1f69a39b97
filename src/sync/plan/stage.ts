import { unescapeCopyField } from '../../lib/copy-text.ts';
import { rowHash } from '../../core/model/hash.ts';
import { columnKey, emailKey, maxKeyLength } from '../../core/model/key.ts';
import type { InvalidRow, StageWriter } from '../../core/ports/run/plan-store.ts';
import type { Projection } from '../../core/model/projection.ts';
import type { Spool } from '../../lib/spool.ts';

/** All rows without a key are counted, but only so many are listed. */
const maxListedInvalidKeys = 1000;

export interface StageResult {
  readonly read: number;
  readonly staged: number;
  /** Rows that have no usable key. */
  readonly invalidKeys: number;
  /** The first of them, row by row. */
  readonly invalidKeyRows: readonly InvalidRow[];
}

interface StageTarget {
  readonly projection: Projection;
  readonly writer: StageWriter;
  readonly spool: Spool;
  onRows(read: number): void;
}

/**
 * Reads every row once: its line goes to the spool, its key and the hash of the line into the stage.
 * Nothing more expensive is done here, because most rows of most runs have not changed.
 */
export async function stageRows(chunks: AsyncIterable<Buffer>, target: StageTarget): Promise<StageResult> {
  const invalidKeyRows: InvalidRow[] = [];
  let position = 0;
  let read = 0;
  let invalidKeys = 0;
  const { fingerprint } = target.projection;
  const keyOf = createKeyReader(target.projection);
  let spooling: Promise<void> = Promise.resolve();
  for await (const chunk of chunks) {
    // One chunk is written while the next is worked on.
    await spooling;
    spooling = target.spool.append(chunk);
    spooling.catch(() => undefined);
    // Latin1 keeps one character a byte: positions stay exact, and the hash sees every byte.
    const text = chunk.toString('latin1');
    for (let start = 0; start < text.length;) {
      const end = text.indexOf('\n', start);
      const line = text.slice(start, end);
      read += 1;
      const key = keyOf(line);
      if (typeof key === 'string') target.writer.add(key, rowHash(fingerprint, line), position + start);
      else {
        invalidKeys += 1;
        if (invalidKeyRows.length < maxListedInvalidKeys) invalidKeyRows.push({ ...key, key: `(row ${read})` });
      }
      start = end + 1;
    }
    position += chunk.length;
    await target.writer.flush();
    target.onRows(read);
  }
  await spooling;
  await target.writer.finish();
  return { read, staged: read - invalidKeys, invalidKeys, invalidKeyRows };
}

type InvalidKey = Omit<InvalidRow, 'key'>;

function createKeyReader(projection: Projection): (line: string) => string | InvalidKey {
  const byEmail = projection.sync.key === null;
  const field = byEmail ? 'email' : null;
  return (line) => {
    const raw = firstField(line);
    const key = byEmail ? emailKey(raw) : columnKey(raw);
    if (key === null) return { email: null, errors: [missingKeyError(projection.sync.key, field)] };
    if (key.length > maxKeyLength)
      return { email: byEmail ? key.slice(0, maxKeyLength) : null, errors: [keyTooLongError(field)] };
    return key;
  };
}

function missingKeyError(column: string | null, field: string | null): InvalidRow['errors'][number] {
  if (column === null) return { code: 'email_missing', message: 'the row has no e-mail', field };
  return { code: 'key_missing', message: `the row has no value in its key column "${column}"`, field };
}

function keyTooLongError(field: string | null): InvalidRow['errors'][number] {
  return { code: 'key_too_long', message: `the key is longer than ${maxKeyLength} characters`, field };
}

/** The first field of a line, decoded. */
function firstField(line: string): string | null {
  const tab = line.indexOf('\t');
  const field = tab < 0 ? line : line.slice(0, tab);
  if (!/[\\\x80-\xff]/.test(field)) return field;
  // Anything beyond ASCII stands here as its UTF-8 bytes.
  return unescapeCopyField(Buffer.from(field, 'latin1').toString('utf8'));
}
