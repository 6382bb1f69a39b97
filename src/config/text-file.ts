import { readFile } from 'node:fs/promises';
import { systemCode } from '../core/errors.ts';

/** A file's text, or why there is none, in words that follow its name. */
export type TextFile = { readonly text: string } | { readonly problem: string; readonly missing: boolean };

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  EISDIR: 'is a folder',
};

export async function readTextFile(file: string): Promise<TextFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const code = systemCode(error);
    const problem = problems[code ?? ''] ?? `cannot be read (${code ?? 'unknown error'})`;
    return { problem, missing: code === 'ENOENT' || code === 'ENOTDIR' };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { problem: 'is not UTF-8 text', missing: false };
  }
}
