import type { App } from '../../app.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { integerOption } from '../shared/options.ts';
import { formatTimestamp, formatNumber, statusText, durationText } from '../shared/report-text.ts';

const defaultLimit = 20;

/** Runs and plans, newest first; of one sync or of all. */
export async function listRuns(app: App, sync: string | null, limit: number): Promise<readonly RunReport[]> {
  const name = sync === null ? null : app.sync(sync).name;
  return (await app.records()).runs(name, limit);
}

function runsText(runs: readonly RunReport[], terminal: Terminal): string {
  if (runs.length === 0)
    return 'No runs yet. panelsync plan <sync> shows what one would do, panelsync run <sync> starts one.';
  const header = [
    'run',
    'sync',
    'trigger',
    'status',
    'started',
    'took',
    'read',
    'inserted',
    'updated',
    'skipped',
    'refused',
    'unsent',
  ];
  return terminal.table(
    header,
    runs.map((report) => {
      const { read, inserted, updated, skipped, invalid, rejected, unsent } = report.rows;
      const counts = [read, inserted, updated, skipped, invalid + rejected, unsent].map(formatNumber);
      const status = statusText(report, terminal.colours);
      const duration = report.finishedAt === null ? '…' : durationText(report);
      return [
        report.runId,
        report.sync,
        report.trigger,
        status,
        formatTimestamp(report.startedAt),
        duration,
        ...counts,
      ];
    }),
  );
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const limit = integerOption(input, 'limit', 1) ?? defaultLimit;
  const runs = await listRuns(await context.app(), input.args[0] ?? null, limit);
  printResult(context, runs, () => runsText(runs, context.terminal));
  return exitCodes.ok;
}

export const runsCommand: Command = {
  name: 'runs',
  summary: 'The history: runs and plans, newest first',
  args: [{ name: '[sync]', description: 'name of the sync; without it, all' }],
  options: [{ flags: '--limit <n>', description: 'how many', defaultValue: String(defaultLimit) }],
  run,
};
