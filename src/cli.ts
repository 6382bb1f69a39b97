#!/usr/bin/env node
import { Command as Program, CommanderError, Option } from 'commander';
import { openApp } from './app.ts';
import type { App } from './app.ts';
import { commands } from './commands/commands.ts';
import type { Command, CommandContext, CommandOption, OptionValue } from './commands/command.ts';
import { exitCodes } from './commands/command.ts';
import { loadConfig } from './config/load.ts';
import { asPanelsyncError } from './core/errors.ts';
import type { PanelsyncError } from './core/errors.ts';
import type { Log, Stop } from './core/ports/ports.ts';
import type { LogSettings } from './core/settings.ts';
import { createLog } from './core/log.ts';
import { createTerminal } from './lib/terminal.ts';
import { version } from './lib/version.ts';

const levels = ['error', 'warn', 'info', 'debug'] as const;

type ErrorText = Pick<PanelsyncError, 'code' | 'message' | 'hint'>;

interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly logLevel?: LogSettings['level'];
}

const terminal = createTerminal(process);

function commonOptions(cli: Program): Program {
  return cli
    .option('--config <file>', 'configuration file (default: config/panelsync.yaml, or PANELSYNC_CONFIG)')
    .option('--json', 'one JSON document on standard output, everything else on standard error')
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(levels))
    .version(version(), '--version', 'the version')
    .helpOption('--help', 'this help');
}

function program(end: (code: number) => void): Program {
  const cli = commonOptions(new Program('panelsync'))
    .description('Keeps a User Interviews Research Hub panel in step with a SQL model in your warehouse.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError('(panelsync --help lists the commands)');
  for (const command of commands) {
    const sub = commonOptions(cli.command(command.name)).description(command.summary);
    for (const { name, description } of command.args) sub.argument(name, description);
    for (const option of command.options) sub.addOption(optionOf(option));
    sub.exitOverride().action(async () => {
      const options = sub.optsWithGlobals<CommonOptions & Record<string, OptionValue>>();
      end(await carryOut(command, options, sub.args));
    });
  }
  return cli;
}

function optionOf({ flags, description, choices, fallback, hidden, repeatable }: CommandOption): Option {
  const option = new Option(flags, description);
  if (choices !== undefined) option.choices(choices);
  if (fallback !== undefined) option.default(fallback);
  if (repeatable === true)
    option.argParser((value, before: readonly string[] | undefined) => [...(before ?? []), value]);
  return option.hideHelp(hidden === true);
}

async function carryOut(
  command: Command,
  options: CommonOptions & Record<string, OptionValue>,
  args: readonly string[],
): Promise<number> {
  const { context, ...opened } = contextOf(command, options);
  if (command.service === true) surviveSlips(context.log());
  try {
    return await command.run(context, { args, options });
  } catch (error) {
    return tellError(asPanelsyncError(error), options);
  } finally {
    await opened.close().catch((error: unknown) => tellError(asPanelsyncError(error), {}));
  }
}

function contextOf(
  { onStop = 'Stopping.', service = false }: Command,
  options: CommonOptions,
): { readonly context: CommandContext; close(): Promise<void> } {
  let opened: App | null = null;
  const usual = { file: options.config, cwd: process.cwd() };
  const logOf = (settings: LogSettings): Log =>
    createLog({ ...settings, ...terminalLog(service), ...askedLog(options) });
  const context: CommandContext = {
    cwd: process.cwd(),
    configFile: options.config ?? null,
    json: options.json === true,
    terminal,
    // Among the lines of a service's log a sentence would be none: the log tells of the stop.
    stop: stopOnSignals(service && !process.stderr.isTTY ? null : onStop),
    app: async (other) => {
      const config = await loadConfig(other ?? usual);
      opened = openApp(config, logOf(config.log));
      return opened;
    },
    reread: async () => {
      const config = await loadConfig(usual);
      return { config, log: logOf(config.log) };
    },
    onReload: (listener) => void process.on('SIGHUP', listener),
    log: () => logOf({ level: 'info', format: process.stderr.isTTY ? 'pretty' : 'json' }),
  };
  return { context, close: async () => opened?.close() };
}

/** On a terminal the progress and the report tell what the usual log would; a service has but its log. */
function terminalLog(service: boolean): Partial<LogSettings> {
  if (!process.stderr.isTTY) return {};
  return service ? { format: 'pretty' } : { level: 'warn' };
}

function askedLog({ logLevel }: CommonOptions): Partial<LogSettings> {
  return logLevel === undefined ? {} : { level: logLevel };
}

/** The first signal lets batches in flight finish, the second drops everything, a third does not wait for that. */
function stopOnSignals(words: string | null): Stop {
  const drain = new AbortController();
  const abort = new AbortController();
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(exitCodes.interrupted);
    if (drain.signal.aborted) {
      abort.abort();
      return;
    }
    if (words !== null) terminal.tell(words);
    drain.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return { drain: drain.signal, abort: abort.signal };
}

function tellError(error: PanelsyncError, options: CommonOptions): number {
  const { code, message, hint } = error;
  if (options.json === true) terminal.print(JSON.stringify({ error: { code, message, hint } }, null, 2));
  terminal.tell(`${message}\n  ${hint}`);
  if (code === 'unexpected' && options.logLevel === 'debug') {
    const { cause } = error;
    // The places in the code only: the message of an unknown error may hold anything.
    terminal.tell(cause instanceof Error ? placesIn(cause.stack ?? '') : typeof cause);
  }
  switch (error.recovery) {
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

/** A promise that nobody waited for is a slip of ours, and no reason for a service to end. */
function surviveSlips(log: Log): void {
  process.on('unhandledRejection', (error) => {
    const { code, cause } = asPanelsyncError(error);
    log.error('a failure that nobody waited for', {
      code,
      places: cause instanceof Error ? placesIn(cause.stack ?? '') : '',
    });
  });
}

function placesIn(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

/** The commander has told people; this is for the program that asked for JSON. */
function usageFault({ code, message }: CommanderError): ErrorText {
  const hint = 'panelsync --help lists the commands, panelsync <command> --help its options.';
  if (code === 'commander.help') return { code: 'usage', message: 'No command was given.', hint };
  return { code: 'usage', message: message.replace(/^error: /, '').replaceAll(/\s+/g, ' '), hint };
}

async function main(): Promise<number> {
  let code: number = exitCodes.ok;
  try {
    await program((ended) => (code = ended)).parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) return tellError(asPanelsyncError(error), {});
    if (error.exitCode === 0) return exitCodes.ok;
    if (process.argv.includes('--json')) terminal.print(JSON.stringify({ error: usageFault(error) }, null, 2));
    return exitCodes.usage;
  }
  return code;
}

// A reader that has seen enough (panelsync runs | head) is no reason to fail.
process.stdout.on('error', () => process.exit(exitCodes.ok));
const code = await main();
process.stdout.write('', () => process.exit(code));
