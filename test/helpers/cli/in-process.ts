import { reportError } from '../../../src/cli/errors.ts';
import { execute } from '../../../src/cli/execute.ts';
import { parseAndExecute } from '../../../src/cli/program.ts';
import { commands } from '../../../src/commands/commands.ts';
import { captureTerminal } from '../fixtures/run-report.ts';
import type { CliEnvironment, CliResult } from './cli.ts';

/**
 * A command of the CLI with all that belongs to it but a process and its signals. A process takes half a second to
 * start, so those tests have one that need it: for signals, terminals, other users, and one of each kind of command.
 */
export async function runInProcess(
  args: readonly string[],
  { cwd, env }: Pick<CliEnvironment, 'cwd' | 'env'>,
): Promise<CliResult> {
  const { terminal, out, err } = captureTerminal(false);
  const never = new AbortController().signal;
  const surroundings = { terminal, shutdown: { drain: never, abort: never }, cwd, env };
  const code = await parseAndExecute(args, {
    commands,
    terminal,
    execute: (command, input, options) => execute(command, { input, options }, surroundings),
  }).catch((error: unknown) => reportError(error, {}, terminal));
  return { code, stdout: out(), stderr: err() };
}
