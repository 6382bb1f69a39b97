import { PanelsyncError } from '../../core/errors.ts';
import type { Column, Model } from '../../core/model/terms.ts';
import { parsePostgresError } from '../../lib/postgres-error.ts';
import { columnAliases } from '../model-reader.ts';
import { toModelError } from './errors.ts';
import type { PostgresSession } from './session.ts';

/** Finds the row whose text is not UTF-8: a database in SQL_ASCII accepts any bytes, and COPY does not say where it stopped. */

/** The bytes of valid UTF-8, in hexadecimal. */
const validUtf8 =
  '^(([0-7][0-9a-f])|(c[2-9a-f]|d[0-9a-f])[89ab][0-9a-f]|(e[0-9a-f])([89ab][0-9a-f]){2}|(f[0-4])([89ab][0-9a-f]){3})*$';

export function isInvalidText(error: unknown): boolean {
  return ['22021', '22P05'].includes(parsePostgresError(error).code);
}

interface InvalidText {
  readonly row: string;
  readonly columns: readonly number[];
}

/** The error for people, with row and column where a second look finds them. */
export async function findInvalidText(
  { session, model, sql }: { readonly session: PostgresSession; readonly model: Model; readonly sql: string },
  { columns, positions }: { readonly columns: readonly Column[]; readonly positions: readonly number[] },
  error: unknown,
): Promise<unknown> {
  const aliases = columnAliases(columns);
  const isInvalid = (index: number): string =>
    `encode(convert_to(${aliases[index]}::text, 'SQL_ASCII'), 'hex') !~ '${validUtf8}'`;
  const invalid = positions.map((index) => `(${isInvalid(index)})`);
  const text = `select n, array[${invalid.join(', ')}] as invalid from (
    select row_number() over () as n, model.* from (\n${sql}\n) as model (${aliases.join(', ')})
  ) as numbered where ${invalid.join(' or ')} limit 1`;
  let found: InvalidText | null = null;
  try {
    await session.client.query('rollback');
    await session.begin();
    session.watchdog.start();
    const { rows } = await session.client.query<{ n: string; invalid: readonly (boolean | null)[] }>(text);
    const [row] = rows;
    if (row !== undefined) found = { row: row.n, columns: positions.filter((_, place) => row.invalid[place] === true) };
  } catch {
    // The second look is a service; the first error stands.
  }
  return found === null ? toModelError(model, error, 0) : invalidTextError(model, columns, found, error);
}

function invalidTextError(
  model: Model,
  columns: readonly Column[],
  found: InvalidText,
  cause: unknown,
): PanelsyncError {
  const names = found.columns.map((index) => `"${columns[index]?.name ?? ''}"`);
  const [first = '"text"'] = names;
  return new PanelsyncError({
    code: 'model_encoding',
    recovery: 'fatal',
    message: `The model ${model.location} returns text that is not valid UTF-8 in row ${found.row}, column ${names.join(', ')}.`,
    hint: `Correct the row in the warehouse, or convert the column in the model, for example convert_from(convert_to(${first}, 'SQL_ASCII'), 'WIN1252').`,
    cause,
  });
}
