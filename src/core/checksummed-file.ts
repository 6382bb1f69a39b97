import { createHash, randomUUID } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { PanelsyncError } from './errors.ts';
import { systemCode } from '../lib/system-code.ts';
import { openTemporarySpool } from './temporary-spool.ts';
import type { Spool } from '../lib/spool.ts';

/** No file of ours has longer lines. */
const maxLineBytes = 16 * 1024 * 1024;
/** So much of an older file is read to recognise it. */
const maxHeaderBytes = 64 * 1024;

/**
 * A file of lines that exists complete or not at all, readable by its owner only. Its last line has the SHA-256 of all
 * lines before it.
 */
export interface ChecksummedFile {
  /** One call at a time. */
  add(lines: readonly string[]): Promise<void>;
  /** Puts the file in its place, with this line in front of all others. */
  finish(header: string): Promise<void>;
  /** Removes the file unless it is finished. */
  close(): Promise<void>;
}

/** `isOwn` recognises the first line of an older file that may be replaced; nothing else is. */
export async function createChecksummedFile(
  path: string,
  isOwn: (firstLine: string) => boolean,
): Promise<ChecksummedFile> {
  const partialPath = `${path}.${randomUUID()}.part`;
  await requireReplaceable(path, isOwn);
  // Created before there is any content: a folder that is not writable is reported at once.
  const file = await withWriteErrors(path, open(partialPath, 'wx', 0o600));
  const spool = await openTemporarySpool();
  let finished = false;
  return {
    add: (lines) => spool.append(Buffer.from(lines.map((line) => `${line}\n`).join(''))),
    finish: async (header) => {
      await withWriteErrors(path, writeWithChecksum(file, header, spool));
      // Something else may have come to stand there meanwhile.
      await requireReplaceable(path, isOwn);
      await withWriteErrors(path, rename(partialPath, path));
      finished = true;
    },
    close: async () => {
      await spool.close();
      await file.close();
      if (!finished) await rm(partialPath, { force: true });
    },
  };
}

/** Only an older file of ours, or an empty one, gives way; a link is not followed. */
async function requireReplaceable(path: string, isOwn: (firstLine: string) => boolean): Promise<void> {
  const existing = await lstat(path).catch(() => null);
  if (existing === null || (existing.isFile() && (existing.size === 0 || isOwn(await readFirstLine(path))))) return;
  const what = existing.isSymbolicLink() ? 'a symbolic link' : existing.isFile() ? 'a file of another kind' : 'no file';
  throw fileError('file_unwritable', `${path} exists and is ${what}; it was not overwritten.`, 'Name another file.');
}

/** Of a file that cannot be read: nothing that anybody would recognise. */
async function readFirstLine(path: string): Promise<string> {
  const stream = createReadStream(path, { encoding: 'utf8', end: maxHeaderBytes - 1 });
  let text = '';
  try {
    for await (const chunk of stream) text += String(chunk);
  } catch {
    return '';
  }
  return text.split('\n', 1)[0] ?? '';
}

async function writeWithChecksum(file: FileHandle, header: string, spool: Spool): Promise<void> {
  const hash = createHash('sha256');
  const write = async (bytes: Buffer): Promise<void> => {
    hash.update(bytes);
    await file.writeFile(bytes);
  };
  await write(Buffer.from(`${header}\n`));
  for await (const bytes of spool.chunks()) await write(bytes);
  await file.writeFile(checksumLine(hash));
  await file.sync();
}

function checksumLine(hash: Hash): string {
  return `${JSON.stringify({ sha256: hash.digest('hex') })}\n`;
}

async function withWriteErrors<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    const hint = 'Check that the folder is there, may be written to, and has room.';
    throw fileError('file_unwritable', `${path} cannot be written (${code}).`, hint, error);
  }
}

/** The lines of a checksummed file without the checksum, in pieces. Only the end shows whether the checksum matches. */
export async function* checksummedLines(path: string): AsyncGenerator<readonly string[]> {
  const hash = createHash('sha256');
  let rest: Buffer = Buffer.alloc(0);
  // The last line so far: it may be the checksum.
  let last: Buffer | null = null;
  for await (const chunk of readChunks(path)) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const lines: string[] = [];
    let start = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      if (last !== null) {
        hash.update(last);
        lines.push(last.toString('utf8', 0, last.length - 1));
      }
      last = rest.subarray(start, end + 1);
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > maxLineBytes) throw corruptFileError(path, 'it has a line of more than 16 million bytes');
    if (lines.length > 0) yield lines;
  }
  if (last === null || rest.length > 0 || !/^\{"sha256":"[0-9a-f]{64}"\}\n$/.test(last.toString('latin1')))
    throw corruptFileError(path, 'its last line, the checksum, is missing or cut off');
  if (last.toString('latin1') !== checksumLine(hash))
    throw corruptFileError(path, 'its content does not match its checksum');
}

async function* readChunks(path: string): AsyncGenerator<Buffer> {
  const stream: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 256 * 1024 });
  try {
    yield* stream;
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    throw fileError('file_unreadable', `${path} cannot be read (${code}).`, 'Check the path and the rights.', error);
  }
}

function corruptFileError(path: string, reason: string): PanelsyncError {
  return fileError(
    'file_broken',
    `${path} is not whole: ${reason}.`,
    'Get it again from where it was made, or make a new one.',
  );
}

function fileError(code: string, message: string, hint: string, cause?: unknown): PanelsyncError {
  return new PanelsyncError({ code, recovery: 'usage', message, hint, cause });
}
