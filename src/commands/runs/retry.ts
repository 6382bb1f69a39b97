import type { App } from '../../app.ts';
import { recordAction } from '../../app/record-action.ts';
import { columnKey, emailKey } from '../../core/model/key.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt, stringOption, usageError } from '../shared/options.ts';
import { pluralize } from '../../lib/format.ts';

export interface RetryResult {
  readonly sync: string;
  /** Rejections that the next run retries. */
  readonly marked: number;
}

/** Marks rejections of the Hub to be retried by the next run: all of them, or those of one person. */
export async function requestRetry(app: App, name: string, person: string | null): Promise<RetryResult> {
  const sync = app.sync(name);
  const key = person === null ? null : rejectionKey(sync, person);
  const marked = await (await app.records()).retry(sync.name, key);
  if (marked > 0) await recordAction(app, { action: 'retry', sync: sync.name, counts: { rows: marked } });
  return { sync: sync.name, marked };
}

/** The key in the form that the sync compares, so that users need not know it. */
function rejectionKey(sync: SyncSettings, person: string): string {
  const key = sync.key === null ? emailKey(person) : columnKey(person);
  if (key !== null) return key;
  throw usageError('--email must not be blank.', `panelsync rejections ${sync.name} lists the rejected people.`);
}

function retryResultText({ sync, marked }: RetryResult, person: string | null): string {
  if (marked === 0) {
    const reason = person === null ? 'the Hub has rejected no rows' : 'the Hub has not rejected that person';
    return `Nothing to retry in ${sync}: ${reason}. Rows that failed validation are checked again in every run anyway.`;
  }
  return `The next run retries ${pluralize(marked, 'row')} that the Hub rejected, in separate batches. Start it with panelsync run ${sync}.`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const person = stringOption(input, 'email');
  const result = await requestRetry(await context.app(), argumentAt(input, 0), person);
  printResult(context, result, () => retryResultText(result, person));
  return exitCodes.ok;
}

export const retryCommand: Command = {
  name: 'retry',
  summary: 'Makes the next run retry rows that the Hub rejected',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [
    { flags: '--email <e-mail>', description: 'only this person (their key, in a sync whose key is not the e-mail)' },
  ],
  run,
};
