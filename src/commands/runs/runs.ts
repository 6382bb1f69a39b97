import type { App } from '../../app.ts';
import type { RunReport } from '../../core/model/terms.ts';
import type { Terminal } from '../../lib/terminal.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { wholeNumber } from '../shared/options.ts';
import { moment, number, statusText, took } from '../shared/report-text.ts';

const usualLimit = 20;

/** Runs and plans, newest first; of one sync or of all. */
export async function listRuns(app: App, sync: string | null, limit: number): Promise<readonly RunReport[]> {
  const name = sync === null ? null : app.sync(sync).name;
  return (await app.records()).runs(name, limit);
}

function runsText(runs: readonly RunReport[], terminal: Terminal): string {
  if (runs.length === 0)
    return 'No runs yet. panelsync plan <sync> shows what one would do, panelsync run <sync> starts one.';
  const head = [
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
    head,
    runs.map((one) => {
      const { read, inserted, updated, skipped, invalid, rejected, unsent } = one.rows;
      const counts = [read, inserted, updated, skipped, invalid + rejected, unsent].map(number);
      const status = statusText(one, terminal.colours);
      const length = one.finishedAt === null ? '…' : took(one);
      return [one.runId, one.sync, one.trigger, status, moment(one.startedAt), length, ...counts];
    }),
  );
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const limit = wholeNumber(input, 'limit', 1) ?? usualLimit;
  const runs = await listRuns(await context.app(), input.args[0] ?? null, limit);
  answer(context, runs, () => runsText(runs, context.terminal));
  return exitCodes.ok;
}

export const runsCommand: Command = {
  name: 'runs',
  summary: 'The history: runs and plans, newest first',
  args: [{ name: '[sync]', description: 'name of the sync; without it, all' }],
  options: [{ flags: '--limit <n>', description: 'how many', fallback: String(usualLimit) }],
  run,
};
