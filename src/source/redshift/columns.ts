import type pg from 'pg';
import type { Column, ColumnKind } from '../../core/model/terms.ts';

type RedshiftType = readonly [name: string, kind: ColumnKind];

/**
 * Redshift's types by their ids, as Amazon's drivers know them: its catalog of types is that of Postgres 8.0, without the
 * categories that the Postgres source asks for. Every other type is `other`, and has to be cast in the model.
 */
const typesById: ReadonlyMap<number, RedshiftType> = new Map<number, RedshiftType>([
  [16, ['boolean', 'boolean']],
  [18, ['"char"', 'text']],
  [19, ['name', 'text']],
  [20, ['bigint', 'number']],
  [21, ['smallint', 'number']],
  [23, ['integer', 'number']],
  [25, ['text', 'text']],
  [26, ['oid', 'number']],
  [700, ['real', 'float']],
  [701, ['double precision', 'float']],
  // A literal that nothing gave a type.
  [705, ['unknown', 'text']],
  [1042, ['character', 'text']],
  [1043, ['character varying', 'text']],
  [1082, ['date', 'date']],
  [1083, ['time without time zone', 'time']],
  [1114, ['timestamp without time zone', 'timestamp']],
  [1184, ['timestamp with time zone', 'timestamptz']],
  [1186, ['interval', 'other']],
  [1188, ['interval year to month', 'other']],
  [1190, ['interval day to second', 'other']],
  [1266, ['time with time zone', 'time']],
  [1700, ['numeric', 'number']],
  [2935, ['hllsketch', 'other']],
  [3000, ['geometry', 'other']],
  [3001, ['geography', 'other']],
  [4000, ['super', 'json']],
  [6551, ['varbyte', 'binary']],
]);

export function toColumns(fields: readonly Pick<pg.FieldDef, 'name' | 'dataTypeID'>[]): readonly Column[] {
  return fields.map(({ name, dataTypeID }) => {
    const [type, kind] = typesById.get(dataTypeID) ?? [`type ${dataTypeID}`, 'other'];
    return { name, kind, type };
  });
}
