import { formatTimestamp } from '../../lib/format.ts';
import { exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { findRun } from '../shared/find-run.ts';
import { argumentAt } from '../shared/options.ts';
import { reportText, workText } from '../shared/report-text.ts';

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const records = await (await context.app()).records();
  const report = await findRun(records, argumentAt(input, 0), { includePlans: true });
  printResult(context, report, () => {
    const { terminal } = context;
    const { startedAt, finishedAt, trigger } = report;
    const end = finishedAt === null ? 'still running' : `finished ${formatTimestamp(finishedAt)}`;
    const times = terminal.colours.dim(`Started ${formatTimestamp(startedAt)}, ${end}; trigger: ${trigger}.`);
    const text = reportText(report, terminal);
    const work = workText(report);
    const details = work === '' ? times : `${times}\n${terminal.colours.dim(work)}`;
    // The counts of a plan stay last.
    return trigger === 'plan' ? text.replace('\n', () => `\n${details}\n`) : `${text}\n${details}`;
  });
  return exitCodes.ok;
}

export const showCommand: Command = {
  name: 'show',
  summary: 'One run or plan in full: what became of its rows, and why',
  args: [{ name: '<run>', description: 'id of the run, or latest' }],
  options: [],
  run,
};
