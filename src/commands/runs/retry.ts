import type { App } from '../../app.ts';
import { columnKey, emailKey } from '../../core/model/key.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { argument, text, usageError } from '../shared/options.ts';
import { counted } from '../shared/report-text.ts';

export interface Marked {
  readonly sync: string;
  /** Rejections that the next run tries again. */
  readonly marked: number;
}

/** Lets the next run try again what the Hub refused: all of it, or one person. */
export async function markRetry(app: App, name: string, person: string | null): Promise<Marked> {
  const sync = app.sync(name);
  const key = person === null ? null : keyOf(sync, person);
  return { sync: sync.name, marked: await (await app.records()).retry(sync.name, key) };
}

/** As the sync keys its rows, so that nobody has to know how keys are compared. */
function keyOf(sync: SyncSettings, person: string): string {
  const key = sync.key === null ? emailKey(person) : columnKey(person);
  if (key !== null) return key;
  throw usageError('--email takes an e-mail, not a blank.', `panelsync rejections ${sync.name} lists who is refused.`);
}

function markedText({ sync, marked }: Marked, person: string | null): string {
  if (marked === 0) {
    const whom = person === null ? 'the Hub refuses nobody there' : 'that person is not refused by the Hub there';
    return `Nothing to try again in ${sync}: ${whom}. What our own rules refused is looked at again in every run.`;
  }
  return `${counted(marked, 'row')} that the Hub refused will be tried again by the next run, apart from all others: panelsync run ${sync}.`;
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const person = text(input, 'email');
  const marked = await markRetry(await context.app(), argument(input, 0), person);
  answer(context, marked, () => markedText(marked, person));
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
