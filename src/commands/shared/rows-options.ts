import { csvLine } from '../../lib/csv.ts';
import type { CsvCell } from '../../lib/csv.ts';
import type { CommandContext, CommandInput, CommandOption } from '../command.ts';
import { booleanOption, integerOption, stringOption, usageError } from './options.ts';

/** Rows that people get to see unless they ask for more; programs get them all. */
export const defaultRowLimit = 50;

/** Options of the lists of rows. */
export function rowsOptions(reason: string): readonly CommandOption[] {
  return [
    {
      flags: '--limit <n>',
      description: `how many rows to list (default: ${defaultRowLimit}; with --json or --csv all)`,
    },
    { flags: '--reason <code>', description: reason },
    { flags: '--csv', description: 'print CSV with a header line' },
  ];
}

export interface RowsRequest {
  readonly csv: boolean;
  readonly limit: number | null;
  readonly reason: string | null;
}

export function rowsRequest({ json }: Pick<CommandContext, 'json'>, input: CommandInput): RowsRequest {
  const csv = booleanOption(input, 'csv');
  if (csv && json) throw usageError('--csv and --json exclude each other.', 'Choose one of the two forms.');
  const limit = integerOption(input, 'limit', 1) ?? (csv || json ? null : defaultRowLimit);
  return { csv, limit, reason: stringOption(input, 'reason') };
}

/** As a file has it; the terminal ends the last line. */
export function csvText(header: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [header, ...rows].map(csvLine).join('\n');
}
