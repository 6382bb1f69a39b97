import { tmpdir } from 'node:os';
import { openSpool } from '../lib/spool.ts';
import type { Spool } from '../lib/spool.ts';
import { systemCode } from '../lib/system-code.ts';
import { PanelsyncError } from './errors.ts';

/** By the system's code: what is wrong with the temporary folder, and whether it is only full. */
const problems: Readonly<Record<string, readonly [problem: string, isFull: boolean]>> = {
  ENOENT: ['it does not exist', false],
  ENOTDIR: ['it is not a folder', false],
  EACCES: ['permission denied', false],
  EPERM: ['permission denied', false],
  EROFS: ['its file system is read-only', false],
  ENOSPC: ['its disk is full', true],
  EDQUOT: ['the disk quota is used up', true],
};

/** A spool in the temporary folder of the system, which TMPDIR names; its errors say what to do about the folder. */
export async function openTemporarySpool(): Promise<Spool> {
  try {
    const spool = await openSpool();
    return { ...spool, append: (lines) => spool.append(lines).catch(throwTemporaryFolderError) };
  } catch (error) {
    throw temporaryFolderError(error);
  }
}

/** Such a spool for as long as the work takes. */
export async function withTemporarySpool<Result>(work: (spool: Spool) => Promise<Result>): Promise<Result> {
  const spool = await openTemporarySpool();
  try {
    return await work(spool);
  } finally {
    await spool.close();
  }
}

/** Throws unless a run can write its spool. */
export function requireTemporaryFolder(): Promise<void> {
  return withTemporarySpool((spool) => spool.append(Buffer.from('panelsync\n')));
}

/** An error that the system reported for the temporary folder, as one of ours; any other error as it is. */
export function temporaryFolderError(error: unknown): unknown {
  const code = systemCode(error) ?? '';
  const problem = problems[code];
  if (problem === undefined) return error;
  const [reason, isFull] = problem;
  return new PanelsyncError({
    code: isFull ? 'temporary_folder_full' : 'temporary_folder',
    recovery: isFull ? 'retriable' : 'usage',
    message: `Cannot write temporary files to ${tmpdir()}: ${reason} (${code}).`,
    hint: isFull
      ? 'Free some space on that disk, or set TMPDIR to a folder with more; the rows of a model are kept there while a run compares them.'
      : 'Set TMPDIR to a folder that panelsync can write to; the rows of a model are kept there while a run compares them.',
    cause: error,
  });
}

function throwTemporaryFolderError(error: unknown): never {
  throw temporaryFolderError(error);
}
