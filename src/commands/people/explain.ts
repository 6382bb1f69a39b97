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
  args: [{ name: '<e-mail>', description: 'e-mail of the person, in upper or lower case' }],
  options: [
    { flags: '--sync <sync>', description: 'only in this sync' },
    { flags: '--key <key>', description: 'their key, in syncs whose key is not the e-mail' },
  ],
  run,
};
