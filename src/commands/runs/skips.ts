import type { App } from '../../app.ts';
import type { Skip } from '../../core/ports/records.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { Terminal } from '../../lib/terminal.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { findRun } from '../shared/find-run.ts';
import { argument, flag, wholeNumber } from '../shared/options.ts';
import { counted, number, plain } from '../shared/report-text.ts';

/** So many rows people get to see unless they ask for more; programs get them all. */
const shownRows = 50;

interface SkipsRequest {
  readonly run: string;
  readonly duplicates: boolean;
  readonly limit: number | null;
}

export interface RunSkips {
  readonly report: RunReport;
  readonly skips: readonly Skip[];
}

/** Rows that a run skipped; with `duplicates`, the keys that its model held more than once. */
export async function skipsOf(app: App, { run: wanted, duplicates, limit }: SkipsRequest): Promise<RunSkips> {
  const records = await app.records();
  const report = await findRun(records, wanted, { plans: false });
  return { report, skips: await records.skips(report.runId, { duplicates, limit }) };
}

function skipsText({ report, skips }: RunSkips, duplicates: boolean, terminal: Terminal): string {
  const { runId, rows, trigger } = report;
  const what = duplicates ? 'left out for a key that came more than once' : 'skipped';
  const count = duplicates ? rows.duplicate : rows.skipped;
  if (skips.length === 0) {
    if (count === 0) return `Run ${runId} of ${report.sync} has no rows ${what}.`;
    if (trigger === 'plan') return `Run ${runId} is a plan: it keeps no rows. panelsync plan shows a sample of them.`;
    return `Of the rows ${what} in run ${runId}, ${number(count)} in all, none is kept any more (retention.skips).`;
  }
  const head = duplicates ? ['e-mail', 'rows'] : ['e-mail', 'reason'];
  const cells = skips.map(({ email, key, reason, rows: shared }) => [
    plain(email ?? key),
    duplicates ? number(shared) : reason,
  ]);
  const summary = `${counted(count, 'row')} ${what} in run ${runId} of ${report.sync}; ${number(skips.length)} shown.`;
  return `${terminal.table(head, cells)}\n\n${terminal.colours.dim(summary)}`;
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const duplicates = flag(input, 'duplicates');
  const limit = wholeNumber(input, 'limit', 1) ?? (context.json ? null : shownRows);
  const found = await skipsOf(await context.app(), { run: argument(input, 0), duplicates, limit });
  answer(context, found.skips, () => skipsText(found, duplicates, context.terminal));
  return exitCodes.ok;
}

export const skipsCommand: Command = {
  name: 'skips',
  summary: 'Rows that a run skipped, each with its reason',
  args: [{ name: '<run>', description: 'its id, or latest' }],
  options: [
    { flags: '--duplicates', description: 'the keys that came more than once instead' },
    { flags: '--limit <n>', description: `how many (default: ${shownRows}, with --json all)` },
  ],
  run,
};
