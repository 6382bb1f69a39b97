import { createReadStream } from 'node:fs';
import { systemCode } from '../lib/system-code.ts';

/** A file's text, or why there is none, in words that follow its name. */
export type TextFile = { readonly text: string } | { readonly problem: string; readonly missing: boolean };

/** Reads a file whole; one of more than `maxMegabytes` is refused. */
export type ReadFile = (file: string, maxMegabytes?: number) => Promise<TextFile>;

const problemByCode: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  EISDIR: 'is a folder',
};

/** Far more than people write; reading a dump, or a device without end, would take all memory. */
const defaultMaxMegabytes = 4;

export async function readTextFile(file: string, maxMegabytes = defaultMaxMegabytes): Promise<TextFile> {
  let bytes: Buffer;
  try {
    bytes = await readBytes(file, maxMegabytes * 2 ** 20 + 1);
  } catch (error) {
    const code = systemCode(error);
    const problem = problemByCode[code ?? ''] ?? `cannot be read (${code ?? 'unknown error'})`;
    return { problem, missing: code === 'ENOENT' || code === 'ENOTDIR' };
  }
  if (bytes.length > maxMegabytes * 2 ** 20) {
    return { problem: `is larger than ${maxMegabytes} MB`, missing: false };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { problem: 'is not UTF-8 text', missing: false };
  }
}

/** The first bytes of a file. It may be a pipe, which has no size to ask for. */
async function readBytes(file: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(file, { end: maxBytes - 1 }) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
