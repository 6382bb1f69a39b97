import { PanelsyncError, systemCode } from '../core/errors.ts';

export const externalPostgresHint = 'Set state.url (DATABASE_URL) to a Postgres of your own.';

/** Timestamp, process number and what else stands before a message of Postgres. */
const logPrefix = /^.*?\b(?=(?:PANIC|FATAL|ERROR|LOG|error):)/;
const diskFull = 'No space left on device';

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
      ? `Free some space on that disk and start again. Or: ${externalPostgresHint}`
      : `Put right what it says and start again. Or: ${externalPostgresHint}`,
  });
}

const folderErrorReasons: Readonly<Record<string, string>> = {
  EACCES: 'we may not read or write it',
  EPERM: 'we may not read or write it',
  EROFS: 'its disk is read-only',
  ENOSPC: 'its disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of that path is a file',
  EEXIST: 'there is a file of that name',
};

/** What the system said of the folder, for people; any other error as it is. */
export function folderError(directory: string, error: unknown): unknown {
  const reason = folderErrorReasons[systemCode(error) ?? ''];
  if (reason === undefined || error instanceof PanelsyncError) return error;
  return new PanelsyncError({
    code: 'embedded_folder',
    recovery: 'usage',
    message: `The folder ${directory} cannot hold the embedded Postgres: ${reason} (${systemCode(error)}).`,
    hint: `Run panelsync as the user who owns the folder, with some space on its disk. Or: ${externalPostgresHint}`,
    cause: error,
  });
}
