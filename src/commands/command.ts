import type { App } from '../app.ts';
import { usageErrorCodes } from '../core/errors.ts';
import type { Log } from '../core/ports/log.ts';
import type { ShutdownSignals } from '../core/ports/shutdown-signals.ts';
import type { Config } from '../core/settings.ts';
import type { RunReport } from '../core/model/terms.ts';
import type { Terminal } from '../lib/terminal/terminal.ts';

/** A configuration that is not the user's own: where it stands, and the only variables it may take. */
export interface ConfigLocation {
  readonly file: string;
  /** The folder that `file` starts at, and whose `.env` is read. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What every command gets. */
export interface CommandContext {
  readonly cwd: string;
  /** How the user calls us, for hints that are typed next: `panelsync` or `npx panelsync`. */
  readonly programName: string;
  /** As given by `--config`. */
  readonly configFile: string | null;
  readonly json: boolean;
  readonly terminal: Terminal;
  readonly shutdown: ShutdownSignals;
  /** Reads the user's configuration, or another, and opens what it describes; closed when the command ends. */
  app(location?: ConfigLocation): Promise<App>;
  /** Reads the configuration of `app` again. */
  reloadConfig(): Promise<{ readonly config: Config; readonly log: Log }>;
  /** Calls `listener` at each SIGHUP, which then does not end the process. */
  onReload(listener: () => void): void;
  /** For commands without a configuration. */
  log(): Log;
}

export interface CommandArgument {
  /** `<required>` or `[optional]`. */
  readonly name: string;
  readonly description: string;
}

export interface CommandOption {
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly defaultValue?: string;
  readonly hidden?: boolean;
  /** May be given more than once. */
  readonly repeatable?: boolean;
}

export type OptionValue = string | boolean | readonly string[];

/** What the user wrote: arguments in their order, options by name; nothing is checked yet. */
export interface CommandInput {
  readonly args: readonly (string | undefined)[];
  readonly options: Readonly<Record<string, OptionValue | undefined>>;
}

/** One command of the CLI. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly args: readonly CommandArgument[];
  readonly options: readonly CommandOption[];
  /** What the first signal says to the person who sent it. */
  readonly shutdownMessage?: string;
  /** It runs until it is stopped, and its log is what people see of it. */
  readonly isService?: boolean;
  /** Returns the exit code. */
  run(context: CommandContext, input: CommandInput): Promise<number>;
}

/** Where a command prints, and in which form. */
export type OutputContext = Pick<CommandContext, 'json' | 'terminal'>;

/** The answer of a command on standard output: its document with `--json`, otherwise a text for people. */
export function printResult({ json, terminal }: OutputContext, result: unknown, formatText: () => string): void {
  if (json) terminal.printJson(result);
  else terminal.print(formatText());
}

export const exitCodes = { ok: 0, failed: 1, usage: 2, rowsRejected: 3, guard: 4, busy: 5, interrupted: 130 } as const;

/** The exit code that a run's report stands for. */
export function exitCodeForReport({ status, error }: RunReport): number {
  switch (status) {
    case 'succeeded':
    case 'running':
      return exitCodes.ok;
    case 'partial':
      return exitCodes.rowsRejected;
    case 'failed':
      return usageErrorCodes.has(error?.code ?? '') ? exitCodes.usage : exitCodes.failed;
    case 'stopped':
      return exitCodes.guard;
    case 'canceled':
      return exitCodes.interrupted;
  }
}
