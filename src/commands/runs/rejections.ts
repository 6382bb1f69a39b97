import { exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt } from '../shared/options.ts';
import { loadRejections, rejectionsList } from '../shared/rejections.ts';
import { printRowList, rowListOptions, rowListRequest } from '../shared/row-list.ts';

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const request = rowListRequest(context, input);
  const view = await loadRejections(await context.app(), argumentAt(input, 0), request);
  printRowList(context, request, rejectionsList(view));
  return exitCodes.ok;
}

export const rejectionsCommand: Command = {
  name: 'rejections',
  summary: 'Rows that failed validation or that the Hub rejected, each with its reason',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: rowListOptions('only rejections with this code, such as email_invalid'),
  run,
};
