/**
 * Whose turn it is after an error:
 * usage: the person who typed the command or wrote the configuration;
 * busy: wait, another process is at work; fatal: nothing more is tried; retriable: a later run may succeed;
 * canceled: somebody asked for the stop.
 */
export type Recovery = 'usage' | 'busy' | 'fatal' | 'retriable' | 'canceled';

export interface ErrorDetails {
  readonly code: string;
  readonly recovery: Recovery;
  /** What happened and where: never a secret, never a person. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
  readonly cause?: unknown;
}

/** Every error that a person is meant to read. Code decides by `code` and `recovery`, never by the message. */
export class PanelsyncError extends Error {
  readonly code: string;
  readonly recovery: Recovery;
  readonly hint: string;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'PanelsyncError';
    this.code = details.code;
    this.recovery = details.recovery;
    this.hint = details.hint;
  }
}

/** Somebody asked for the stop while nothing had begun yet. */
export function canceledWhileWaiting(what: string): PanelsyncError {
  return new PanelsyncError({
    code: 'canceled',
    recovery: 'canceled',
    message: `Stopped while waiting for ${what}.`,
    hint: 'Run again when you are ready: nothing was changed.',
  });
}

/** An error of ours as it is; anything else becomes an unexpected error whose text is kept out of reports. */
export function toPanelsyncError(error: unknown): PanelsyncError {
  if (error instanceof PanelsyncError) return error;
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return new PanelsyncError({
    code: 'unexpected',
    recovery: 'fatal',
    message: `An unexpected error (${name}) ended the command.`,
    hint: 'Run it again with --log-level debug and report what it logs.',
    cause: error,
  });
}

/**
 * Codes of errors that the configuration or the model causes, for where only the code of an error is left: a run that
 * failed with one of them fails again until somebody corrects it.
 */
export const usageErrorCodes: ReadonlySet<string> = new Set([
  'another_hub',
  'mapping_mismatch',
  'model_not_read_only',
  'model_several_statements',
  'model_sql_error',
  'temporary_folder',
]);
