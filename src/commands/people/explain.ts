import { explainPerson, explanationDocument } from '../../app/explain-person.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { explanationText } from './explain-text.ts';
import { personFromInput } from '../shared/person.ts';

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const explanation = await explainPerson(app, personFromInput(app, input));
  printResult(context, explanationDocument(explanation), () => explanationText(explanation, context.terminal));
  return exitCodes.ok;
}

export const explainCommand: Command = {
  name: 'explain',
  summary: 'What happened to one person, run by run, and why',
  args: [{ name: '<e-mail>', description: 'of the person, in any case' }],
  options: [
    { flags: '--sync <sync>', description: 'in this sync only' },
    { flags: '--key <key>', description: 'their key, in syncs that have another one than the e-mail' },
  ],
  run,
};
