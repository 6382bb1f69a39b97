import type { App } from '../../app.ts';
import { baselineSources } from '../../core/ports/baseline.ts';
import type { BaselineSource, Resumption } from '../../core/ports/baseline.ts';
import { baselineSync } from '../../sync/audit/baseline.ts';
import type { BaselineRequest } from '../../sync/audit/baseline.ts';
import { csvPeople, hubPeople } from '../../sync/audit/participant-source.ts';
import type { CsvChoice } from '../../sync/audit/participant-source.ts';
import type { Terminal } from '../../lib/terminal.ts';
import { baselineDocument, baselineText, resumptionText } from './baseline-text.ts';
import type { Baseline } from './baseline-text.ts';
import { answer, exitCodes } from '../command.ts';
import type { Command, CommandContext, Input } from '../command.ts';
import { argument, flag, oneOf, text, texts, usageError } from '../shared/options.ts';

/** `csv`: `null` where the Hub's own list is read. */
export type BaselineChoices = Omit<BaselineRequest, 'sync' | 'people'> & {
  readonly sync: string;
  readonly csv: CsvChoice | null;
};

/** Fills the snapshot from what the Hub holds. The people become known; nothing is sent. */
export async function makeBaseline(app: App, choices: BaselineChoices): Promise<Baseline> {
  const sync = app.sync(choices.sync);
  const people = choices.csv === null ? hubPeople(app.destination()) : await csvPeople(choices.csv, sync, app.formats);
  const opened = await app.state();
  await opened.migrate();
  let resumption: Resumption = 'none';
  const onBegin: BaselineRequest['onBegin'] = (begun, resumed) => {
    resumption = resumed;
    choices.onBegin(begun, resumed);
  };
  const deps = { state: opened.hub, source: app.source(sync), formats: app.formats, log: app.log };
  const state = await baselineSync({ ...choices, sync, people, onBegin }, deps);
  return { sync, people, state, resumption };
}

function csvChoice(input: Input, from: BaselineSource): CsvChoice | null {
  const file = text(input, 'file');
  const delimiter = text(input, 'delimiter');
  const told = texts(input, 'map');
  if (from === 'csv') {
    if (file !== null) return { file, delimiter: delimiterOf(delimiter ?? ','), told: new Map(told.map(toldPair)) };
    throw usageError('--from csv needs --file.', 'Name the CSV export of the panel: --from csv --file panel.csv.');
  }
  if (file === null && delimiter === null && told.length === 0) return null;
  throw usageError('--file, --map and --delimiter are for --from csv.', 'Add --from csv, or leave them out.');
}

function delimiterOf(word: string): string {
  if (word === 'tab') return '\t';
  if (word.length === 1 && !/["\r\n]/.test(word)) return word;
  throw usageError(`--delimiter takes one character or tab, not "${word}".`, `Such as --delimiter ';'.`);
}

/** At the last equals sign: a header may hold one, a field never does. */
function toldPair(pair: string): readonly [string, string] {
  const at = pair.lastIndexOf('=');
  const [header, field] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  if (at >= 0 && header !== '' && field !== '') return [header, field];
  throw usageError(`--map takes "Header=field", not "${pair}".`, 'Such as --map "E-mail address=email".');
}

async function run(context: CommandContext, input: Input): Promise<number> {
  const from = oneOf(input, 'from', baselineSources) ?? 'hub';
  const csv = csvChoice(input, from);
  const app = await context.app();
  const { terminal } = context;
  const progress = showReading(terminal, from);
  const onBegin: BaselineRequest['onBegin'] = (begun, resumption) => {
    const words = resumptionText(begun, resumption, from);
    if (words !== null) terminal.tell(words);
  };
  const baseline = await makeBaseline(app, {
    sync: argument(input, 0),
    csv,
    replace: flag(input, 'replace'),
    restart: flag(input, 'restart'),
    signal: context.stop.drain,
    onBegin,
    onProgress: progress.show,
  }).finally(progress.stop);
  answer(context, baselineDocument(baseline), () => baselineText(baseline, terminal));
  return exitCodes.ok;
}

/** Progress of reading whom the Hub holds. */
export function showReading(
  terminal: Terminal,
  from: BaselineSource,
): { show(done: number, total: number | null): void; stop(): void } {
  const bar = terminal.progress();
  const label = from === 'hub' ? "reading the Hub's list" : 'reading the file';
  return { show: (done, total) => bar.show(label, done, total), stop: () => bar.stop() };
}

export const baselineCommand: Command = {
  name: 'baseline',
  summary: 'Makes known whom the Hub already holds, sending nothing',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [
    {
      flags: '--from <what>',
      description: "the Hub's own list, or an export of it",
      choices: baselineSources,
      fallback: 'hub',
    },
    { flags: '--file <csv>', description: 'the export, with a header line' },
    {
      flags: '--map <header=field>',
      description: 'what a column of the export is, where its header does not tell (repeatable)',
      repeatable: true,
    },
    { flags: '--delimiter <c>', description: 'what sets the columns of the export apart (default: a comma; or tab)' },
    { flags: '--replace', description: 'take the Hub as it is also for people whom panelsync has sent' },
    { flags: '--restart', description: 'begin anew instead of going on with one that was cut' },
  ],
  onStop: 'Stopping: what was read stays known.',
  run,
};
