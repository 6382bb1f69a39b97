import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import type { Info } from 'csv-parse';
import { PanelsyncError } from './errors.ts';
import { systemCode } from '../lib/system-code.ts';
import { isMojibake, openCsvText } from './csv-text.ts';
import { textHash } from './model/hash.ts';

export interface CsvRow {
  /** The line that the row begins on, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** More in one row is a file with a quote that nobody closed. */
const maxRowCharacters = 4 * 1024 * 1024;

const fingerprintBytes = 64 * 1024;

/**
 * Rows of a CSV file (RFC 4180, in UTF-8 or UTF-16), the header first; the file may be of any size. A line `sep=;` at
 * its start wins over `delimiter`.
 */
export async function* csvRows(path: string, delimiter: string): AsyncGenerator<CsvRow> {
  const text = await openCsvText(path).catch((error: unknown) => {
    throw csvError(path, 1, error);
  });
  const parser = parse({
    delimiter: text.delimiter ?? delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRowCharacters,
  });
  // An error on the way ends the parser with the same error, which is reported there.
  pipeline(text.chunks(), parser).catch(() => undefined);
  // The parser's own count takes a line break in a value for two lines where it is CR LF.
  let extraLines = text.delimiter === null ? 0 : 1;
  const line = ({ records, empty_lines: empty }: Info): number => records + empty + extraLines;
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRow>) {
      if (isMojibake(record)) throw mojibakeError(path, line(info));
      yield { line: line(info), cells: record };
      extraLines += countLineBreaks(record);
    }
  } catch (error) {
    throw csvError(path, line(parser.info) + 1, error);
  }
}

/** Tells one file from another, and from itself after a change. */
export async function fileFingerprint(path: string): Promise<string> {
  const file = await open(path).catch((error: unknown) => {
    throw csvError(path, 1, error);
  });
  try {
    const { size, mtimeMs } = await file.stat();
    const { bytesRead, buffer } = await file.read(Buffer.alloc(fingerprintBytes), 0, fingerprintBytes, 0);
    return textHash(JSON.stringify([size, mtimeMs, buffer.toString('latin1', 0, bytesRead)]));
  } catch (error) {
    throw csvError(path, 1, error);
  } finally {
    await file.close();
  }
}

interface ParsedRow {
  readonly record: readonly string[];
  readonly info: Info;
}

function countLineBreaks(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + (/[\r\n]/.test(cell) ? cell.split(/\r\n|\r|\n/).length - 1 : 0), 0);
}

/** The parser's messages quote the file, so only the line and the kind of error are reported. */
function csvError(path: string, line: number, error: unknown): unknown {
  if (error instanceof PanelsyncError) return error;
  if (error instanceof CsvError) {
    const message = `${path} is not valid CSV from line ${line} on: ${parseErrorTexts[error.code] ?? `it breaks the rules (${error.code})`}.`;
    return csvFileError(
      'csv_broken',
      message,
      'Correct the line (RFC 4180: a quote within quotes is doubled), or set the delimiter with --delimiter.',
      error,
    );
  }
  const code = systemCode(error);
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    return csvFileError('csv_encoding', `${path} is not valid UTF-8 (after line ${line}).`, encodingHint, error);
  }
  if (code === null) return error;
  return csvFileError(
    'csv_unreadable',
    `${path} cannot be read (${code}).`,
    'Check the path and the rights of the file.',
    error,
  );
}

const encodingHint = 'Save or export it as UTF-8 (in Excel: "CSV UTF-8").';

function mojibakeError(path: string, line: number): PanelsyncError {
  const message = `${path} was saved with broken characters, first in line ${line}: "Ã¼" where "ü" was meant, for example.`;
  const hint = 'A program read UTF-8 as Windows-1252. Export the file again as UTF-8 and do not open it in between.';
  return csvFileError('csv_encoding', message, hint, undefined);
}

const parseErrorTexts: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quote',
  INVALID_OPENING_QUOTE:
    'a quote stands in the middle of a value that is not quoted, or another delimiter separates the columns',
  CSV_MAX_RECORD_SIZE: 'a row has more than 4 million characters; a quote may be open',
};

function csvFileError(code: string, message: string, hint: string, cause: unknown): PanelsyncError {
  return new PanelsyncError({ code, recovery: 'usage', message, hint, cause });
}
