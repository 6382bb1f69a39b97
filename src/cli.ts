#!/usr/bin/env node
import { reportError } from './cli/errors.ts';
import { execute } from './cli/execute.ts';
import { parseAndExecute } from './cli/program.ts';
import { listenForShutdown } from './cli/signals.ts';
import { exitCodes } from './commands/command.ts';
import type { Command } from './commands/command.ts';
import { commands } from './commands/commands.ts';
import type { ShutdownSignals } from './core/ports/shutdown-signals.ts';
import { createTerminal } from './lib/terminal/terminal.ts';

const terminal = createTerminal(process);

function listen({ shutdownMessage = 'Stopping.', isService = false }: Command): ShutdownSignals {
  return listenForShutdown({
    onDrain: () => {
      // Among the JSON lines of a service's log a sentence would not parse; the log itself records the shutdown.
      if (!isService || terminal.isInteractive) terminal.printNotice(shutdownMessage);
    },
    onThirdSignal: () => process.exit(exitCodes.interrupted),
  });
}

// A reader that has seen enough (panelsync runs | head) is no reason to fail.
process.stdout.on('error', () => process.exit(exitCodes.ok));
const code = await parseAndExecute(process.argv.slice(2), {
  commands,
  terminal,
  execute: (command, input, options) =>
    execute(command, { input, options }, { terminal, shutdown: listen(command), cwd: process.cwd() }),
}).catch((error: unknown) => reportError(error, {}, terminal));
process.stdout.write('', () => process.exit(code));
