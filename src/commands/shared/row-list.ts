import type { ReasonCount } from '../../core/model/terms.ts';
import { byteOrderMark, csvLine } from '../../lib/csv.ts';
import type { CsvCell } from '../../lib/csv.ts';
import { formatNumber } from '../../lib/format.ts';
import type { Column } from '../../lib/terminal/table.ts';
import type { Terminal } from '../../lib/terminal/terminal.ts';
import { printResult } from '../command.ts';
import type { CommandInput, CommandOption, OutputContext } from '../command.ts';
import { booleanOption, integerOption, stringOption, usageError } from './options.ts';
import { reasonsText } from './reasons.ts';

/** Lists of rows: counts by reason, then the rows, for people, as JSON or as CSV. */

/** Rows that people get to see unless they ask for more; programs get them all. */
export const defaultRowLimit = 50;

/** Options of the lists of rows. */
export function rowListOptions(reason: string): readonly CommandOption[] {
  return [
    {
      flags: '--limit <n>',
      description: `how many rows to list (default: ${defaultRowLimit}; with --json or --csv all)`,
    },
    { flags: '--reason <code>', description: reason },
    { flags: '--counts', description: 'only how many rows share each reason' },
    { flags: '--csv', description: 'print CSV with a header line' },
    { flags: '--bom', description: 'with --csv: begin with a byte order mark, so that Excel reads it as UTF-8' },
  ];
}

export interface RowListRequest {
  readonly form: 'text' | 'json' | 'csv';
  readonly bom: boolean;
  readonly countsOnly: boolean;
  /** `null`: all. */
  readonly limit: number | null;
  /** Only rows with this reason; `null`: all. */
  readonly reason: string | null;
}

export function rowListRequest({ json }: Pick<OutputContext, 'json'>, input: CommandInput): RowListRequest {
  const [csv, bom] = [booleanOption(input, 'csv'), booleanOption(input, 'bom')];
  if (csv && json) throw usageError('--csv and --json exclude each other.', 'Choose one of the two forms.');
  if (bom && !csv) throw usageError('--bom is about CSV.', 'Add --csv.');
  return {
    form: csv ? 'csv' : json ? 'json' : 'text',
    bom,
    countsOnly: booleanOption(input, 'counts'),
    limit: integerOption(input, 'limit', 1) ?? (csv || json ? null : defaultRowLimit),
    reason: stringOption(input, 'reason'),
  };
}

/** What programs get of rows. */
interface RowDocuments<Row> {
  readonly rows: readonly Row[];
  /** The columns of CSV by their names. */
  readonly columns: Readonly<Record<string, (row: Row) => CsvCell>>;
  /** A row as JSON. */
  document(row: Row): unknown;
}

/** A list, in every form that it can be asked for. */
export interface RowList<Row> extends RowDocuments<Row> {
  /** Of all its rows, most frequent first, whatever the limit. */
  readonly reasons: readonly ReasonCount[];
  /** For people. */
  readonly table: {
    readonly columns: readonly (string | Column)[];
    cells(row: Row): readonly string[];
    /** Below the rows. */
    readonly summary: string;
    /** In the place of the rows: why there are none. */
    readonly none: string;
  };
}

export function printRowList<Row>(context: OutputContext, request: RowListRequest, list: RowList<Row>): void {
  const { terminal } = context;
  const { countsOnly, reason } = request;
  const reasons = reason === null ? list.reasons : list.reasons.filter((one) => one.reason === reason);
  if (!countsOnly) print(context, request, list, () => listText({ ...list, reasons }, terminal));
  else
    print(context, request, countDocuments(reasons), () =>
      reasons.length === 0 ? rowsText(list, terminal) : reasonsText(reasons, terminal),
    );
}

function print<Row>(
  context: OutputContext,
  { form, bom }: RowListRequest,
  documents: RowDocuments<Row>,
  text: () => string,
): void {
  if (form === 'csv') context.terminal.printRows((bom ? byteOrderMark : '') + csvText(documents));
  else printResult(context, documents.rows.map(documents.document), text);
}

/** Counts by reason, then the rows. */
export function listText<Row>(list: RowList<Row>, terminal: Terminal): string {
  const counts = list.rows.length === 0 ? '' : reasonsText(list.reasons, terminal);
  return [counts, rowsText(list, terminal)].filter((part) => part !== '').join('\n\n');
}

function rowsText<Row>({ rows, table }: RowList<Row>, terminal: Terminal): string {
  if (rows.length === 0) return table.none;
  return `${terminal.table(table.columns, rows.map(table.cells))}\n\n${terminal.colours.dim(table.summary)}`;
}

/** `2,000 people; 50 shown (--limit shows more).` */
export function countText(
  subject: string,
  { shown, total }: { readonly shown: number; readonly total: number },
): string {
  return `${subject}${shown < total ? `; ${formatNumber(shown)} shown (--limit shows more)` : ''}.`;
}

/** Why a list is empty that has rows for other reasons. */
export function otherReasonsText(wanted: string, reasons: readonly ReasonCount[]): string {
  const others = [...new Set(reasons.map(({ reason }) => reason))].join(', ');
  return `with the reason ${wanted}; there are some with ${others}`;
}

/** As a file has it; the terminal ends the last line. */
function csvText<Row>({ columns, rows }: RowDocuments<Row>): string {
  const cells = Object.values(columns);
  return [Object.keys(columns), ...rows.map((row) => cells.map((cell) => cell(row)))].map(csvLine).join('\n');
}

function countDocuments(reasons: readonly ReasonCount[]): RowDocuments<ReasonCount> {
  return {
    rows: reasons,
    columns: {
      reason: ({ reason }) => reason,
      field: ({ field }) => field,
      message: ({ message }) => message,
      count: ({ count }) => count,
    },
    document: (reason) => reason,
  };
}
