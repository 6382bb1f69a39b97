import type { Command, CommandInput } from '../commands/command.ts';
import { callerTraceparent } from '../config/load.ts';
import { flushSpans, withTraceparent } from '../core/tracing.ts';
import { openSession } from './context.ts';
import type { Surroundings } from './context.ts';
import { logUnhandledRejections, reportError } from './errors.ts';
import type { CommonOptions } from './program.ts';

/** One command from its arguments to its exit code; an error is printed, and all that was opened is closed. */
export async function execute(
  command: Command,
  { input, options }: { readonly input: CommandInput; readonly options: CommonOptions },
  surroundings: Surroundings,
): Promise<number> {
  const { terminal } = surroundings;
  const session = openSession(command, options, surroundings);
  if (command.isService === true) logUnhandledRejections(session.context.log());
  try {
    // A service outlives whoever started it, and so do its runs.
    const traceparent = command.isService === true ? undefined : callerTraceparent();
    return await withTraceparent(traceparent, () => command.run(session.context, input));
  } catch (error) {
    return reportError(error, options, terminal);
  } finally {
    await session.close().catch((error: unknown) => reportError(error, {}, terminal));
    await flushSpans();
  }
}
