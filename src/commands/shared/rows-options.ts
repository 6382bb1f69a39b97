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

/** Rows as RFC 4180 has them, but for the line ends. */
export function csvText(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  return [header, ...rows].map((cells) => cells.map(csvCell).join(',')).join('\n');
}

function csvCell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
