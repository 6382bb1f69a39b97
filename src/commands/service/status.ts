import { syncOverviews } from '../../app/sync-overviews.ts';
import type { SyncOverview } from '../../app/sync-overviews.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';
import { pluralize, formatTimestamp, formatNumber, pauseText, statusText } from '../shared/report-text.ts';

function overviewsText(overviews: readonly SyncOverview[], terminal: Terminal): string {
  const header = ['sync', 'mode', 'schedule', 'next run', 'last run', 'started', 'waiting', 'snapshot', 'rejections'];
  const rows = overviews.map(({ sync, mode, schedule, nextRunAt, lastRun, snapshot, rejections }) => {
    const lastRunText =
      lastRun === null ? terminal.colours.dim('never') : `${statusText(lastRun, terminal.colours)} (${lastRun.runId})`;
    const waiting = lastRun === null ? '' : formatNumber(lastRun.rows.unsent);
    const started = lastRun === null ? '' : formatTimestamp(lastRun.startedAt);
    const nextRunText = nextRunAt === null ? '' : formatTimestamp(nextRunAt);
    return [
      sync,
      mode,
      schedule ?? 'by hand',
      nextRunText,
      lastRunText,
      started,
      waiting,
      formatNumber(snapshot),
      formatNumber(rejections),
    ];
  });
  return [terminal.table(header, rows), ...overviews.flatMap(pauseLine), ...overviews.flatMap(unresolvedLines)].join(
    '\n',
  );
}

function pauseLine({ sync, pausedAt: at, pausedBy: by, pauseReason: reason }: SyncOverview): readonly string[] {
  return at === null || by === null ? [] : [`${sync} is ${pauseText({ at, by, reason })}`];
}

/** What only a person can tell, when the Hub cannot be read. */
function unresolvedLines({ sync, held: unresolved }: SyncOverview): readonly string[] {
  if (unresolved.batches === 0) return [];
  const peopleText = `${pluralize(unresolved.people, 'person', 'people')} in ${pluralize(unresolved.batches, 'batch', 'batches')}`;
  const runs = `${unresolved.runs.length === 1 ? 'run' : 'runs'} ${unresolved.runs.join(', ')}`;
  return [
    `${sync}: ${peopleText} of ${runs} withheld: nobody knows whether the Hub has stored them.`,
    '  Every run tries to look them up. Or look yourself, and say panelsync resolve <run> --sent or --unsent.',
  ];
}

async function run(context: CommandContext): Promise<number> {
  const overviews = await syncOverviews(await context.app());
  printResult(context, overviews, () => overviewsText(overviews, context.terminal));
  return exitCodes.ok;
}

export const statusCommand: Command = {
  name: 'status',
  summary: 'Each sync: next and last run, rows waiting, people in the snapshot, open rejections',
  args: [],
  options: [],
  run,
};
