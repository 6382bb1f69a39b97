import type { DuckDbErrorInfo } from './failure.ts';
import { formatNumber } from '../../lib/format.ts';

/**
 * Errors about the content of files and the values of rows. DuckDB quotes lines and values in them, so nothing of its
 * text is repeated but numbers, types, files, and names that cannot be anything else.
 */

export interface DataError {
  /** Goes on after "The model … fails". */
  readonly details: string;
  readonly hint: string;
}

const clientHint = 'Run the model in the DuckDB command line, and correct it or its files.';
const optionsHint = "Set the options of the file, such as read_csv('…', delim = ';', header = true, quote = '\"').";

export function dataError(info: DuckDbErrorInfo): DataError {
  const { type, message } = info;
  return (
    csvError(message) ??
    fileError(message) ??
    conversionError(message) ?? {
      details: `: ${type === '' ? 'an' : `${article(type)} ${type.toLowerCase()}`} error, whose text may quote values and is left out`,
      hint: clientHint,
    }
  );
}

function article(word: string): string {
  return /^[aeiou]/i.test(word) ? 'an' : 'a';
}

/** What can be wrong with a line of a CSV file, in the order of the search: the line itself comes first in the text. */
const csvProblems: readonly (readonly [pattern: RegExp, problem: string, hint: string])[] = [
  [
    /Invalid unicode \(byte sequence mismatch\)/,
    'it is not UTF-8',
    "Name the encoding, such as read_csv('…', encoding = 'latin-1') or 'utf-16', or save the file as UTF-8.",
  ],
  [
    /Maximum line size of \d+ bytes exceeded/,
    'the line is longer than max_line_size (2 MB); a quote may be open',
    "Close the quote, or allow longer lines: read_csv('…', max_line_size = 20000000).",
  ],
  [/unterminated quote/i, 'a quote is opened and never closed', 'Correct the line: a quote within quotes is doubled.'],
  [
    /Expected Number of Columns: \d+ Found: \d+/,
    'the line has another number of columns than the header',
    "Correct the line, or skip such lines with read_csv('…', ignore_errors = true).",
  ],
  [
    /Error when converting column/,
    'a value does not have the type of its column',
    "Set the type, read_csv('…', types = {'column': 'VARCHAR'}), or let DuckDB look at all rows: sample_size = -1.",
  ],
];

function csvError(message: string): DataError | null {
  const line = /^CSV Error on Line: (\d+)/.exec(message)?.[1];
  if (line === undefined) {
    const sniffed = /^Error when sniffing file "([^"\n]*)"/.exec(message)?.[1];
    if (sniffed === undefined) return null;
    return { details: `: the layout of the CSV file ${sniffed} is not recognized`, hint: optionsHint };
  }
  const file = /\n {2}file = ([^\n]*)\n/.exec(message)?.[1] ?? 'a CSV file';
  const [, problem = 'it is not valid CSV', hint = optionsHint] =
    csvProblems.find(([pattern]) => pattern.test(message)) ?? [];
  const conversion = problem.includes('type of its column') ? typeDetails(message) : '';
  return { details: `: ${file}, line ${formatNumber(Number(line))}: ${problem}${conversion}`, hint };
}

/** Column and type, where they are plain names. */
function typeDetails(message: string): string {
  const column = /Error when converting column "([A-Za-z_]\w{0,62})"/.exec(message)?.[1];
  const type = / to '([A-Z_]+(?:\(\d+,\s?\d+\))?)'/.exec(message)?.[1];
  return column === undefined || type === undefined ? '' : ` (${column}, ${type})`;
}

function fileError(message: string): DataError | null {
  const json = /^Malformed JSON in file "([^"\n]*)", at byte (\d+) in (?:line|record\/value) (\d+)/.exec(message);
  if (json !== null) {
    const hint = 'Correct the file; read_json and read_ndjson have ignore_errors = true.';
    return { details: `: the JSON file ${json[1]} is malformed, record ${json[3]}, byte ${json[2]}`, hint };
  }
  const parquet = /^No magic bytes found at end of file '([^'\n]*)'/.exec(message)?.[1];
  if (parquet !== undefined) {
    const hint = 'Write the file again. Rename it into place when it is complete, so that nobody reads half of it.';
    return { details: `: ${parquet} is not a complete Parquet file`, hint };
  }
  if (!message.startsWith('Schema mismatch')) return null;
  const hint = "Combine columns by name, read_csv('…', union_by_name = true), or read files with the same columns.";
  return { details: ': the files of a pattern have different columns', hint };
}

function conversionError(message: string): DataError | null {
  const type =
    /(?:Could not convert string|Unimplemented type for cast|Could not cast) .* to ([A-Z][A-Z0-9_]*)\b/s.exec(
      message,
    )?.[1];
  if (type === undefined) return null;
  return {
    details: `: a value cannot be converted to ${type}`,
    hint: 'Use try_cast, which gives null for such values, or correct them.',
  };
}
