import { syncOverviews } from '../../app/sync-overviews.ts';
import type { SyncOverview } from '../../app/sync-overviews.ts';
import type { Terminal } from '../../lib/terminal.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';
import { counted, moment, number, pauseText, statusText } from '../shared/report-text.ts';

function overviewsText(overviews: readonly SyncOverview[], terminal: Terminal): string {
  const head = ['sync', 'mode', 'schedule', 'next run', 'last run', 'started', 'waiting', 'snapshot', 'rejections'];
  const rows = overviews.map(({ sync, mode, schedule, nextRunAt, lastRun, snapshot, rejections }) => {
    const last =
      lastRun === null ? terminal.colours.dim('never') : `${statusText(lastRun, terminal.colours)} (${lastRun.runId})`;
    const waiting = lastRun === null ? '' : number(lastRun.rows.unsent);
    const started = lastRun === null ? '' : moment(lastRun.startedAt);
    const next = nextRunAt === null ? '' : moment(nextRunAt);
    return [sync, mode, schedule ?? 'by hand', next, last, started, waiting, number(snapshot), number(rejections)];
  });
  return [terminal.table(head, rows), ...overviews.flatMap(pauseLine), ...overviews.flatMap(heldLines)].join('\n');
}

function pauseLine({ sync, pausedAt: at, pausedBy: by, pauseReason: reason }: SyncOverview): readonly string[] {
  return at === null || by === null ? [] : [`${sync} is ${pauseText({ at, by, reason })}`];
}

/** What only a person can tell, when the Hub cannot be read. */
function heldLines({ sync, held }: SyncOverview): readonly string[] {
  if (held.batches === 0) return [];
  const whom = `${counted(held.people, 'person', 'people')} in ${counted(held.batches, 'batch', 'batches')}`;
  const runs = `${held.runs.length === 1 ? 'run' : 'runs'} ${held.runs.join(', ')}`;
  return [
    `${sync}: ${whom} of ${runs} withheld: nobody knows whether the Hub has stored them.`,
    '  Every run tries to look them up. Or look yourself, and say panelsync resolve <run> --sent or --unsent.',
  ];
}

async function run(context: CommandContext): Promise<number> {
  const overviews = await syncOverviews(await context.app());
  answer(context, overviews, () => overviewsText(overviews, context.terminal));
  return exitCodes.ok;
}

export const statusCommand: Command = {
  name: 'status',
  summary: 'Each sync: next and last run, rows waiting, people in the snapshot, open rejections',
  args: [],
  options: [],
  run,
};
