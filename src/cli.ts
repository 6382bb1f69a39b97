#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command as Program, CommanderError, Option } from 'commander';
import { openApp } from './app.ts';
import type { App } from './app.ts';
import { commands } from './commands/commands.ts';
import type { Command, CommandContext } from './commands/command.ts';
import { exitCodes } from './commands/command.ts';
import { loadConfig } from './config/load.ts';
import { asPanelsyncError } from './core/errors.ts';
import type { PanelsyncError } from './core/errors.ts';
import type { Stop } from './core/ports.ts';
import type { LogSettings } from './core/settings.ts';
import { createLog } from './lib/logger.ts';
import { createTerminal } from './lib/terminal.ts';

const levels = ['error', 'warn', 'info', 'debug'] as const;

interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly logLevel?: LogSettings['level'];
}

const terminal = createTerminal(process);

function commonOptions(program: Program): Program {
  return program
    .option('--config <file>', 'configuration file (default: config/panelsync.yaml, or PANELSYNC_CONFIG)')
    .option('--json', 'one JSON document on standard output, everything else on standard error')
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(levels));
}

function program(end: (code: number) => void): Program {
  const cli = commonOptions(new Program('panelsync'))
    .description('Keeps a User Interviews Research Hub panel in step with a SQL model in your warehouse.')
    .version(version(), '--version')
    .helpOption('--help', 'this help')
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError('(panelsync --help lists the commands)');
  for (const command of commands) {
    const sub = commonOptions(cli.command(command.name)).description(command.summary).helpOption('--help', 'this help');
    for (const { name, description } of command.args) sub.argument(name, description);
    for (const { flags, description } of command.options) sub.option(flags, description);
    sub.exitOverride().action(async () => {
      const options = sub.optsWithGlobals<CommonOptions & Record<string, string | boolean>>();
      end(await carryOut(command, options, sub.args));
    });
  }
  return cli;
}

async function carryOut(
  command: Command,
  options: CommonOptions & Record<string, string | boolean>,
  args: readonly string[],
): Promise<number> {
  const { context, close } = contextOf(options, stopOnSignals());
  try {
    return await command.run(context, { args, options });
  } catch (error) {
    return tellError(asPanelsyncError(error), options);
  } finally {
    await close().catch((error: unknown) => tellError(asPanelsyncError(error), {}));
  }
}

function contextOf(options: CommonOptions, stop: Stop): { readonly context: CommandContext; close(): Promise<void> } {
  let opened: App | null = null;
  // On a terminal the progress and the report tell what the usual log would.
  const quiet = process.stderr.isTTY ? { level: 'warn' as const } : {};
  const asked = options.logLevel === undefined ? {} : { level: options.logLevel };
  const log = (settings: LogSettings): LogSettings => ({ ...settings, ...quiet, ...asked });
  const context: CommandContext = {
    cwd: process.cwd(),
    configFile: options.config ?? null,
    json: options.json === true,
    terminal,
    stop,
    app: async () => {
      const file = options.config === undefined ? {} : { file: options.config };
      const config = await loadConfig({ ...file, cwd: process.cwd() });
      opened = openApp(config, createLog(log(config.log)));
      return opened;
    },
    log: () => createLog(log({ level: 'info', format: process.stderr.isTTY ? 'pretty' : 'json' })),
  };
  return { context, close: async () => opened?.close() };
}

/** The first signal lets batches in flight finish, the second drops everything. */
function stopOnSignals(): Stop {
  const drain = new AbortController();
  const abort = new AbortController();
  const onSignal = (): void => {
    if (drain.signal.aborted) {
      abort.abort();
      return;
    }
    terminal.tell('Stopping: finishing the batches in flight. Once more stops at once.');
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
    // The stack names places in the code; the message of an unknown error may hold anything.
    terminal.tell(cause instanceof Error ? (cause.stack ?? '').replace(cause.message, '…') : typeof cause);
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

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { version: own } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return own;
}

async function main(): Promise<number> {
  let code: number = exitCodes.ok;
  try {
    await program((ended) => (code = ended)).parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) return tellError(asPanelsyncError(error), {});
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  return code;
}

// A reader that has seen enough (panelsync runs | head) is no reason to fail.
process.stdout.on('error', () => process.exit(exitCodes.ok));
const code = await main();
process.stdout.write('', () => process.exit(code));
