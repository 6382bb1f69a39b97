import type { App } from '../../app.ts';
import type { Rejection } from '../../core/ports/records.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { argumentAt, integerOption } from '../shared/options.ts';
import { formatTimestamp, formatNumber, sanitize } from '../shared/report-text.ts';

/** So many rows people get to see unless they ask for more; programs get them all. */
const defaultLimit = 50;

export interface RejectionsView {
  readonly rejections: readonly Rejection[];
  /** How many there are, shown or not. */
  readonly total: number;
}

export async function listOpenRejections(app: App, sync: string, limit: number | null): Promise<RejectionsView> {
  const { name } = app.sync(sync);
  const records = await app.records();
  const rejections = await records.rejections(name, limit);
  return { rejections, total: (await records.status(name)).rejections };
}

export function rejectionsText({ rejections, total }: RejectionsView, sync: string, terminal: Terminal): string {
  if (total === 0) return `No rejections are open in ${sync}.`;
  const header = ['e-mail', 'by', 'what is wrong', 'run', 'last seen', 'attempts'];
  const rows = rejections.map((rejection) => [
    sanitize(rejection.email ?? rejection.key),
    rejection.by,
    rejection.faults
      .map(({ field, message }) => sanitize(field === null ? message : `${field}: ${message}`))
      .join('; '),
    rejection.runId,
    formatTimestamp(rejection.lastSeenAt),
    `${formatNumber(rejection.attempts)}${rejection.retry ? ', retried next' : ''}`,
  ]);
  const truncationNote =
    rejections.length < total
      ? `${formatNumber(rejections.length)} of ${formatNumber(total)}; --limit shows more.\n`
      : '';
  const explanation =
    'Rows refused by validation are looked at again in every run, those refused by the Hub (destination) when they ' +
    'change or after panelsync retry.';
  return `${terminal.table(header, rows)}\n\n${truncationNote}${terminal.colours.dim(explanation)}`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const sync = argumentAt(input, 0);
  const limit = integerOption(input, 'limit', 1) ?? (context.json ? null : defaultLimit);
  const result = await listOpenRejections(await context.app(), sync, limit);
  printResult(context, result.rejections, () => rejectionsText(result, sync, context.terminal));
  return exitCodes.ok;
}

export const rejectionsCommand: Command = {
  name: 'rejections',
  summary: 'Rows that are refused, by us or by the Hub, each with its reason',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [{ flags: '--limit <n>', description: `how many (default: ${defaultLimit}, with --json all)` }],
  run,
};
