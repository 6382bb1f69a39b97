import { syncOverviews } from '../../app/sync-overviews.ts';
import type { SyncOverview } from '../../app/sync-overviews.ts';
import { syncStateWords } from '../../core/model/sync-state/sync-state.ts';
import { formatNumber, formatPeople, formatTimestamp, pluralize } from '../../lib/format.ts';
import type { Column } from '../../lib/terminal/table.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { exitCodes, printResult } from '../command.ts';
import type { Command, CommandContext } from '../command.ts';
import { countsText, freshnessText, pauseText, statusText } from '../shared/format.ts';

const columns: readonly (string | Column)[] = [
  'sync',
  'state',
  { title: 'mode', whenNarrow: 'omit' },
  { title: 'schedule', whenNarrow: 'omit' },
  'last run',
  { title: 'started', whenNarrow: 'omit' },
  'next run',
  { title: 'waiting', align: 'right' },
  { title: 'rejections', align: 'right' },
  { title: 'snapshot', align: 'right', whenNarrow: 'omit' },
];

function overviewsText(overviews: readonly SyncOverview[], terminal: Terminal): string {
  const table = terminal.table(
    columns,
    overviews.map((overview) => overviewCells(overview, terminal)),
  );
  return [
    table,
    ...overviews.flatMap(pauseLine),
    ...overviews.flatMap((overview) => freshnessLine(overview, terminal)),
    ...overviews.flatMap(removedLine),
    ...overviews.flatMap(unresolvedLines),
  ].join('\n');
}

function overviewCells(overview: SyncOverview, { colours }: Terminal): readonly string[] {
  const { sync, mode, schedule, nextRunAt, lastRun, snapshot, rejections } = overview;
  return [
    sync,
    stateText(overview, colours),
    mode,
    schedule ?? 'manual',
    lastRun === null ? colours.dim('never') : `${statusText(lastRun, colours)} (${lastRun.runId})`,
    lastRun === null ? '' : formatTimestamp(lastRun.startedAt),
    nextRunAt === null ? '' : formatTimestamp(nextRunAt),
    lastRun === null ? '' : formatNumber(lastRun.rows.unsent),
    formatNumber(rejections),
    formatNumber(snapshot),
  ];
}

function stateText({ state }: SyncOverview, colours: Terminal['colours']): string {
  const words = syncStateWords[state];
  switch (state) {
    case 'healthy':
      return colours.green(words);
    case 'failing':
    case 'stopped':
    case 'overdue':
      return colours.red(words);
    case 'stale':
    case 'refused':
    case 'paused':
      return colours.yellow(words);
    case 'running':
    case 'new':
      return words;
  }
}

function pauseLine({ sync, pausedAt: at, pausedBy: by, pauseReason: reason }: SyncOverview): readonly string[] {
  return at === null || by === null ? [] : [`${sync} has been ${pauseText({ at, by, reason })}`];
}

function freshnessLine({ sync, freshness }: SyncOverview, { colours }: Terminal): readonly string[] {
  return freshness === null ? [] : [`${sync}: ${freshnessText(freshness, new Date(), colours)}`];
}

function removedLine({ sync, removed: { people, marked, refused } }: SyncOverview): readonly string[] {
  if (people === 0) return [];
  const marks = countsText([
    [marked, 'of them marked in the Hub'],
    [refused, 'whose mark the Hub refused'],
  ]);
  const left = `${formatPeople(people)} left the model${marks === '' ? '' : `, ${marks}`}`;
  return [`${sync}: ${left}. panelsync removed ${sync} lists them.`];
}

/** What a person has to find out when the Hub cannot be read. */
function unresolvedLines({ sync, held: unresolved }: SyncOverview): readonly string[] {
  const { batches, people, runs } = unresolved;
  if (batches === 0) return [];
  return [
    `${sync}: ${pluralize(batches, 'batch', 'batches')} (${formatPeople(people)}) with an unknown outcome, from ${runs.length === 1 ? 'run' : 'runs'} ${runs.join(', ')}.`,
    '  Every run tries to look these people up. To decide yourself, look up a few of them in the Hub, then use ' +
      'panelsync resolve <run> --sent or --unsent.',
  ];
}

async function run(context: CommandContext): Promise<number> {
  const overviews = await syncOverviews(await context.app());
  printResult(context, overviews, () => overviewsText(overviews, context.terminal));
  return exitCodes.ok;
}

export const statusCommand: Command = {
  name: 'status',
  summary: 'Each sync: last and next run, rows waiting, open rejections, people in the snapshot',
  args: [],
  options: [],
  run,
};
