import { PanelsyncError } from '../../core/errors.ts';
import type { CommandContext, CommandInput, CommandOption } from '../command.ts';
import { booleanOption } from './options.ts';

/** Of commands that cannot be taken back. */
export const yesOption: CommandOption = { flags: '--yes', description: 'do not ask for confirmation' };

/** Asks the person at the terminal unless `--yes` is given; without a terminal the command goes ahead. */
export async function requireConfirmation(
  { terminal, shutdown }: CommandContext,
  input: CommandInput,
  question: string,
): Promise<void> {
  if (booleanOption(input, 'yes') || !terminal.canAsk) return;
  const answer = await terminal.ask(`${question} [y/N]`, shutdown.drain);
  if (answer !== null && /^y(es)?$/i.test(answer)) return;
  throw new PanelsyncError({
    code: 'not_confirmed',
    recovery: 'canceled',
    message: 'Canceled: nothing was changed.',
    hint: 'Answer y, or pass --yes.',
  });
}
