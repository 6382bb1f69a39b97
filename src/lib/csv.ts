export type CsvCell = string | number | boolean | null;

/** What tells Excel that a file is UTF-8. */
export const byteOrderMark = '\uFEFF';

/** A line of CSV without its end, as RFC 4180 has it. */
export function csvLine(cells: readonly CsvCell[]): string {
  return cells.map(csvCell).join(',');
}

/** Spreadsheets run a text that begins like this as a formula, which may come from whoever typed in a name. */
const formula = /^[=+\-@\t\r]/;

function csvCell(value: CsvCell): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
