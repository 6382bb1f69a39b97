import type { Column, ColumnKind } from '../../core/model/terms.ts';

/** By DuckDB's name for a type, without what stands in parentheses. */
const kindByType: Readonly<Record<string, ColumnKind>> = {
  VARCHAR: 'text',
  UUID: 'text',
  ENUM: 'text',
  BOOLEAN: 'boolean',
  TINYINT: 'number',
  SMALLINT: 'number',
  INTEGER: 'number',
  BIGINT: 'number',
  HUGEINT: 'number',
  UTINYINT: 'number',
  USMALLINT: 'number',
  UINTEGER: 'number',
  UBIGINT: 'number',
  UHUGEINT: 'number',
  BIGNUM: 'number',
  DECIMAL: 'number',
  FLOAT: 'float',
  DOUBLE: 'float',
  DATE: 'date',
  TIME: 'time',
  TIME_NS: 'time',
  'TIME WITH TIME ZONE': 'time',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  TIMESTAMP_NS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  BLOB: 'binary',
  JSON: 'json',
  STRUCT: 'json',
  MAP: 'json',
};

/** A column of a described query. */
export function toColumn(name: string, type: string): Column {
  const baseType = type.replace(/\(.*$/s, '');
  if (type.endsWith(']')) return { name, kind: 'json', type: 'LIST' };
  // The values of an enum may be those of people.
  return { name, kind: kindByType[baseType] ?? 'other', type: baseType === 'DECIMAL' ? type : baseType };
}

/** A column as canonical text, independent of settings. */
export function textExpression({ kind, type }: Column, name: string): string {
  switch (kind) {
    case 'text':
    case 'number':
    case 'float':
    case 'boolean':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return `${name}::varchar`;
    case 'json':
      return type === 'JSON' ? `${name}::varchar` : `to_json(${name})::varchar`;
    case 'binary':
      return `hex(${name})`;
    case 'other':
      // No such value can be sent; it only matters whether there is one.
      return `case when ${name} is not null then '${type.replaceAll("'", '')}' end`;
  }
}
