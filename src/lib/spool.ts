import { readSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const chunkBytes = 256 * 1024;

/** What one look into the file reads at most, and how far apart lines may stand that are read in one look. */
const maxWindowBytes = 2 * 1024 * 1024;
const maxGapBytes = 128 * 1024;

/** Room for the last line of a window; a longer one is looked for again. */
const lastLineBytes = 4 * 1024;

/** Parts further apart are read one by one: copying so many bytes in between costs about as much as another call. */
const maxCopiedGapBytes = 8 * 1024;

/** What is read at once without waiting: it was written moments ago, and a wait would cost more than the read. */
const maxDirectBytes = 64 * 1024;

/**
 * Lines kept aside in a temporary file, found again by their position. The file is unlinked as soon as it is open
 * (where the system allows it), so it is gone with the process however the process ends.
 */
export interface Spool {
  /** Appends whole lines; resolves when they are handed to the system. One call at a time. */
  append(lines: Buffer): Promise<void>;
  /** The lines that start at these positions, without their newlines; positions in rising order. One call at a time. */
  lines(positions: readonly number[]): Promise<readonly string[]>;
  /** Parts of it, one after the other; positions in rising order. One call at a time. */
  parts(parts: SpoolParts): Promise<Buffer>;
  /** All that was appended, in its order. */
  chunks(): AsyncIterable<Buffer>;
  /** The same at once, for what was appended moments ago. The memory of a piece is used again by the next look. */
  pieces(bytes: number): Iterable<Buffer>;
  close(): Promise<void>;
}

/** Where parts begin, and how many bytes each of them has. */
export interface SpoolParts {
  readonly positions: readonly number[];
  readonly lengths: readonly number[];
}

export async function openSpool(directory: string = tmpdir()): Promise<Spool> {
  const path = join(directory, `panelsync-${randomUUID()}.spool`);
  const file = await open(path, 'wx+', 0o600);
  const unlinked = await unlink(path).then(
    () => true,
    () => false,
  );
  let end = 0;
  const window = new Window(file);
  return {
    append: async (lines) => {
      for (let written = 0; written < lines.length;) {
        const { bytesWritten } = await file.write(lines, written, lines.length - written, end);
        written += bytesWritten;
        end += bytesWritten;
      }
    },
    lines: (positions) => linesAt(window, positions),
    parts: (parts) => partsAt(window, parts),
    async *chunks() {
      for (let position = 0; position < end; position += chunkBytes)
        yield await readInto(file, Buffer.allocUnsafe(Math.min(chunkBytes, end - position)), position);
    },
    *pieces(bytes) {
      for (let position = 0; position < end; position += bytes)
        yield window.readNow(position, Math.min(bytes, end - position));
    },
    close: async () => {
      await file.close();
      if (!unlinked) await unlink(path);
    },
  };
}

async function linesAt(window: Window, positions: readonly number[]): Promise<readonly string[]> {
  const lines: string[] = [];
  let room = lastLineBytes;
  for (let at = 0; at < positions.length;) {
    const start = positions[at] as number;
    const last = lastInWindow(positions, at);
    const bytes = (positions[last] as number) - start + room;
    const read = await window.read(start, bytes);
    const before = at;
    for (; at <= last; at += 1) {
      const from = (positions[at] as number) - start;
      const newline = read.indexOf(10, from);
      if (newline < 0) break;
      lines.push(read.toString('utf8', from, newline));
    }
    if (at === before && read.length < bytes) throw new RangeError(`no line at ${start} of the spool`);
    room = at === before ? 2 * bytes : lastLineBytes;
  }
  return lines;
}

async function partsAt(window: Window, { positions, lengths }: SpoolParts): Promise<Buffer> {
  const parts = Buffer.allocUnsafe(lengths.reduce((total, length) => total + length, 0));
  let filled = 0;
  for (let at = 0; at < positions.length;) {
    const start = positions[at] as number;
    const { last, end } = neighborsOf({ positions, lengths }, at);
    const bytes = end - start;
    const read = bytes > maxDirectBytes ? await window.read(start, bytes) : window.readNow(start, bytes);
    if (read.length < bytes) throw new RangeError(`the spool ends before ${end}`);
    for (; at <= last; at += 1) {
      const from = (positions[at] as number) - start;
      filled += read.copy(parts, filled, from, from + (lengths[at] as number));
    }
  }
  return parts;
}

/** The last of the parts from `first` on that one look takes, and where it ends. */
function neighborsOf(
  { positions, lengths }: SpoolParts,
  first: number,
): { readonly last: number; readonly end: number } {
  const start = positions[first] as number;
  let last = first;
  let end = start + (lengths[first] as number);
  for (let next = positions[last + 1]; next !== undefined; next = positions[last + 1]) {
    if (next - end > maxCopiedGapBytes || next - start > maxWindowBytes) break;
    last += 1;
    end = next + (lengths[last] as number);
  }
  return { last, end };
}

/** The last of the positions from `first` on that one look reaches without reading much in between. */
function lastInWindow(positions: readonly number[], first: number): number {
  const start = positions[first] as number;
  let last = first;
  for (let position = start, next = positions[last + 1]; next !== undefined; next = positions[last + 1]) {
    if (next - position > maxGapBytes || next - start > maxWindowBytes) break;
    position = next;
    last += 1;
  }
  return last;
}

/** The part of the file that was looked at last; its memory is used again by the next look. */
class Window {
  readonly #file: FileHandle;
  #buffer = Buffer.alloc(0);

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Fewer bytes than asked for where the file ends. */
  read(position: number, bytes: number): Promise<Buffer> {
    return readInto(this.#file, this.#room(bytes), position);
  }

  /** The same at once; nothing else happens meanwhile. */
  readNow(position: number, bytes: number): Buffer {
    const buffer = this.#room(bytes);
    let filled = 0;
    while (filled < bytes) {
      const read = readSync(this.#file.fd, buffer, filled, bytes - filled, position + filled);
      if (read === 0) break;
      filled += read;
    }
    return buffer.subarray(0, filled);
  }

  #room(bytes: number): Buffer {
    if (this.#buffer.length < bytes) this.#buffer = Buffer.allocUnsafe(bytes);
    return this.#buffer.subarray(0, bytes);
  }
}

/** What the file has from `position` on, as far as there is room for it. */
async function readInto(file: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
