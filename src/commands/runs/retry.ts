import { requestRetry } from '../../app/request-retry.ts';
import type { RetryResult } from '../../app/request-retry.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt, reasonOption, stringOption } from '../shared/options.ts';
import { pluralize } from '../../lib/format.ts';

function retryResultText({ sync, marked }: RetryResult, person: string | null): string {
  if (marked === 0) {
    const reason = person === null ? 'the Hub has rejected no rows' : 'the Hub has not rejected that person';
    return `Nothing to retry in ${sync}: ${reason}. Rows that failed validation are checked again in every run anyway.`;
  }
  return `The next run retries ${pluralize(marked, 'row')} that the Hub rejected, in separate batches. Start it with panelsync run ${sync}.`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const person = stringOption(input, 'email');
  const request = { sync: argumentAt(input, 0), person, reason: reasonOption(input) };
  const result = await requestRetry(await context.app(), request);
  printResult(context, result, () => retryResultText(result, person));
  return exitCodes.ok;
}

export const retryCommand: Command = {
  name: 'retry',
  summary: 'Makes the next run retry rows that the Hub rejected',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [
    { flags: '--email <e-mail>', description: 'only this person (their key, in a sync whose key is not the e-mail)' },
    { flags: '--reason <text>', description: 'why, for panelsync audit' },
  ],
  run,
};
