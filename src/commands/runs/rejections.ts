import type { App } from '../../app.ts';
import type { Rejection } from '../../core/ports/records.ts';
import type { Terminal } from '../../lib/terminal.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { argument, wholeNumber } from '../shared/options.ts';
import { moment, number, plain } from '../shared/report-text.ts';

/** So many rows people get to see unless they ask for more; programs get them all. */
const shownRows = 50;

export interface OpenRejections {
  readonly rejections: readonly Rejection[];
  /** How many there are, shown or not. */
  readonly total: number;
}

export async function openRejections(app: App, sync: string, limit: number | null): Promise<OpenRejections> {
  const { name } = app.sync(sync);
  const records = await app.records();
  const rejections = await records.rejections(name, limit);
  return { rejections, total: (await records.status(name)).rejections };
}

export function rejectionsText({ rejections, total }: OpenRejections, sync: string, terminal: Terminal): string {
  if (total === 0) return `No rejections are open in ${sync}.`;
  const head = ['e-mail', 'by', 'what is wrong', 'run', 'last seen', 'attempts'];
  const rows = rejections.map((rejection) => [
    plain(rejection.email ?? rejection.key),
    rejection.by,
    rejection.faults.map(({ field, message }) => plain(field === null ? message : `${field}: ${message}`)).join('; '),
    rejection.runId,
    moment(rejection.lastSeenAt),
    `${number(rejection.attempts)}${rejection.retry ? ', retried next' : ''}`,
  ]);
  const more =
    rejections.length < total ? `${number(rejections.length)} of ${number(total)}; --limit shows more.\n` : '';
  const advice =
    'Rows refused by validation are looked at again in every run, those refused by the Hub (destination) when they ' +
    'change or after panelsync retry.';
  return `${terminal.table(head, rows)}\n\n${more}${terminal.colours.dim(advice)}`;
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const sync = argument(input, 0);
  const limit = wholeNumber(input, 'limit', 1) ?? (context.json ? null : shownRows);
  const open = await openRejections(await context.app(), sync, limit);
  answer(context, open.rejections, () => rejectionsText(open, sync, context.terminal));
  return exitCodes.ok;
}

export const rejectionsCommand: Command = {
  name: 'rejections',
  summary: 'Rows that are refused, by us or by the Hub, each with its reason',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [{ flags: '--limit <n>', description: `how many (default: ${shownRows}, with --json all)` }],
  run,
};
