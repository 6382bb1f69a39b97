import { PanelsyncError, systemCode } from '../core/errors.ts';

export const ownPostgresHint = 'Set state.url (DATABASE_URL) to a Postgres of your own.';

/** Timestamp, process number and what else stands before a message of Postgres. */
const preamble = /^.*?\b(?=(?:PANIC|FATAL|ERROR|LOG|error):)/;
const diskFull = 'No space left on device';

/** What of a program's output says why it ended, in one line. */
export function lastWords(output: string): string {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  const full = lines.find((line) => line.includes(diskFull));
  const telling = full ?? lines.findLast((line) => /\b(?:PANIC|FATAL|error):/.test(line)) ?? lines.slice(-3).join(' ');
  return telling.replace(preamble, '').replaceAll(/\s+/g, ' ').trim();
}

/** Postgres or one of its programs did not do its work. `output` is what it wrote. */
export function programFault(what: string, output: string): PanelsyncError {
  return new PanelsyncError({
    code: 'embedded_failed',
    recovery: 'fatal',
    message: `${what}: ${lastWords(output)}`,
    hint: output.includes(diskFull)
      ? `Free some space on that disk and start again. Or: ${ownPostgresHint}`
      : `Put right what it says and start again. Or: ${ownPostgresHint}`,
  });
}

const folderTroubles: Readonly<Record<string, string>> = {
  EACCES: 'we may not read or write it',
  EPERM: 'we may not read or write it',
  EROFS: 'its disk is read-only',
  ENOSPC: 'its disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of that path is a file',
  EEXIST: 'there is a file of that name',
};

/** What the system said of the folder, for people; any other error as it is. */
export function folderFault(directory: string, error: unknown): unknown {
  const trouble = folderTroubles[systemCode(error) ?? ''];
  if (trouble === undefined || error instanceof PanelsyncError) return error;
  return new PanelsyncError({
    code: 'embedded_folder',
    recovery: 'usage',
    message: `The folder ${directory} cannot hold the embedded Postgres: ${trouble} (${systemCode(error)}).`,
    hint: `Run panelsync as the user who owns the folder, with some space on its disk. Or: ${ownPostgresHint}`,
    cause: error,
  });
}
