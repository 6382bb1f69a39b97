import type { ModelReader } from '../../core/ports/source.ts';
import type { ProjectedColumn, Projection } from '../../core/model/projection.ts';
import type { CharacteristicType, Column } from '../../core/model/terms.ts';
import { sanitize } from '../../lib/terminal/printable.ts';
import { convert, isConvertible } from '../../core/model/value.ts';

/** A field of the mapping with the column that fills it. */
export interface MappedColumn {
  readonly field: string;
  readonly column: string;
  /** The column's type, as the source names it. */
  readonly type: string;
  readonly sentAs: CharacteristicType;
  /** False when no value of the column can be sent as that type. */
  readonly fits: boolean;
  readonly note: string | null;
  /** What dbt documents of the column; absent for other models, and for columns without a word. */
  readonly description?: string;
}

/** Each mapped field with the model's column; a key that is not the e-mail comes first, what is not sent last. */
export function mappedColumns(projection: Projection, reader: ModelReader): readonly MappedColumn[] {
  const descriptions = new Map(
    Object.entries(projection.sync.model.dbt?.columns ?? {}).map(([name, text]) => [name.toLowerCase(), text]),
  );
  return columnsOf(projection, reader).map((mapped) => {
    const description = descriptions.get(mapped.column.toLowerCase()) ?? '';
    return description === '' ? mapped : { ...mapped, description };
  });
}

function columnsOf(projection: Projection, { columns }: ModelReader): readonly MappedColumn[] {
  const keyColumn = projection.sync.key === null ? undefined : columns[projection.positions[0] ?? 0];
  return [
    ...(keyColumn === undefined ? [] : [{ ...toMappedColumn('key', keyColumn, 'text'), note: keyNote(keyColumn) }]),
    ...projection.fields.map(({ field, column }) => toMappedColumn(field, column, 'text')),
    ...projection.characteristics.map(({ slug, column, type }) =>
      toMappedColumn(`characteristics.${slug}`, column, type),
    ),
    ...(projection.identity === null ? [] : [identityColumn(projection.identity)]),
    ...(projection.freshness === null ? [] : [freshnessColumn(projection.freshness)]),
  ];
}

function freshnessColumn({ column }: Pick<ProjectedColumn, 'column'>): MappedColumn {
  const note = 'not sent: its newest value is the age of the data';
  return { ...toMappedColumn('freshness', column, 'text'), fits: true, note };
}

/** It is compared as a text, as keys are, and never sent. */
function identityColumn({ column }: ProjectedColumn): MappedColumn {
  const mapped = toMappedColumn('identity', column, 'text');
  return { ...mapped, fits: true, note: keyNote(column) ?? 'not sent: recognizes people with a new e-mail' };
}

const maxDescriptionLength = 120;

/** A description for a line of a terminal: Markdown of any length in dbt. */
export function oneLine(description: string): string {
  const line = sanitize(description.trim().replaceAll(/\s+/g, ' '));
  return line.length > maxDescriptionLength ? `${line.slice(0, maxDescriptionLength)}…` : line;
}

function toMappedColumn(field: string, column: Column, sentAs: CharacteristicType): MappedColumn {
  const { name, type, kind } = column;
  const fits = isConvertible(kind, sentAs);
  return {
    field,
    column: name,
    type,
    sentAs,
    fits,
    note: fits ? (floatNote(column) ?? dateNote(column, sentAs)) : conversionNote(column, sentAs),
  };
}

function conversionNote({ kind }: Column, sentAs: CharacteristicType): string | null {
  // The value does not matter: the type of the column does not fit.
  const converted = convert('', kind, sentAs);
  return 'message' in converted ? converted.message : null;
}

const wholeNumbers = /int|serial|oid|^NUMBER\(\d+,0\)$/i;

/** Keys are texts: of a number that may have decimals, two ways to write it are two people. */
function keyNote({ kind, type }: Column): string | null {
  if (kind !== 'float' && (kind !== 'number' || wholeNumbers.test(type))) return null;
  return 'keys are compared as text, so 1.0 and 1.00 are two keys: cast the column to text or to whole numbers';
}

/** The same rows may give a sum or an average that differs in its last digits from run to run. */
function floatNote({ kind }: Column): string | null {
  return kind === 'float' ? 'floating point: compared and sent with 15 significant digits' : null;
}

function dateNote({ kind }: Column, sentAs: CharacteristicType): string | null {
  if (sentAs !== 'date') return null;
  if (kind === 'timestamptz') return 'sent as its date in UTC, without the time';
  return kind === 'timestamp' ? 'sent as its date, without the time' : null;
}
