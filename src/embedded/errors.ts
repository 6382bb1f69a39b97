import { PanelsyncError } from '../core/errors.ts';
import { systemCode } from '../lib/system-code.ts';

/** Ends a sentence. */
export const externalPostgresHint = 'set state.url (DATABASE_URL) to a Postgres of your own.';

/** What precedes a message of Postgres, such as time and process id. */
const logPrefix = /^.*?\b(?=(?:PANIC|FATAL|ERROR|LOG|error):)/;
const diskFull = 'No space left on device';
const freeSpaceHint = `Free some space on that disk and run the command again. Or ${externalPostgresHint}`;

/** The part of a program's output that says why it ended, in one line. */
export function failureReason(output: string): string {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  const diskFullLine = lines.find((line) => line.includes(diskFull));
  const reason =
    diskFullLine ?? lines.findLast((line) => /\b(?:PANIC|FATAL|error):/.test(line)) ?? lines.slice(-3).join(' ');
  return reason.replace(logPrefix, '').replaceAll(/\s+/g, ' ').trim();
}

/** Postgres or one of its programs failed. `output` is what it wrote. */
export function programError(summary: string, output: string): PanelsyncError {
  return new PanelsyncError({
    code: 'embedded_failed',
    recovery: 'fatal',
    message: `${summary}: ${failureReason(output)}`,
    hint: output.includes(diskFull)
      ? freeSpaceHint
      : `Correct what the message says and run the command again. Or ${externalPostgresHint}`,
  });
}

const ownerHint = 'Run panelsync as the user who owns the folder.';

/** By the system's code: what is wrong with the folder, and what to do. */
const folderProblems: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  EACCES: ['permission denied', ownerHint],
  EPERM: ['permission denied', ownerHint],
  EROFS: ['its file system is read-only', 'Mount a writable volume there.'],
  ENOTDIR: ['a part of that path is a file', 'Remove the file.'],
  EEXIST: ['a file has that name', 'Remove the file.'],
};

/** The words of the C library, which the programs of Postgres use as well. */
const diskFullReasons: Readonly<Record<string, string>> = { ENOSPC: diskFull, EDQUOT: 'Disk quota exceeded' };

/** An error that the system reported for the folder, as an error of ours; any other error as it is. */
export function folderError(directory: string, error: unknown): unknown {
  if (error instanceof PanelsyncError) return error;
  const diskFullReason = diskFullReasons[systemCode(error) ?? ''];
  if (diskFullReason !== undefined) return diskFullError(directory, diskFullReason, error);
  const problem = folderProblems[systemCode(error) ?? ''];
  if (problem === undefined) return error;
  const [reason, hint] = problem;
  return new PanelsyncError({
    code: 'embedded_folder',
    recovery: 'usage',
    message: `The embedded Postgres cannot use the folder ${directory}: ${reason} (${systemCode(error)}).`,
    hint: `${hint} Or ${externalPostgresHint}`,
    cause: error,
  });
}

function diskFullError(directory: string, reason: string, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'embedded_failed',
    recovery: 'fatal',
    message: `Cannot start the embedded Postgres in ${directory}: ${reason}.`,
    hint: freeSpaceHint,
    cause,
  });
}
