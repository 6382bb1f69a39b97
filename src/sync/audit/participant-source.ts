import type { BaselineSource, LocatedUnusableEntry } from '../../core/ports/hub/baseline.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { CsvColumns } from '../../core/model/csv-columns.ts';
import { mapCsvColumns, targetName } from '../../core/model/csv-columns.ts';
import { textHash } from '../../core/model/hash.ts';
import type { HubPerson } from '../../core/model/hub-person.ts';
import { emailKey } from '../../core/model/key.ts';
import { emailInCell, surroundedEmailIssue } from '../../core/model/rules/email-text.ts';
import type { Destination } from '../../core/ports/destination.ts';
import type { Formats } from '../../core/ports/formats.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { CharacteristicValue, FieldName } from '../../core/model/terms.ts';
import { csvRows, fileFingerprint } from '../../core/csv-file.ts';
import type { CsvRow } from '../../core/csv-file.ts';
import { listParticipants } from '../participant-list.ts';

/** Some of the Hub's people, and how far that is. */
export interface SourcePage {
  readonly people: readonly HubPerson[];
  readonly unusable: readonly LocatedUnusableEntry[];
  /** For messages: `entries 1 to 200`, `lines 2 to 2001`. */
  readonly label: string;
  /** Entries of the list or rows of the file that are read with this. */
  readonly position: number;
  /** How many people there are in all, where that is known. */
  readonly total: number | null;
}

/** Where a baseline reads the people that the Hub has: its own list, or an export of it. */
export interface ParticipantSource {
  readonly kind: BaselineSource;
  /** Tells one source from another: only the same can be continued. */
  readonly fingerprint: string;
  /** What is to be said about it in the report. */
  readonly columns: CsvColumns | null;
  read(from: number, signal: AbortSignal): AsyncIterable<SourcePage>;
}

export function hubParticipants(destination: Destination): ParticipantSource {
  return {
    kind: 'hub',
    fingerprint: destination.fingerprint,
    columns: null,
    async *read(from, signal) {
      for await (const { people, unusable, start, position, total } of listParticipants(destination, {
        from,
        signal,
      })) {
        const label = `entries ${start + 1} to ${position}`;
        yield { people, unusable: unusable.map((entry) => ({ ...entry, place: label })), label, position, total };
      }
    },
  };
}

export interface CsvOptions {
  readonly file: string;
  readonly delimiter: string;
  /** Header ► field, as the user maps them. */
  readonly columnMap: ReadonlyMap<string, string>;
}

/** More rows than that above the header are no title. */
const maxTitleRows = 20;

/** So many rows are merged in one go: enough to make the statement cheap, few enough to be lost without regret. */
const pageRows = 2000;

export async function csvParticipants(
  csv: CsvOptions,
  sync: SyncSettings,
  formats: Formats,
): Promise<ParticipantSource> {
  const contentFingerprint = await fileFingerprint(csv.file);
  const { header, columns, headRows } = await readHeader(csv, sync);
  const mappedColumns = columns.used.map(({ index, target }) => [index, targetName(target)]);
  return {
    kind: 'csv',
    fingerprint: textHash(JSON.stringify([contentFingerprint, csv.delimiter, mappedColumns])),
    columns,
    read: (from, signal) => csvPages(csv, { columns, headRows, width: header.length, formats, from, signal }),
  };
}

interface CsvReadOptions {
  readonly columns: CsvColumns;
  /** Rows above the first person: titles, the header, and what explains it. */
  readonly headRows: number;
  readonly width: number;
  readonly formats: Formats;
  readonly from: number;
  readonly signal: AbortSignal;
}

async function* csvPages(csv: CsvOptions, options: CsvReadOptions): AsyncGenerator<SourcePage> {
  let rows: CsvRow[] = [];
  let position = -options.headRows;
  for await (const row of csvRows(csv.file, csv.delimiter)) {
    position += 1;
    if (position <= Math.max(0, options.from)) continue;
    // Spreadsheets go on for as many rows as somebody has ever touched.
    if (row.cells.every((cell) => cell.trim() === '')) continue;
    rows.push(row);
    if (rows.length < pageRows) continue;
    options.signal.throwIfAborted();
    yield toPage(rows, position, options);
    rows = [];
  }
  if (rows.length > 0) yield toPage(rows, position, options);
}

function toPage(rows: readonly CsvRow[], position: number, options: CsvReadOptions): SourcePage {
  const people: HubPerson[] = [];
  const unusable: LocatedUnusableEntry[] = [];
  for (const row of rows) {
    const person = toHubPerson(row, options);
    if (typeof person === 'string') unusable.push({ place: `line ${row.line}`, id: null, reason: person });
    else people.push(person);
  }
  return { people, unusable, label: `lines ${rows[0]?.line} to ${rows.at(-1)?.line}`, position, total: null };
}

/** The person of a row, or why it stands for nobody. */
function toHubPerson({ cells }: CsvRow, { columns, width, formats }: CsvReadOptions): HubPerson | string {
  if (cells.length !== width) return `its number of values is ${cells.length}, not ${width} as in the header`;
  const fields: Partial<Record<FieldName, string>> = {};
  const characteristics: Record<string, CharacteristicValue> = {};
  for (const { index, target } of columns.used) {
    const value = cells[index] ?? '';
    if (target.kind === 'field') fields[target.field] = target.field === 'email' ? emailInCell(value) : value;
    else characteristics[target.slug] = value;
  }
  const email = fields.email ?? '';
  if (emailKey(email) === null) return 'it has no e-mail';
  // Nobody could be sent under it, and a column taken for the wrong one would fill the snapshot with nobody.
  if (!formats.isEmail(email.trim())) return surroundedEmailIssue(email.trim()) ?? 'its e-mail is malformed';
  return { email, fields, characteristics };
}

interface CsvHeader {
  readonly header: readonly string[];
  readonly columns: CsvColumns;
  readonly headRows: number;
}

/** The first row, or the first that fits the sync among those after it: some exports have title rows on top. */
async function readHeader(csv: CsvOptions, sync: SyncSettings): Promise<CsvHeader> {
  let firstError: PanelsyncError | null = null;
  let found: CsvHeader | null = null;
  let rows = 0;
  try {
    for await (const { cells } of csvRows(csv.file, csv.delimiter)) {
      rows += 1;
      if (found !== null) {
        if (isImportIdRow(cells, found.columns)) return { ...found, headRows: rows };
        if (rows === found.headRows + maxExplanationRows) break;
        continue;
      }
      const header = cells.map((cell) => cell.trim());
      const columns = mapCsvColumns(header, sync.mapping, csv.columnMap);
      if (typeof columns !== 'string') found = { header, columns, headRows: rows };
      else firstError ??= headerError(csv, columns, header);
      if (found === null && rows > maxTitleRows) break;
    }
  } catch (error) {
    // A header that does not fit explains best what is wrong with the rows below it; reading reports the rest in its place.
    if (found === null) throw firstError ?? error;
  }
  if (found !== null) return found;
  throw firstError ?? csvUsageError(`${csv.file} is empty.`, 'Export the panel with a header line.');
}

/** Qualtrics explains its header in a row of questions and one of ids as JSON, which is the last. */
const maxExplanationRows = 2;

function isImportIdRow(cells: readonly string[], { used }: CsvColumns): boolean {
  return used.every(({ index }) => /^\s*\{\s*"ImportId"\s*:/.test(cells[index] ?? ''));
}

function headerError({ file, delimiter }: CsvOptions, issue: string, header: readonly string[]): PanelsyncError {
  const likelyDelimiter = [';', '\t', ',', '|'].find((one) => one !== delimiter && (header[0] ?? '').includes(one));
  if (header.length === 1 && likelyDelimiter !== undefined) {
    const [name, option] =
      likelyDelimiter === '\t' ? ['tabs', 'tab'] : [`"${likelyDelimiter}"`, `'${likelyDelimiter}'`];
    return csvUsageError(
      `The columns of ${file} are separated by ${name}, not by "${delimiter}".`,
      `Add --delimiter ${option}.`,
    );
  }
  const headers = header.map((one) => `"${one}"`).join(', ');
  return csvUsageError(
    `The header of ${file} does not match the sync: ${issue}.`,
    `Its columns: ${headers}. Map each of them with --map "Header=field", such as --map "Mail=email" or --map "Plan=characteristics.plan".`,
  );
}

function csvUsageError(message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code: 'csv_header', recovery: 'usage', message, hint });
}
