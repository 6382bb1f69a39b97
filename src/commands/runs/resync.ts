import type { App } from '../../app.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt } from '../shared/options.ts';
import { formatNumber } from '../shared/report-text.ts';

export interface ResyncResult {
  readonly sync: string;
  /** People whom the snapshot knows, and whom the next run plans as if it did not. */
  readonly people: number;
}

export async function requestResync(app: App, name: string): Promise<ResyncResult> {
  const { name: sync } = app.sync(name);
  return { sync, people: await (await app.records()).resync(sync) };
}

function resyncResultText({ sync, people }: ResyncResult, app: App): string {
  if (people === 0) return `Nothing to send again: the snapshot of ${sync} is empty.`;
  const peopleText = people === 1 ? 'the 1 person' : `the ${formatNumber(people)} people`;
  const { mode } = app.sync(sync);
  const overwriteWarning = mode === 'insert' ? ' What researchers changed about them since is overwritten.' : '';
  return `The next run plans ${peopleText} of the snapshot as if nothing had been sent yet (mode ${mode}); panelsync plan ${sync} shows what that sends.${overwriteWarning}`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const result = await requestResync(app, argumentAt(input, 0));
  printResult(context, result, () => resyncResultText(result, app));
  return exitCodes.ok;
}

export const resyncCommand: Command = {
  name: 'resync',
  summary: 'Lets the next run plan as if the snapshot were empty',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [],
  run,
};
