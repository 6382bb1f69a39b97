import { exitCodes } from '../commands/command.ts';
import { toPanelsyncError } from '../core/errors.ts';
import type { PanelsyncError } from '../core/errors.ts';
import type { Log } from '../core/ports/log.ts';
import type { Terminal } from '../lib/terminal/terminal.ts';
import type { CommonOptions } from './program.ts';

/** Prints an error that ended a command; returns the exit code that it stands for. */
export function reportError(error: unknown, options: CommonOptions, terminal: Terminal): number {
  const reported = toPanelsyncError(error);
  const { code, message, hint, cause } = reported;
  if (options.json === true) terminal.printJson({ error: { code, message, hint } });
  if (options.json !== true || !terminal.sharesScreen) terminal.printNotice(`${message}\n  ${hint}`);
  // The places in the code only: the message of an unknown error may hold anything.
  if (code === 'unexpected' && options.logLevel === 'debug') terminal.printNotice(stackFrames(cause));
  return exitCodeForError(reported);
}

function exitCodeForError({ recovery }: PanelsyncError): number {
  switch (recovery) {
    case 'usage':
      return exitCodes.usage;
    case 'busy':
      return exitCodes.busy;
    case 'canceled':
      return exitCodes.interrupted;
    case 'fatal':
    case 'retriable':
      return exitCodes.failed;
  }
}

/** A promise that nobody waits for is a bug of ours, and no reason for a service to end. */
export function logUnhandledRejections(log: Log): void {
  process.on('unhandledRejection', (error) => {
    const { code, cause } = toPanelsyncError(error);
    log.error('unhandled promise rejection', { code, stack: stackFrames(cause) });
  });
}

function stackFrames(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  return (cause.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
