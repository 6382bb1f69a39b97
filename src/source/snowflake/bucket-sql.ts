import { irregularKeyPattern, maxKeyLength } from '../../core/model/key.ts';
import type { Column } from '../../core/model/terms.ts';
import type { KeyedColumns } from '../../core/ports/source.ts';
import { columnAliases } from '../model-reader.ts';
import { modelAlias, textExpression } from './columns.ts';

/**
 * The three statements that compare by bucket: one runs the model, and two read its persisted result, in which columns
 * have names of our own (r0, r1, …), whatever the model calls them.
 */

/** Runs the model; nothing is fetched of its result. The model's text stands in the second line. */
export function modelStatement(sql: string, columns: readonly Column[], { positions, newest }: KeyedColumns): string {
  const aliases = columnAliases(columns);
  const expressions = positions.map(
    (index, at) => `${storedExpression(columns[index], aliases[index] ?? '')} as r${at}`,
  );
  if (newest !== null) {
    const time = storedExpression(columns[newest.position], aliases[newest.position] ?? '');
    expressions.push(`${time} as row_time`);
  }
  return `with ${modelAlias} (${aliases.join(', ')}) as (\n${sql}\n) select ${expressions.join(', ')}, seq8() + 1 as n from ${modelAlias}`;
}

/** Counts and sums the rows of each bucket; see `ModelBuckets.sums`. */
export function sumsStatement(queryId: string, columns: readonly Column[], keyed: KeyedColumns, bits: number): string {
  const { newest } = keyed;
  const time = newest === null ? '' : ', row_time';
  const newestTime = newest === null ? '' : `, max(iff(row_time <= '${newest.limit}', row_time, null))`;
  return `select iff(bucket is null, r0, null), bucket::varchar, count(*)::varchar, sum(hash1)::varchar, sum(hash2)::varchar${newestTime}
from (select r0, bucket, md5_number_upper64(row_text) as hash1, md5_number_lower64(row_text) as hash2${time}
from (${rowsWithBuckets(queryId, columns, keyed, bits)}) as rows_in_buckets) as hashed
group by 1, 2`;
}

/**
 * Rows with their numbers and hashes, as `ModelBuckets.rows` gives them. With `bits` only those of changed buckets, and
 * those without a bucket; which have changed is bound as a text: two hexadecimal digits for eight buckets.
 */
export function rowsStatement(
  queryId: string,
  columns: readonly Column[],
  keyed: KeyedColumns,
  bits: number | null,
): string {
  const names = keyed.positions.map((_, at) => `r${at}`).join(', ');
  const time = keyed.newest === null ? '' : ', row_time';
  const isChanged = `bitand(to_number(substr(?, bitshiftright(bucket, 3) * 2 + 1, 2), 'XX'), bitshiftleft(1, bitand(bucket, 7))) <> 0`;
  const condition = bits === null ? '' : `\nwhere bucket is null or ${isChanged}`;
  return `select ${names}, n::varchar as row_number, md5_number_upper64(row_text)::varchar, md5_number_lower64(row_text)::varchar${time}
from (${rowsWithBuckets(queryId, columns, keyed, bits ?? 0)}) as rows_in_buckets${condition}
order by n`;
}

/** The persisted result with the bucket and the text of each row; the bucket of an irregular key is null. */
function rowsWithBuckets(
  queryId: string,
  columns: readonly Column[],
  { positions, isEmail }: KeyedColumns,
  bits: number,
): string {
  const key = isEmail ? 'lower(r0)' : 'r0';
  const bucket = `bitand(to_number(left(sha2(${key}, 256), 8), 'XXXXXXXX'), ${2 ** bits - 1})`;
  const isRegular = `regexp_instr(r0, '${irregularKeyPattern(isEmail)}') = 0 and length(r0) between 1 and ${maxKeyLength}`;
  // The driver makes the text of a FLOAT, so SQL does not know it.
  const bucketOrNull =
    columns[positions[0] ?? 0]?.kind === 'float' ? 'null::number' : `iff(${isRegular}, ${bucket}, null)`;
  const texts = positions.map((index, at) => hashedText(columns[index], `r${at}`));
  return `select *, ${bucketOrNull} as bucket, ${texts.join(' || ')} as row_text from table(result_scan('${queryId}'))`;
}

/** A column as text. A collation would be compared by, and regular expressions refuse it, so the result has none. */
function storedExpression(column: Column | undefined, name: string): string {
  if (column === undefined) return name;
  return column.kind === 'text' ? `collate(${name}, '')` : textExpression(column, name);
}

/** A value before which its length stands, so that no two rows look alike. The text of a FLOAT would drop digits. */
function hashedText(column: Column | undefined, name: string): string {
  const text = column?.kind === 'float' ? `hash(${name})::varchar` : name;
  return `iff(${name} is null, '-', length(${text}) || ':' || ${text})`;
}
