import { exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt } from '../shared/options.ts';
import { listOpenRejections, rejectionsText } from '../shared/rejections.ts';
import type { RejectionsView } from '../shared/rejections.ts';
import { csvText, rowsOptions, rowsRequest } from '../shared/rows-options.ts';

const csvHeader = [
  'email',
  'by',
  'code',
  'message',
  'field',
  'runId',
  'firstSeenAt',
  'lastSeenAt',
  'attempts',
] as const;

function rejectionsCsv({ rejections }: RejectionsView): string {
  return csvText(
    csvHeader,
    rejections.map((rejection) =>
      csvHeader.map((name) => rejection[name] ?? (name === 'email' ? rejection.key : null)),
    ),
  );
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { terminal } = context;
  const sync = argumentAt(input, 0);
  const { csv, ...request } = rowsRequest(context, input);
  const view = await listOpenRejections(await context.app(), sync, request);
  if (csv) terminal.printRows(rejectionsCsv(view));
  else printResult(context, view.rejections, () => rejectionsText(view, sync, terminal));
  return exitCodes.ok;
}

export const rejectionsCommand: Command = {
  name: 'rejections',
  summary: 'Rows that failed validation or that the Hub rejected, each with its reason',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: rowsOptions('only rejections with this code, such as email_invalid'),
  run,
};
