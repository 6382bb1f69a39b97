import type { App } from '../app.ts';
import type { SyncStatus } from '../core/records.ts';
import type { Mode } from '../core/types.ts';
import type { Terminal } from '../lib/terminal.ts';
import { answer, exitCodes } from './command.ts';
import type { Command, CommandContext } from './command.ts';
import { moment, number, statusText } from './report-text.ts';

export interface SyncOverview extends SyncStatus {
  readonly sync: string;
  readonly mode: Mode;
  readonly schedule: string | null;
  /** `null` while nobody runs the schedule. */
  readonly nextRunAt: string | null;
  readonly paused: boolean;
}

/** How every sync of the configuration stands. */
export async function syncOverviews(app: App): Promise<readonly SyncOverview[]> {
  const records = await app.records();
  const overviews: SyncOverview[] = [];
  for (const { name, mode, schedule } of Object.values(app.config.syncs)) {
    const status = await records.status(name);
    overviews.push({ sync: name, mode, schedule, nextRunAt: null, paused: false, ...status });
  }
  return overviews;
}

function overviewsText(overviews: readonly SyncOverview[], terminal: Terminal): string {
  const head = ['sync', 'mode', 'schedule', 'last run', 'started', 'waiting', 'snapshot', 'rejections'];
  const rows = overviews.map(({ sync, mode, schedule, lastRun, snapshot, rejections }) => {
    const last =
      lastRun === null ? terminal.colours.dim('never') : `${statusText(lastRun, terminal.colours)} (${lastRun.runId})`;
    const waiting = lastRun === null ? '' : number(lastRun.rows.unsent);
    const started = lastRun === null ? '' : moment(lastRun.startedAt);
    return [sync, mode, schedule ?? 'by hand', last, started, waiting, number(snapshot), number(rejections)];
  });
  return terminal.table(head, rows);
}

async function run(context: CommandContext): Promise<number> {
  const overviews = await syncOverviews(await context.app());
  answer(context, overviews, () => overviewsText(overviews, context.terminal));
  return exitCodes.ok;
}

export const statusCommand: Command = {
  name: 'status',
  summary: 'Each sync: last run, rows waiting, people in the snapshot, open rejections',
  args: [],
  options: [],
  run,
};
