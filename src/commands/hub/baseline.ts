import { resolve } from 'node:path';
import type { App } from '../../app.ts';
import { baselineSources } from '../../core/ports/hub/baseline.ts';
import type { BaselineSource, Resumption } from '../../core/ports/hub/baseline.ts';
import { baselineSync } from '../../sync/audit/baseline.ts';
import type { BaselineRequest } from '../../sync/audit/baseline.ts';
import { csvParticipants, hubParticipants } from '../../sync/audit/participant-source.ts';
import type { CsvOptions } from '../../sync/audit/participant-source.ts';
import { baselineDocument, baselineText, resumptionText } from './baseline-text.ts';
import type { BaselineView } from './baseline-text.ts';
import { printResult, exitCodes } from '../command.ts';
import type { Command, CommandContext, CommandInput } from '../command.ts';
import {
  argumentAt,
  booleanOption,
  choiceOption,
  stringOption,
  stringListOption,
  usageError,
} from '../shared/options.ts';
import { progressOption, readLabel, showProgress } from '../shared/progress.ts';

/** `csv`: `null` where the Hub's own list is read. */
export type BaselineCommandOptions = Omit<BaselineRequest, 'sync' | 'people'> & {
  readonly sync: string;
  readonly csv: CsvOptions | null;
};

/** Imports the participants that the Hub already has into the snapshot; sends nothing. */
export async function importBaseline(app: App, options: BaselineCommandOptions): Promise<BaselineView> {
  const sync = app.sync(options.sync);
  const people =
    options.csv === null ? hubParticipants(app.destination()) : await csvParticipants(options.csv, sync, app.formats);
  const { hub } = await app.migratedState();
  let resumption: Resumption = 'none';
  const onStarted: BaselineRequest['onStarted'] = (begun, resumed) => {
    resumption = resumed;
    options.onStarted(begun, resumed);
  };
  const deps = { state: hub, source: app.source(sync), formats: app.formats, log: app.log };
  const state = await baselineSync({ ...options, sync, people, onStarted }, deps);
  return { sync, people, state, resumption };
}

function csvOptions(input: CommandInput, from: BaselineSource, cwd: string): CsvOptions | null {
  const file = stringOption(input, 'file');
  const delimiter = stringOption(input, 'delimiter');
  const columnMappings = stringListOption(input, 'map');
  if (from === 'csv') {
    if (file !== null)
      return {
        file: resolve(cwd, file),
        delimiter: parseDelimiter(delimiter ?? ','),
        columnMap: new Map(columnMappings.map(parseColumnMapping)),
      };
    throw usageError('--from csv needs --file.', 'Name the CSV export of the panel: --from csv --file panel.csv.');
  }
  if (file === null && delimiter === null && columnMappings.length === 0) return null;
  throw usageError('--file, --map and --delimiter need --from csv.', 'Add --from csv, or leave them out.');
}

function parseDelimiter(value: string): string {
  if (value === 'tab') return '\t';
  if (value.length === 1 && !/["\r\n]/.test(value)) return value;
  throw usageError(`--delimiter takes one character or tab, not "${value}".`, `Write it as in --delimiter ';'.`);
}

/** At the last equals sign: a header may hold one, a field never does. */
function parseColumnMapping(pair: string): readonly [string, string] {
  const separatorAt = pair.lastIndexOf('=');
  const [header, field] = [pair.slice(0, separatorAt).trim(), pair.slice(separatorAt + 1).trim()];
  if (separatorAt >= 0 && header !== '' && field !== '') return [header, field];
  throw usageError(`--map takes "Header=field", not "${pair}".`, 'Write it as in --map "E-mail address=email".');
}

async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const from = choiceOption(input, 'from', baselineSources) ?? 'hub';
  const csv = csvOptions(input, from, context.cwd);
  const app = await context.app();
  const { terminal } = context;
  const sync = argumentAt(input, 0);
  const display = showProgress(context, input, readLabel(from));
  const onStarted: BaselineRequest['onStarted'] = (begun, resumption) => {
    const message = resumptionText(begun, resumption, from);
    if (message !== null) terminal.printNotice(message);
  };
  const baseline = await importBaseline(app, {
    sync,
    csv,
    replace: booleanOption(input, 'replace'),
    restart: booleanOption(input, 'restart'),
    signal: context.shutdown.drain,
    onStarted,
    onProgress: (done, total) => display.show({ sync, runId: null, step: 'read', done, total }),
  }).finally(() => display.stop());
  printResult(context, baselineDocument(baseline), () => baselineText(baseline, terminal));
  return exitCodes.ok;
}

export const baselineCommand: Command = {
  name: 'baseline',
  summary: 'Imports the participants that the Hub already has; sends nothing',
  args: [{ name: '<sync>', description: 'name of the sync' }],
  options: [
    {
      flags: '--from <what>',
      description: 'read the list of the Hub, or a CSV export of it',
      choices: baselineSources,
      defaultValue: 'hub',
    },
    { flags: '--file <csv>', description: 'CSV export with a header line' },
    {
      flags: '--map <header=field>',
      description: 'field that a column of the export holds, where its header is not recognised (repeatable)',
      repeatable: true,
    },
    { flags: '--delimiter <c>', description: 'character between the columns of the export, or tab (default: a comma)' },
    { flags: '--replace', description: 'also replace people that panelsync has sent' },
    { flags: '--restart', description: 'start over instead of resuming an interrupted baseline' },
    progressOption,
  ],
  shutdownMessage: 'Stopping: participants imported so far stay in the snapshot.',
  run,
};
