import type { App } from '../../app.ts';
import type { Skip } from '../../core/ports/records.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { findRun } from '../shared/find-run.ts';
import { argumentAt, booleanOption, integerOption } from '../shared/options.ts';
import { pluralize, formatNumber, sanitize } from '../shared/report-text.ts';

/** So many rows people get to see unless they ask for more; programs get them all. */
const defaultLimit = 50;

interface SkipsCommandOptions {
  readonly run: string;
  readonly duplicates: boolean;
  readonly limit: number | null;
}

export interface SkipsView {
  readonly report: RunReport;
  readonly skips: readonly Skip[];
}

/** Rows that a run skipped; with `duplicates`, the keys that its model held more than once. */
export async function loadSkips(app: App, { run: runRef, duplicates, limit }: SkipsCommandOptions): Promise<SkipsView> {
  const records = await app.records();
  const report = await findRun(records, runRef, { includePlans: false });
  return { report, skips: await records.skips(report.runId, { duplicates, limit }) };
}

function skipsText({ report, skips }: SkipsView, duplicates: boolean, terminal: Terminal): string {
  const { runId, rows, trigger } = report;
  const description = duplicates ? 'left out for a key that came more than once' : 'skipped';
  const count = duplicates ? rows.duplicate : rows.skipped;
  if (skips.length === 0) {
    if (count === 0) return `Run ${runId} of ${report.sync} has no rows ${description}.`;
    if (trigger === 'plan') return `Run ${runId} is a plan: it keeps no rows. panelsync plan shows a sample of them.`;
    return `Of the rows ${description} in run ${runId}, ${formatNumber(count)} in all, none is kept any more (retention.skips).`;
  }
  const header = duplicates ? ['e-mail', 'rows'] : ['e-mail', 'reason'];
  const cells = skips.map(({ email, key, reason, rows: rowCount }) => [
    sanitize(email ?? key),
    duplicates ? formatNumber(rowCount) : reason,
  ]);
  const summary = `${pluralize(count, 'row')} ${description} in run ${runId} of ${report.sync}; ${formatNumber(skips.length)} shown.`;
  return `${terminal.table(header, cells)}\n\n${terminal.colours.dim(summary)}`;
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const duplicates = booleanOption(input, 'duplicates');
  const limit = integerOption(input, 'limit', 1) ?? (context.json ? null : defaultLimit);
  const result = await loadSkips(await context.app(), { run: argumentAt(input, 0), duplicates, limit });
  printResult(context, result.skips, () => skipsText(result, duplicates, context.terminal));
  return exitCodes.ok;
}

export const skipsCommand: Command = {
  name: 'skips',
  summary: 'Rows that a run skipped, each with its reason',
  args: [{ name: '<run>', description: 'its id, or latest' }],
  options: [
    { flags: '--duplicates', description: 'the keys that came more than once instead' },
    { flags: '--limit <n>', description: `how many (default: ${defaultLimit}, with --json all)` },
  ],
  run,
};
