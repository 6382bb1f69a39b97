import type { App } from '../app.ts';
import type { SyncStatus } from '../core/records.ts';
import type { Pause } from '../core/schedules.ts';
import type { Mode } from '../core/types.ts';
import type { Terminal } from '../lib/terminal.ts';
import { answer, exitCodes } from './command.ts';
import type { Command, CommandContext } from './command.ts';
import { moment, number, plain, statusText } from './report-text.ts';

export interface SyncOverview extends Omit<SyncStatus, 'pause'> {
  readonly sync: string;
  readonly mode: Mode;
  readonly schedule: string | null;
  /** `null` while nobody runs the schedule. */
  readonly nextRunAt: string | null;
  readonly paused: boolean;
  readonly pausedAt: string | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
}

/** How every sync of the configuration stands. */
export async function syncOverviews(app: App): Promise<readonly SyncOverview[]> {
  const records = await app.records();
  const overviews: SyncOverview[] = [];
  for (const { name, mode, schedule } of Object.values(app.config.syncs)) {
    const { pause, ...status } = await records.status(name);
    overviews.push({ sync: name, mode, schedule, nextRunAt: null, ...pausedFields(pause), ...status });
  }
  return overviews;
}

function pausedFields(pause: Pause | null): Pick<SyncOverview, 'paused' | 'pausedAt' | 'pausedBy' | 'pauseReason'> {
  const { at = null, by = null, reason = null } = pause ?? {};
  return { paused: pause !== null, pausedAt: at, pausedBy: by, pauseReason: reason };
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
  const paused = overviews.flatMap(pauseLine);
  return [terminal.table(head, rows), ...paused].join('\n');
}

function pauseLine({ sync, pausedAt, pausedBy, pauseReason }: SyncOverview): readonly string[] {
  if (pausedAt === null || pausedBy === null) return [];
  const reason = pauseReason === null ? '' : `: ${plain(pauseReason)}`;
  return [`${sync} is paused since ${moment(pausedAt)} by ${plain(pausedBy)}${reason}`];
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
