import type { App } from '../../app.ts';
import { columnKey, emailKey } from '../../core/model/key.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt, stringOption, usageError } from '../shared/options.ts';
import { pluralize } from '../shared/report-text.ts';

export interface RetryResult {
  readonly sync: string;
  /** Rejections that the next run tries again. */
  readonly marked: number;
}

/** Lets the next run try again what the Hub refused: all of it, or one person. */
export async function requestRetry(app: App, name: string, person: string | null): Promise<RetryResult> {
  const sync = app.sync(name);
  const key = person === null ? null : rejectionKey(sync, person);
  return { sync: sync.name, marked: await (await app.records()).retry(sync.name, key) };
}

/** As the sync keys its rows, so that nobody has to know how keys are compared. */
function rejectionKey(sync: SyncSettings, person: string): string {
  const key = sync.key === null ? emailKey(person) : columnKey(person);
  if (key !== null) return key;
  throw usageError('--email takes an e-mail, not a blank.', `panelsync rejections ${sync.name} lists who is refused.`);
}

function retryResultText({ sync, marked }: RetryResult, person: string | null): string {
  if (marked === 0) {
    const reason = person === null ? 'the Hub refuses nobody there' : 'that person is not refused by the Hub there';
    return `Nothing to try again in ${sync}: ${reason}. What our own rules refused is looked at again in every run.`;
  }
  return `${pluralize(marked, 'row')} that the Hub refused will be tried again by the next run, apart from all others: panelsync run ${sync}.`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const person = stringOption(input, 'email');
  const result = await requestRetry(await context.app(), argumentAt(input, 0), person);
  printResult(context, result, () => retryResultText(result, person));
  return exitCodes.ok;
}

export const retryCommand: Command = {
  name: 'retry',
  summary: 'Lets the next run try again what the Hub refused',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [
    { flags: '--email <e-mail>', description: 'only this person (or this key, where the sync has another one)' },
  ],
  run,
};
