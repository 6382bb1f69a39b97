import type pg from 'pg';
import type { Column } from '../../core/model/terms.ts';
import type { RedshiftSourceSettings } from '../../core/settings.ts';
import { escapeCopyField } from '../../lib/copy-text.ts';
import { columnAliases, limited } from '../model-reader.ts';
import type { RowSelection, RowTotals } from '../model-reader.ts';
import { redactRowError, toModelError } from '../postgres/errors.ts';
import type { OpenedModel } from '../postgres/statements.ts';
import { internalError, isInternalError, isStatementTimeout, statementTimeoutError } from './errors.ts';

/** Rows that one FETCH asks for: a cluster of a single node refuses more. */
const rowsPerFetch = 1000;

const fetchRows: pg.QueryArrayConfig & { readonly types: pg.CustomTypesConfig } = {
  text: `fetch forward ${rowsPerFetch} from panelsync_rows`,
  rowMode: 'array',
  // Values as the server writes them: no text becomes a number or a date on the way.
  types: { getTypeParser: () => (text: unknown) => text },
};

export interface CursorOptions extends RowSelection {
  readonly columns: readonly Column[];
  readonly settings: RedshiftSourceSettings;
}

/** Runs the model once, under a cursor, and hands its rows over as lines of COPY text. */
export async function* readRows(
  opened: OpenedModel,
  { columns, positions, limit, settings }: CursorOptions,
): AsyncGenerator<Buffer, RowTotals> {
  const aliases = columnAliases(columns);
  const names = positions.map((index) => aliases[index]).join(', ');
  const prefix = `declare panelsync_rows cursor for select ${names} from (\n`;
  const declare = limited(`${prefix}${opened.sql}\n) as model (${aliases.join(', ')})`, limit);
  try {
    await opened.session.client.query(declare);
    return yield* fetchAll(opened, settings.statementTimeoutMs);
  } catch (error) {
    if (isInternalError(error)) throw internalError(opened.model, error);
    throw toModelError(opened.model, redactRowError(error), prefix.length);
  }
}

/** One FETCH is under way while the rows of the one before it are used. */
async function* fetchAll(opened: OpenedModel, statementTimeoutMs: number): AsyncGenerator<Buffer, RowTotals> {
  const { client } = opened.session;
  const fetchNext = (): Promise<pg.QueryArrayResult<(string | null)[]>> =>
    withTimeout(opened, statementTimeoutMs, () => client.query<(string | null)[]>(fetchRows));
  let [announced, read]: [number | null, number] = [0, 0];
  let pending = fetchNext();
  for (;;) {
    const { rows, rowCount } = await pending;
    announced = announced === null || rowCount === null ? null : announced + rowCount;
    read += rows.length;
    // Only a FETCH without rows is the end: one with fewer than asked for need not be.
    if (rows.length === 0) break;
    pending = fetchNext();
    // Its error is reported when its turn comes; a reader that stops before has no use for it.
    pending.catch(() => undefined);
    yield Buffer.from(rows.map(copyLine).join(''));
  }
  // A transaction that failed on the way would refuse this.
  await withTimeout(opened, statementTimeoutMs, () => client.query('close panelsync_rows'));
  return { announced, read };
}

/** Watches over one statement: between two, the server waits for us, as long as it takes. */
async function withTimeout<T>(
  { session: { watchdog }, model }: OpenedModel,
  statementTimeoutMs: number,
  statement: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  watchdog.start();
  try {
    return await statement();
  } catch (error) {
    const elapsedMs = performance.now() - startedAt;
    throw isStatementTimeout(error, elapsedMs, statementTimeoutMs) ? statementTimeoutError(model, error) : error;
  } finally {
    watchdog.stop();
  }
}

function copyLine(row: readonly (string | null)[]): string {
  return `${row.map(escapeCopyField).join('\t')}\n`;
}
