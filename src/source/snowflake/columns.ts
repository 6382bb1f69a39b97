import type { Column as DriverColumn } from 'snowflake-sdk';
import type { Column, ColumnKind } from '../../core/model/terms.ts';

/** By Snowflake's own name of a type in the description of a result. */
const kindByTypeName: Readonly<Record<string, ColumnKind>> = {
  fixed: 'number',
  real: 'number',
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
 * A column as canonical text. FLOAT comes as it is: Snowflake's own text of it drops digits, the driver's number does
 * not. Session formats never have a say.
 */
export function textExpression({ kind, type }: Column, name: string): string {
  switch (kind) {
    case 'text':
      return name;
    case 'number':
      return type === 'FLOAT' ? name : `${name}::varchar`;
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
      // No such value can be sent: that there is one is all that counts.
      return `iff(${name} is null, null, '${type.replaceAll("'", '')}')`;
  }
}
