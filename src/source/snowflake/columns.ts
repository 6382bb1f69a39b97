import type { Column as DriverColumn } from 'snowflake-sdk';
import type { Column, ColumnKind } from '../../core/model/terms.ts';

/** A name that no model uses: Snowflake would take a table of this name inside the model for the model itself. */
export const modelAlias = 'panelsync_model';

/** By Snowflake's name for a type in the description of a result. */
const kindByTypeName: Readonly<Record<string, ColumnKind>> = {
  fixed: 'number',
  real: 'float',
  decfloat: 'number',
  text: 'text',
  boolean: 'boolean',
  date: 'date',
  time: 'time',
  timestamp_ntz: 'timestamp',
  timestamp_ltz: 'timestamptz',
  timestamp_tz: 'timestamptz',
  variant: 'json',
  object: 'json',
  array: 'json',
  map: 'json',
  binary: 'binary',
};

const displayNames: Readonly<Record<string, string>> = { text: 'VARCHAR', real: 'FLOAT' };

/** The columns of a described model. */
export function toColumns(driverColumns: readonly DriverColumn[]): readonly Column[] {
  return driverColumns.map((column) => {
    const type = column.getType().toLowerCase();
    return { name: column.getName(), kind: kindByTypeName[type] ?? 'other', type: toTypeName(column, type) };
  });
}

function toTypeName(column: DriverColumn, type: string): string {
  if (type === 'fixed') return `NUMBER(${column.getPrecision()},${column.getScale()})`;
  return displayNames[type] ?? type.toUpperCase();
}

/**
 * A column as canonical text, independent of the session's formats. FLOAT stays a number: Snowflake's text of it drops
 * digits, and the driver's number does not.
 */
export function textExpression({ kind, type }: Column, name: string): string {
  switch (kind) {
    case 'text':
    case 'float':
      return name;
    case 'number':
    case 'boolean':
      return `${name}::varchar`;
    case 'date':
      return `to_varchar(${name}, 'YYYY-MM-DD')`;
    case 'time':
      return `rtrim(rtrim(to_varchar(${name}, 'HH24:MI:SS.FF9'), '0'), '.')`;
    case 'timestamp':
      return `to_varchar(${name}, 'YYYY-MM-DD"T"HH24:MI:SS.FF9')`;
    case 'timestamptz':
      return `to_varchar(convert_timezone('UTC', ${name}), 'YYYY-MM-DD"T"HH24:MI:SS.FF9') || 'Z'`;
    case 'json':
      return `to_json(to_variant(${name}))`;
    case 'binary':
      return `hex_encode(${name})`;
    case 'other':
      // No such value can be sent; it only matters whether there is one.
      return `iff(${name} is null, null, '${type.replaceAll("'", '')}')`;
  }
}
