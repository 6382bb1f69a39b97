import type { App } from '../../app.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { findRun } from '../shared/find-run.ts';
import { argumentAt } from '../shared/options.ts';
import { formatTimestamp, reportText } from '../shared/report-text.ts';

/** One run or plan, whole. */
export async function showRun(app: App, runRef: string): Promise<RunReport> {
  return findRun(await app.records(), runRef, { includePlans: true });
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const report = await showRun(await context.app(), argumentAt(input, 0));
  printResult(context, report, () => {
    const { terminal } = context;
    const endText = report.finishedAt === null ? 'not over yet' : `ended ${formatTimestamp(report.finishedAt)}`;
    const times = `started ${formatTimestamp(report.startedAt)}, ${endText}, trigger ${report.trigger}`;
    return `${reportText(report, terminal)}\n${terminal.colours.dim(times)}`;
  });
  return exitCodes.ok;
}

export const showCommand: Command = {
  name: 'show',
  summary: 'One run whole: what became of its rows, and why',
  args: [{ name: '<run>', description: 'its id, or latest' }],
  options: [],
  run,
};
