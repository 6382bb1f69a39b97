import type { BaselineSource, UnusablePlace } from '../../core/ports/baseline.ts';
import { PanelsyncError } from '../../core/errors.ts';
import type { CsvColumns } from '../../core/model/csv-columns.ts';
import { csvColumns, targetName } from '../../core/model/csv-columns.ts';
import { textHash } from '../../core/model/hash.ts';
import type { HubPerson } from '../../core/model/hub-person.ts';
import { emailKey } from '../../core/model/key.ts';
import type { Destination, Formats } from '../../core/ports/ports.ts';
import type { SyncSettings } from '../../core/settings.ts';
import type { CharacteristicValue, FieldName } from '../../core/model/terms.ts';
import { csvRows, fileMark } from '../../core/csv-file.ts';
import type { CsvRow } from '../../core/csv-file.ts';
import { listPages } from '../participant-pages.ts';

/** Some of the Hub's people, and how far that is. */
export interface Reading {
  readonly people: readonly HubPerson[];
  readonly unusable: readonly UnusablePlace[];
  /** For messages: `page 3`, `lines 2 to 2001`. */
  readonly where: string;
  /** Pages of the list or rows of the file that are read with this. */
  readonly place: number;
  /** How many people there are in all, where that is known. */
  readonly total: number | null;
}

/** Where a baseline reads whom the Hub holds: its own list, or an export of it. */
export interface PeopleSource {
  readonly kind: BaselineSource;
  /** Tells one source from another: only the same can be gone on with. */
  readonly mark: string;
  /** What is to be said about it in the report. */
  readonly columns: CsvColumns | null;
  read(from: number, signal: AbortSignal): AsyncIterable<Reading>;
}

export function hubPeople(destination: Destination): PeopleSource {
  return {
    kind: 'hub',
    mark: destination.fingerprint,
    columns: null,
    async *read(from, signal) {
      let place = from;
      for await (const { people, unusable, page, total, again } of listPages(destination, { from: from + 1, signal })) {
        place = Math.max(place, page);
        const where = `page ${page}`;
        // Those of a page that is read once more were told the first time.
        const places = again ? [] : unusable.map((entry) => ({ ...entry, place: where }));
        yield { people, unusable: places, where, place, total };
      }
    },
  };
}

export interface CsvChoice {
  readonly file: string;
  readonly delimiter: string;
  /** Header ► field, as told by the user. */
  readonly told: ReadonlyMap<string, string>;
}

/** So many rows are merged in one go: enough to make the statement cheap, few enough to be lost without regret. */
const rowsAtOnce = 2000;

export async function csvPeople(choice: CsvChoice, sync: SyncSettings, formats: Formats): Promise<PeopleSource> {
  const mark = await fileMark(choice.file);
  const header = await headerOf(choice);
  const columns = csvColumns(header, sync.mapping, choice.told);
  if (typeof columns === 'string') throw headerFault(choice, columns, header);
  const meaning = columns.used.map(({ index, target }) => [index, targetName(target)]);
  return {
    kind: 'csv',
    mark: textHash(JSON.stringify([mark, choice.delimiter, meaning])),
    columns,
    read: (from, signal) => csvReadings(choice, { columns, width: header.length, formats, from, signal }),
  };
}

interface CsvReading {
  readonly columns: CsvColumns;
  readonly width: number;
  readonly formats: Formats;
  readonly from: number;
  readonly signal: AbortSignal;
}

async function* csvReadings(choice: CsvChoice, reading: CsvReading): AsyncGenerator<Reading> {
  let rows: CsvRow[] = [];
  // The header is row 0.
  let place = -1;
  for await (const row of csvRows(choice.file, choice.delimiter)) {
    place += 1;
    if (place <= reading.from) continue;
    rows.push(row);
    if (rows.length < rowsAtOnce) continue;
    reading.signal.throwIfAborted();
    yield readingOf(rows, place, reading);
    rows = [];
  }
  if (rows.length > 0) yield readingOf(rows, place, reading);
}

function readingOf(rows: readonly CsvRow[], place: number, reading: CsvReading): Reading {
  const people: HubPerson[] = [];
  const unusable: UnusablePlace[] = [];
  for (const row of rows) {
    const person = personOf(row, reading);
    if (typeof person === 'string') unusable.push({ place: `line ${row.line}`, id: null, reason: person });
    else people.push(person);
  }
  return { people, unusable, where: `lines ${rows[0]?.line} to ${rows.at(-1)?.line}`, place, total: null };
}

/** The person of a row, or why it stands for nobody. */
function personOf({ cells }: CsvRow, { columns, width, formats }: CsvReading): HubPerson | string {
  if (cells.length !== width) return `its number of values is ${cells.length}, not ${width} as in the header`;
  const fields: Partial<Record<FieldName, string>> = {};
  const characteristics: Record<string, CharacteristicValue> = {};
  for (const { index, target } of columns.used) {
    const value = cells[index] ?? '';
    if (target.kind === 'field') fields[target.field] = value;
    else characteristics[target.slug] = value;
  }
  const email = fields.email ?? '';
  if (emailKey(email) === null) return 'it has no e-mail';
  // Nobody could be sent under it, and a column taken for the wrong one would fill the snapshot with nobody.
  if (!formats.isEmail(email.trim())) return 'its e-mail is not well formed';
  return { email, fields, characteristics };
}

async function headerOf({ file, delimiter }: CsvChoice): Promise<readonly string[]> {
  for await (const { cells } of csvRows(file, delimiter)) return cells.map((cell) => cell.trim());
  throw usage(`${file} is empty.`, 'Export the panel with its header line.');
}

function headerFault({ file, delimiter }: CsvChoice, fault: string, header: readonly string[]): PanelsyncError {
  const other = [';', '\t', ',', '|'].find((one) => one !== delimiter && (header[0] ?? '').includes(one));
  if (header.length === 1 && other !== undefined) {
    const [name, option] = other === '\t' ? ['tabs', 'tab'] : [`"${other}"`, `'${other}'`];
    return usage(
      `The columns of ${file} are set apart by ${name}, not by "${delimiter}".`,
      `Add --delimiter ${option}.`,
    );
  }
  const headers = header.map((one) => `"${one}"`).join(', ');
  return usage(
    `The header of ${file} does not fit the sync: ${fault}.`,
    `Its columns: ${headers}. Say what they are, each with --map "Header=field", such as --map "Mail=email" or --map "Plan=characteristics.plan".`,
  );
}

function usage(message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code: 'csv_header', recovery: 'usage', message, hint });
}
