/** Lists runs. The other commands that start, show or change runs are beside this one. */

import type { App } from '../../app.ts';
import type { RunReport } from '../../core/model/terms.ts';
import { formatNumber, formatTimestamp } from '../../lib/format.ts';
import type { Column } from '../../lib/terminal/table.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import { elapsedText, statusText } from '../shared/format.ts';
import { booleanOption, integerOption } from '../shared/options.ts';

const defaultLimit = 20;

interface RunsRequest {
  /** `null`: of all. */
  readonly sync: string | null;
  readonly limit: number;
  readonly plans: boolean;
}

/** Newest first. */
export async function listRuns(app: App, { sync, limit, plans }: RunsRequest): Promise<readonly RunReport[]> {
  const name = sync === null ? null : app.sync(sync).name;
  return (await app.records()).runs(name, limit, { plans });
}

const columns: readonly (string | Column)[] = [
  { title: 'run', align: 'right' },
  'sync',
  { title: 'trigger', whenNarrow: 'omit' },
  'status',
  'started',
  { title: 'took', align: 'right', whenNarrow: 'omit' },
  { title: 'read', align: 'right', whenNarrow: 'omit' },
  { title: 'inserted', align: 'right' },
  { title: 'updated', align: 'right' },
  { title: 'skipped', align: 'right', whenNarrow: 'omit' },
  { title: 'refused', align: 'right' },
  { title: 'unsent', align: 'right', whenNarrow: 'omit' },
];

function runsText(runs: readonly RunReport[], terminal: Terminal): string {
  if (runs.length === 0)
    return 'No runs yet. panelsync plan <sync> shows what a run would send; panelsync run <sync> starts one.';
  const table = terminal.table(
    columns,
    runs.map((report) => runCells(report, terminal)),
  );
  if (runs.every(({ trigger }) => trigger !== 'plan')) return table;
  return `${table}\n\n${terminal.colours.dim('Counts in parentheses are those of plans: nothing was sent.')}`;
}

function runCells(report: RunReport, { colours }: Terminal): readonly string[] {
  const { rows, runId, sync, trigger, startedAt } = report;
  const { read, inserted, updated, skipped, invalid, rejected, unsent } = rows;
  const isPlan = trigger === 'plan';
  const sentText = (count: number): string => (isPlan ? `(${formatNumber(count)})` : formatNumber(count));
  return [
    runId,
    sync,
    trigger,
    isPlan && report.status === 'succeeded' ? colours.dim('planned') : statusText(report, colours),
    formatTimestamp(startedAt),
    elapsedText(report) ?? '…',
    formatNumber(read),
    sentText(inserted),
    sentText(updated),
    formatNumber(skipped),
    formatNumber(invalid + rejected),
    formatNumber(unsent),
  ];
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const limit = integerOption(input, 'limit', 1) ?? defaultLimit;
  const request = { sync: input.args[0] ?? null, limit, plans: booleanOption(input, 'plans') };
  const runs = await listRuns(await context.app(), request);
  printResult(context, runs, () => runsText(runs, context.terminal));
  return exitCodes.ok;
}

export const runsCommand: Command = {
  name: 'runs',
  summary: 'The history of runs, newest first',
  args: [{ name: '[sync]', description: 'name of the sync (default: all syncs)' }],
  options: [
    { flags: '--limit <n>', description: 'how many runs to list', defaultValue: String(defaultLimit) },
    { flags: '--plans', description: 'list plans as well' },
  ],
  run,
};
