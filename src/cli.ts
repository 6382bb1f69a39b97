#!/usr/bin/env node
import { Command as Program, CommanderError, Option } from 'commander';
import { openApp } from './app.ts';
import type { App } from './app.ts';
import { commands } from './commands/commands.ts';
import type { Command, CommandContext, CommandOption, OptionValue } from './commands/command.ts';
import { exitCodes } from './commands/command.ts';
import { loadConfig } from './config/load.ts';
import { toPanelsyncError } from './core/errors.ts';
import type { PanelsyncError } from './core/errors.ts';
import type { Log, ShutdownSignals } from './core/ports/ports.ts';
import type { LogSettings } from './core/settings.ts';
import { createLog } from './core/log.ts';
import { createTerminal } from './lib/terminal.ts';
import { version } from './lib/version.ts';

const logLevels = ['error', 'warn', 'info', 'debug'] as const;

type ErrorSummary = Pick<PanelsyncError, 'code' | 'message' | 'hint'>;

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
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(logLevels))
    .version(version(), '--version', 'the version')
    .helpOption('--help', 'this help');
}

function buildProgram(onExit: (code: number) => void): Program {
  const cli = commonOptions(new Program('panelsync'))
    .description('Keeps a User Interviews Research Hub panel in step with a SQL model in your warehouse.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError('(panelsync --help lists the commands)');
  for (const command of commands) {
    const subcommand = commonOptions(cli.command(command.name)).description(command.summary);
    for (const { name, description } of command.args) subcommand.argument(name, description);
    for (const option of command.options) subcommand.addOption(toCommanderOption(option));
    subcommand.exitOverride().action(async () => {
      const options = subcommand.optsWithGlobals<CommonOptions & Record<string, OptionValue>>();
      onExit(await executeCommand(command, options, subcommand.args));
    });
  }
  return cli;
}

function toCommanderOption({ flags, description, choices, defaultValue, hidden, repeatable }: CommandOption): Option {
  const option = new Option(flags, description);
  if (choices !== undefined) option.choices(choices);
  if (defaultValue !== undefined) option.default(defaultValue);
  if (repeatable === true)
    option.argParser((value, previous: readonly string[] | undefined) => [...(previous ?? []), value]);
  return option.hideHelp(hidden === true);
}

async function executeCommand(
  command: Command,
  options: CommonOptions & Record<string, OptionValue>,
  args: readonly string[],
): Promise<number> {
  const { context, ...session } = createContext(command, options);
  if (command.isService === true) logUnhandledRejections(context.log());
  try {
    return await command.run(context, { args, options });
  } catch (error) {
    return reportError(toPanelsyncError(error), options);
  } finally {
    await session.close().catch((error: unknown) => reportError(toPanelsyncError(error), {}));
  }
}

function createContext(
  { shutdownMessage = 'Stopping.', isService = false }: Command,
  options: CommonOptions,
): { readonly context: CommandContext; close(): Promise<void> } {
  let openedApp: App | null = null;
  const defaultLocation = { file: options.config, cwd: process.cwd() };
  const openLog = (settings: LogSettings): Log =>
    createLog({ ...settings, ...terminalLogSettings(isService), ...optionLogSettings(options) });
  const context: CommandContext = {
    cwd: process.cwd(),
    configFile: options.config ?? null,
    json: options.json === true,
    terminal,
    // Among the lines of a service's log a sentence would be none: the log tells of the stop.
    shutdown: listenForShutdown(isService && !process.stderr.isTTY ? null : shutdownMessage),
    app: async (location) => {
      const config = await loadConfig(location ?? defaultLocation);
      openedApp = openApp(config, openLog(config.log));
      return openedApp;
    },
    reloadConfig: async () => {
      const config = await loadConfig(defaultLocation);
      return { config, log: openLog(config.log) };
    },
    onReload: (listener) => void process.on('SIGHUP', listener),
    log: () => openLog({ level: 'info', format: process.stderr.isTTY ? 'pretty' : 'json' }),
  };
  return { context, close: async () => openedApp?.close() };
}

/** On a terminal the progress and the report tell what the usual log would; a service has but its log. */
function terminalLogSettings(isService: boolean): Partial<LogSettings> {
  if (!process.stderr.isTTY) return {};
  return isService ? { format: 'pretty' } : { level: 'warn' };
}

function optionLogSettings({ logLevel }: CommonOptions): Partial<LogSettings> {
  return logLevel === undefined ? {} : { level: logLevel };
}

/** The first signal lets batches in flight finish, the second drops everything, a third does not wait for that. */
function listenForShutdown(message: string | null): ShutdownSignals {
  const drain = new AbortController();
  const abort = new AbortController();
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(exitCodes.interrupted);
    if (drain.signal.aborted) {
      abort.abort();
      return;
    }
    if (message !== null) terminal.printNotice(message);
    drain.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return { drain: drain.signal, abort: abort.signal };
}

function reportError(error: PanelsyncError, options: CommonOptions): number {
  const { code, message, hint } = error;
  if (options.json === true) terminal.print(JSON.stringify({ error: { code, message, hint } }, null, 2));
  terminal.printNotice(`${message}\n  ${hint}`);
  if (code === 'unexpected' && options.logLevel === 'debug') {
    const { cause } = error;
    // The places in the code only: the message of an unknown error may hold anything.
    terminal.printNotice(cause instanceof Error ? stackFrames(cause.stack ?? '') : typeof cause);
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
function logUnhandledRejections(log: Log): void {
  process.on('unhandledRejection', (error) => {
    const { code, cause } = toPanelsyncError(error);
    log.error('a failure that nobody waited for', {
      code,
      places: cause instanceof Error ? stackFrames(cause.stack ?? '') : '',
    });
  });
}

function stackFrames(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

/** The commander has told people; this is for the program that asked for JSON. */
function toUsageError({ code, message }: CommanderError): ErrorSummary {
  const hint = 'panelsync --help lists the commands, panelsync <command> --help its options.';
  if (code === 'commander.help') return { code: 'usage', message: 'No command was given.', hint };
  return { code: 'usage', message: message.replace(/^error: /, '').replaceAll(/\s+/g, ' '), hint };
}

async function main(): Promise<number> {
  let code: number = exitCodes.ok;
  try {
    await buildProgram((exitCode) => (code = exitCode)).parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(toPanelsyncError(error), {});
    if (error.exitCode === 0) return exitCodes.ok;
    if (process.argv.includes('--json')) terminal.print(JSON.stringify({ error: toUsageError(error) }, null, 2));
    return exitCodes.usage;
  }
  return code;
}

// A reader that has seen enough (panelsync runs | head) is no reason to fail.
process.stdout.on('error', () => process.exit(exitCodes.ok));
const code = await main();
process.stdout.write('', () => process.exit(code));
