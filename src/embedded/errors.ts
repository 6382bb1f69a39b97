import { PanelsyncError } from '../core/errors.ts';
import { systemCode } from '../lib/system-code.ts';

export const externalPostgresHint = 'Set state.url (DATABASE_URL) to a Postgres of your own.';

/** Timestamp, process number and what else stands before a message of Postgres. */
const logPrefix = /^.*?\b(?=(?:PANIC|FATAL|ERROR|LOG|error):)/;
const diskFull = 'No space left on device';
const freeSpaceHint = `Free some space on that disk and start again. Or: ${externalPostgresHint}`;

/** What of a program's output says why it ended, in one line. */
export function failureReason(output: string): string {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  const diskFullLine = lines.find((line) => line.includes(diskFull));
  const reason =
    diskFullLine ?? lines.findLast((line) => /\b(?:PANIC|FATAL|error):/.test(line)) ?? lines.slice(-3).join(' ');
  return reason.replace(logPrefix, '').replaceAll(/\s+/g, ' ').trim();
}

/** Postgres or one of its programs did not do its work. `output` is what it wrote. */
export function programError(summary: string, output: string): PanelsyncError {
  return new PanelsyncError({
    code: 'embedded_failed',
    recovery: 'fatal',
    message: `${summary}: ${failureReason(output)}`,
    hint: output.includes(diskFull)
      ? freeSpaceHint
      : `Put right what it says and start again. Or: ${externalPostgresHint}`,
  });
}

const folderErrorReasons: Readonly<Record<string, string>> = {
  EACCES: 'we may not read or write it',
  EPERM: 'we may not read or write it',
  EROFS: 'its disk is read-only',
  ENOTDIR: 'a part of that path is a file',
  EEXIST: 'there is a file of that name',
};

/** The words of the C library, which the programs of Postgres use as well. */
const diskFullReasons: Readonly<Record<string, string>> = { ENOSPC: diskFull, EDQUOT: 'Disk quota exceeded' };

/** An error that the system reported for the folder, as an error of ours; any other error as it is. */
export function folderError(directory: string, error: unknown): unknown {
  if (error instanceof PanelsyncError) return error;
  const diskFullReason = diskFullReasons[systemCode(error) ?? ''];
  if (diskFullReason !== undefined) return diskFullError(directory, diskFullReason, error);
  const reason = folderErrorReasons[systemCode(error) ?? ''];
  if (reason === undefined) return error;
  return new PanelsyncError({
    code: 'embedded_folder',
    recovery: 'usage',
    message: `The folder ${directory} cannot hold the embedded Postgres: ${reason} (${systemCode(error)}).`,
    hint: `Run panelsync as the user who owns the folder. Or: ${externalPostgresHint}`,
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
