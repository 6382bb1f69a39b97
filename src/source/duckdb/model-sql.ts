import { irregularKeyPattern, maxKeyLength } from '../../core/model/key.ts';
import type { Column } from '../../core/model/terms.ts';
import type { BucketSelection, KeyedColumns } from '../../core/ports/source.ts';
import { columnAliases, limited } from '../model-reader.ts';
import type { RowSelection } from '../model-reader.ts';
import { textExpression } from './columns.ts';

/**
 * The queries around a model. The model runs once, into a temporary table with the line of COPY text of each row (`line`)
 * and the text of its key (`key`), in the order of the model; the others read that table.
 */

/** Has the rows of the model. */
export const rowsTable = 'panelsync_rows';

/** Has the result of another query, in its only column `line`. */
export const linesTable = 'panelsync_lines';

/** A query with the model in it. */
export interface ModelQuery {
  readonly sql: string;
  /** How much stands before the model's text. */
  readonly prefixLength: number;
}

export function describeQuery(sql: string): ModelQuery {
  const before = 'describe select * from (\n';
  return { sql: `${before}${sql}\n) as model`, prefixLength: before.length };
}

export function planQuery(sql: string): ModelQuery {
  const before = 'explain (format json) select * from (\n';
  return { sql: `${before}${sql}\n) as model`, prefixLength: before.length };
}

/** Which rows and columns are read; and the column whose text stands beside the line as `row_time`. */
export interface TimedRowSelection extends RowSelection {
  readonly timePosition: number | null;
}

/** The rows of the model; the column at the first of `positions` is the key. */
export function modelQuery(
  sql: string,
  columns: readonly Column[],
  { positions, limit, timePosition }: TimedRowSelection,
): ModelQuery {
  const aliases = columnAliases(columns);
  const textOf = (index: number, name: string): string => {
    const column = columns[index];
    return column === undefined ? '' : `${textExpression(column, aliases[index] ?? '')} as ${name}`;
  };
  const timeText = timePosition === null ? 'null::varchar as row_time' : textOf(timePosition, 'row_time');
  const texts = [...positions.map((index, at) => textOf(index, `t${at}`)), timeText];
  const names = positions.map((_, at) => `t${at}`);
  const line = lineExpression(
    names,
    names.filter((_, at) => mayNeedEscapes(columns[positions[at] ?? 0])),
  );
  const before = `select t0 as key, row_time, ${line} as line
from (select ${texts.join(', ')} from (\n`;
  const after = `\n) as model (${aliases.join(', ')})) as texts`;
  return { sql: limited(`${before}${sql}${after}`, limit), prefixLength: before.length };
}

function mayNeedEscapes(column: Column | undefined): boolean {
  return column?.kind === 'text' || column?.kind === 'json';
}

/** Hardly a row needs escaping, which one look at its texts shows. */
function lineExpression(names: readonly string[], texts: readonly string[]): string {
  if (texts.length === 0) return copyLine(names);
  const found = ["'\\'", ...Object.keys(escapeLetters).map((code) => `chr(${code})`)].map(
    (character) => `contains(concat(${texts.join(', ')}), ${character})`,
  );
  const escaped = names.map((name) => (texts.includes(name) ? escapedText(name) : name));
  return `case when ${found.join(' or ')} then ${copyLine(escaped)} else ${copyLine(names)} end`;
}

/** Texts as one line of COPY text. */
function copyLine(texts: readonly string[]): string {
  return `concat_ws(chr(9), ${texts.map((text) => `coalesce(${text}, '\\N')`).join(', ')})`;
}

/** By the code of a character, what COPY writes after a backslash; see lib/copy-text.ts. */
const escapeLetters: Readonly<Record<number, string>> = { 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' };

/** A text as COPY writes it. */
function escapedText(name: string): string {
  return Object.entries(escapeLetters).reduce(
    (text, [code, letter]) => `replace(${text}, chr(${code}), '\\${letter}')`,
    `replace(${name}, '\\', '\\\\')`,
  );
}

/** Counts and sums the rows of each bucket; see `ModelBuckets.sums`. */
export function sumsQuery({ isEmail, newest }: KeyedColumns, bits: number): string {
  const numbers = ['bucket', 'count(*)', 'sum(hash1)', 'sum(hash2)'].map((value) => `${value}::varchar`);
  const newestTime = newest === null ? [] : [`max(row_time) filter (where row_time <= '${newest.limit}')`];
  return `select ${copyLine(['irregular_key', ...numbers, ...newestTime])} as line
from (select case when bucket is null then ${escapedText('key')} end as irregular_key, bucket, hash1, hash2, row_time
from (${rowsWithBuckets(isEmail, bits)}) as rows_in_buckets) as hashed
group by irregular_key, bucket`;
}

/** Rows with their numbers and hashes; see `ModelBuckets.rows`. */
export function rowsQuery({ isEmail, newest }: KeyedColumns, buckets: BucketSelection | null): string {
  const condition =
    buckets === null ? '' : `\nwhere bucket is null or get_bit('${bitsOf(buckets)}'::bit, bucket::integer) = 1`;
  const time = newest === null ? [] : ["coalesce(row_time, '\\N')"];
  return `select concat_ws(${['chr(9)', 'line', 'n', 'hash1', 'hash2', ...time].join(', ')}) as line
from (${rowsWithBuckets(isEmail, buckets?.bits ?? 0)}) as rows_in_buckets${condition}`;
}

/** The rows with number, bucket and the two halves of their hash; the bucket of an irregular key is null. */
function rowsWithBuckets(isEmail: boolean, bits: number): string {
  const key = isEmail ? 'lower(key)' : 'key';
  const bucket = `('0x' || left(sha256(${key}), 8))::ubigint & ${2 ** bits - 1}`;
  const isRegular = `not regexp_matches(key, '${irregularKeyPattern(isEmail)}') and length(key) between 1 and ${maxKeyLength}`;
  return `select key, line, row_time, rowid + 1 as n, case when ${isRegular} then ${bucket} end as bucket,
md5_number_upper(line)::hugeint as hash1, md5_number_lower(line)::hugeint as hash2 from temp.${rowsTable}`;
}

/** A bit a bucket, the lowest first, as DuckDB writes bits. */
function bitsOf({ bits, changed }: BucketSelection): string {
  return Array.from({ length: 2 ** bits }, (_, bucket) =>
    ((changed[bucket >> 3] ?? 0) >> (bucket & 7)) & 1 ? '1' : '0',
  ).join('');
}
