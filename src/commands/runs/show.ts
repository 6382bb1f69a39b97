import type { App } from '../../app.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { findRun } from '../shared/find-run.ts';
import { argument } from '../shared/options.ts';
import { moment, reportText } from '../shared/report-text.ts';

/** One run or plan, whole. */
export async function showRun(app: App, wanted: string): Promise<RunReport> {
  return findRun(await app.records(), wanted, { plans: true });
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const report = await showRun(await context.app(), argument(input, 0));
  answer(context, report, () => {
    const { terminal } = context;
    const ended = report.finishedAt === null ? 'not over yet' : `ended ${moment(report.finishedAt)}`;
    const times = `started ${moment(report.startedAt)}, ${ended}, trigger ${report.trigger}`;
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
