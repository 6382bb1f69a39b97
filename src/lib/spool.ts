import { open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const windowBytes = 64 * 1024;

/**
 * Lines kept aside in a temporary file, found again by their position. The file is unlinked as soon as it is open
 * (where the system allows it), so it is gone with the process however the process ends.
 */
export interface Spool {
  /** Appends whole lines; resolves when they are handed to the system. One call at a time. */
  append(lines: Buffer): Promise<void>;
  /** The lines that start at these positions, without their newlines; positions in rising order. */
  lines(positions: readonly number[], encoding?: 'utf8' | 'latin1'): Promise<readonly string[]>;
  /** All that was appended, in its order. */
  chunks(): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

export async function openSpool(directory: string = tmpdir()): Promise<Spool> {
  const path = join(directory, `panelsync-${randomUUID()}.spool`);
  const file = await open(path, 'wx+', 0o600);
  const unlinked = await unlink(path).then(
    () => true,
    () => false,
  );
  let end = 0;
  return {
    append: async (lines) => {
      for (let written = 0; written < lines.length;) {
        const { bytesWritten } = await file.write(lines, written, lines.length - written, end);
        written += bytesWritten;
        end += bytesWritten;
      }
    },
    lines: (positions, encoding = 'utf8') => linesAt(file, positions, encoding),
    async *chunks() {
      for (let position = 0; position < end; position += windowBytes)
        yield await readAt(file, position, Math.min(windowBytes, end - position));
    },
    close: async () => {
      await file.close();
      if (!unlinked) await unlink(path);
    },
  };
}

async function linesAt(
  file: FileHandle,
  positions: readonly number[],
  encoding: BufferEncoding,
): Promise<readonly string[]> {
  const lines: string[] = [];
  let window: Buffer = Buffer.alloc(0);
  let start = 0;
  for (const position of positions) {
    let newline = position < start ? -1 : window.indexOf(10, position - start);
    for (let bytes = windowBytes; newline < 0; bytes *= 2) {
      window = await readAt(file, position, bytes);
      start = position;
      newline = window.indexOf(10);
      if (newline < 0 && window.length < bytes) throw new RangeError(`no line at ${position} of the spool`);
    }
    lines.push(window.toString(encoding, position - start, newline));
  }
  return lines;
}

async function readAt(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await file.read(buffer, filled, bytes - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
