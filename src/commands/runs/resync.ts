import type { App } from '../../app.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { argument } from '../shared/options.ts';
import { number } from '../shared/report-text.ts';

export interface Forgotten {
  readonly sync: string;
  /** People whom the snapshot knows, and whom the next run plans as if it did not. */
  readonly people: number;
}

export async function markResync(app: App, name: string): Promise<Forgotten> {
  const { name: sync } = app.sync(name);
  return { sync, people: await (await app.records()).resync(sync) };
}

function forgottenText({ sync, people }: Forgotten, app: App): string {
  if (people === 0) return `Nothing to send again: the snapshot of ${sync} is empty.`;
  const whom = people === 1 ? 'the 1 person' : `the ${number(people)} people`;
  const { mode } = app.sync(sync);
  const again = mode === 'insert' ? ' What researchers changed about them since is overwritten.' : '';
  return `The next run plans ${whom} of the snapshot as if nothing had been sent yet (mode ${mode}); panelsync plan ${sync} shows what that sends.${again}`;
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const app = await context.app();
  const forgotten = await markResync(app, argument(input, 0));
  answer(context, forgotten, () => forgottenText(forgotten, app));
  return exitCodes.ok;
}

export const resyncCommand: Command = {
  name: 'resync',
  summary: 'Lets the next run plan as if the snapshot were empty',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [],
  run,
};
