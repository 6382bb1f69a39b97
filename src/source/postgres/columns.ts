import { types as pgTypes } from 'pg';
import type pg from 'pg';
import type { Column, ColumnKind } from '../../core/model/terms.ts';

const { builtins } = pgTypes;

/** Types by their fixed ids; every other type counts by its category. */
const kindByTypeId: ReadonlyMap<number, ColumnKind> = new Map<number, ColumnKind>([
  [builtins.BOOL, 'boolean'],
  [builtins.INT2, 'number'],
  [builtins.INT4, 'number'],
  [builtins.INT8, 'number'],
  [builtins.FLOAT4, 'float'],
  [builtins.FLOAT8, 'float'],
  [builtins.NUMERIC, 'number'],
  [builtins.DATE, 'date'],
  [builtins.TIMESTAMP, 'timestamp'],
  [builtins.TIMESTAMPTZ, 'timestamptz'],
  [builtins.TIME, 'time'],
  [builtins.TIMETZ, 'time'],
  [builtins.JSON, 'json'],
  [builtins.JSONB, 'json'],
  [builtins.BYTEA, 'binary'],
  [builtins.UUID, 'text'],
  [builtins.INET, 'text'],
  [builtins.CIDR, 'text'],
  [builtins.MACADDR, 'text'],
]);

interface TypeCatalogRow {
  readonly id: number;
  readonly name: string;
  readonly category: string;
}

/** The columns of a result, each with Postgres' name for its type. */
export async function describeColumns(
  client: pg.ClientBase,
  fields: readonly pg.FieldDef[],
): Promise<readonly Column[]> {
  const { rows } = await client.query<TypeCatalogRow>(
    'select oid::int8::int as id, format_type(oid, null) as name, typcategory as category from pg_type where oid = any($1::oid[])',
    [fields.map((field) => field.dataTypeID)],
  );
  const typesById = new Map(rows.map((row) => [row.id, row]));
  return fields.map(({ name, dataTypeID }) => {
    const type = typesById.get(dataTypeID);
    const kind = kindByTypeId.get(dataTypeID) ?? kindOfCategory(type?.category);
    return { name, kind, type: type?.name ?? 'unknown' };
  });
}

/** Strings (S), enums (E) and literals without a type (X) are text; arrays, ranges, composites and others are not. */
function kindOfCategory(category: string | undefined): ColumnKind {
  return category === 'S' || category === 'E' || category === 'X' ? 'text' : 'other';
}
