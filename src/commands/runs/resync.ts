import { recordAction } from '../../app/record-action.ts';
import { formatPeople } from '../../lib/format.ts';
import { exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import type { SyncSettings } from '../../core/settings.ts';
import { requireConfirmation, yesOption } from '../shared/confirm.ts';
import { argumentAt, booleanOption } from '../shared/options.ts';

interface ResyncResult {
  readonly sync: string;
  /** People in the snapshot; the next run plans as if they were not. */
  readonly people: number;
}

function overwriteWarning({ mode }: SyncSettings): string {
  return mode === 'insert' ? ' What researchers changed about them in the Hub is overwritten.' : '';
}

function resyncResultText({ people }: ResyncResult, sync: SyncSettings): string {
  const { name, mode } = sync;
  if (people === 0) return `Nothing to send again: the snapshot of ${name} is empty.`;
  return `The next run of ${name} plans ${formatPeople(people)} of the snapshot as if they had not been sent (mode ${mode}).${overwriteWarning(sync)}
panelsync plan ${name} shows what it would send.`;
}

interface SameHubResult {
  readonly sync: string;
  /** The address that the snapshot belonged to; null where it was the configured one already, or none. */
  readonly former: string | null;
  readonly address: string;
}

function sameHubText({ sync, former, address }: SameHubResult): string {
  return former === null
    ? `Nothing to change: the snapshot of ${sync} belongs to no other Hub.`
    : `The snapshot of ${sync} now belongs to the Hub at ${address} (before: ${former}). Nothing is sent again.`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const sync = app.sync(argumentAt(input, 0));
  const records = await app.records();
  if (booleanOption(input, 'sameHub')) {
    const accepted: SameHubResult = { sync: sync.name, ...(await records.acceptHubAddress(sync.name)) };
    printResult(context, accepted, () => sameHubText(accepted));
    return exitCodes.ok;
  }
  const { snapshot } = await records.status(sync.name);
  if (snapshot > 0) {
    const question = `Send ${formatPeople(snapshot)} of ${sync.name} again in the next run?${overwriteWarning(sync)}`;
    await requireConfirmation(context, input, question);
  }
  const result: ResyncResult = { sync: sync.name, people: await records.resync(sync.name) };
  if (result.people > 0)
    await recordAction(app, { action: 'resync', sync: sync.name, counts: { people: result.people } });
  printResult(context, result, () => resyncResultText(result, sync));
  return exitCodes.ok;
}

export const resyncCommand: Command = {
  name: 'resync',
  summary: 'Makes the next run plan as if the snapshot were empty',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [
    { flags: '--same-hub', description: 'keep the snapshot: its Hub has the configured address now' },
    yesOption,
  ],
  run,
};
