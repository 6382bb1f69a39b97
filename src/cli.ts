#!/usr/bin/env node
import { openSession } from './cli/context.ts';
import { logUnhandledRejections, reportError } from './cli/errors.ts';
import { parseAndExecute } from './cli/program.ts';
import type { CommonOptions } from './cli/program.ts';
import { listenForShutdown } from './cli/signals.ts';
import { exitCodes } from './commands/command.ts';
import type { Command, CommandInput } from './commands/command.ts';
import { commands } from './commands/commands.ts';
import { createTerminal } from './lib/terminal/terminal.ts';

const terminal = createTerminal(process);

async function execute(command: Command, input: CommandInput, options: CommonOptions): Promise<number> {
  const { shutdownMessage = 'Stopping.', isService = false } = command;
  const shutdown = listenForShutdown({
    onDrain: () => {
      // Among the JSON lines of a service's log a sentence would not parse; the log itself records the shutdown.
      if (!isService || terminal.isInteractive) terminal.printNotice(shutdownMessage);
    },
    onThirdSignal: () => process.exit(exitCodes.interrupted),
  });
  const session = openSession(command, options, { terminal, shutdown, cwd: process.cwd() });
  if (isService) logUnhandledRejections(session.context.log());
  try {
    return await command.run(session.context, input);
  } catch (error) {
    return reportError(error, options, terminal);
  } finally {
    await session.close().catch((error: unknown) => reportError(error, {}, terminal));
  }
}

// A reader that has seen enough (panelsync runs | head) is no reason to fail.
process.stdout.on('error', () => process.exit(exitCodes.ok));
const code = await parseAndExecute(process.argv.slice(2), { commands, terminal, execute }).catch((error: unknown) =>
  reportError(error, {}, terminal),
);
process.stdout.write('', () => process.exit(code));
