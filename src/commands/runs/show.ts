import { followRun } from '../../app/runs/follow-run.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { Records } from '../../core/ports/records.ts';
import { formatTimestamp } from '../../lib/format.ts';
import { exitCodeForReport, exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { findRun } from '../shared/find-run.ts';
import { abandonedRunError, showSteps } from '../shared/follow.ts';
import { argumentAt, booleanOption } from '../shared/options.ts';
import { progressOption, showProgress, stepLabel } from '../shared/progress.ts';
import type { ProgressDisplay } from '../shared/progress-lines.ts';
import { reportText, workText } from '../shared/report-text.ts';

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const app = await context.app();
  const records = await app.records();
  const follows = booleanOption(input, 'follow');
  const found = await findRun(records, argumentAt(input, 0), { includePlans: !follows });
  if (!follows) {
    printReport(context, found);
    return exitCodes.ok;
  }
  const display = showProgress(context, input, stepLabel(app.config.destination));
  const report = await follow(context, records, { found, display });
  printReport(context, report);
  return report.status === 'running' ? exitCodes.interrupted : exitCodeForReport(report);
}

/** The report of a run when it has ended, or when nobody wants to wait for that any longer. */
async function follow(
  { terminal, shutdown }: CommandContext,
  records: Records,
  { found, display }: { readonly found: RunReport; readonly display: ProgressDisplay },
): Promise<RunReport> {
  const { runId, sync, status } = found;
  if (status === 'running') terminal.printNotice(`Following run ${runId} of ${sync}. Interrupt to stop following.`);
  const options = { signal: shutdown.drain, onSteps: showSteps(terminal, display) };
  const { end, report } = await followRun(records, found, options).finally(() => display.stop());
  if (end === 'abandoned') throw abandonedRunError(report);
  return report;
}

function printReport(context: CommandContext, report: RunReport): void {
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
}

export const showCommand: Command = {
  name: 'show',
  summary: 'One run or plan in full: what became of its rows, and why',
  args: [{ name: '<run>', description: 'id of the run, or latest' }],
  options: [{ flags: '--follow', description: 'wait until the run has ended; exits as the run does' }, progressOption],
  shutdownMessage: 'Stopped following: the run goes on.',
  run,
};
