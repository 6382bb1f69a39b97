import type { Column, Model } from '../../core/model/terms.ts';
import type { BucketSelection, KeyedColumns } from '../../core/ports/source.ts';
import { incompleteResultError } from '../model-errors.ts';
import type { BucketSession, RowTotals } from '../model-reader.ts';
import { modelStatement, rowsStatement, sumsStatement } from './bucket-sql.ts';

/** What is needed of the session that the model is opened in. */
export interface BucketQueries {
  readonly source: string;
  readonly model: Model;
  /** The model's text, ready to stand in parentheses. */
  readonly sql: string;
  /** Runs a statement around the model, and fetches nothing of its result. */
  runModel(statement: string): Promise<PersistedResult>;
  /** Runs a statement and streams its rows as COPY text. */
  stream(statement: string, binds: readonly string[]): AsyncGenerator<Buffer, RowTotals>;
}

/** A result that Snowflake keeps for 24 hours, for the user who ran the query. */
export interface PersistedResult {
  readonly queryId: string;
  /** `null` where the driver does not say. */
  readonly rows: number | null;
}

/** Sums the rows of a model by bucket. The model runs once, so both queries see the same rows. */
export function openBuckets(queries: BucketQueries): BucketSession {
  const { sql, runModel, stream } = queries;
  let result: Promise<PersistedResult> | null = null;
  const persisted = (columns: readonly Column[], keyed: KeyedColumns): Promise<PersistedResult> =>
    (result ??= runModel(modelStatement(sql, columns, keyed)));
  return {
    scheme: 'snowflake-1',
    keyHash: 'sha256',
    sums: async function* (columns, keyed, bits) {
      const { queryId, rows } = await persisted(columns, keyed);
      return yield* countRows(stream(sumsStatement(queryId, columns, keyed, bits), []), queries, rows);
    },
    rows: async function* (columns: readonly Column[], keyed: KeyedColumns, buckets: BucketSelection | null) {
      const { queryId } = await persisted(columns, keyed);
      const binds = buckets === null ? [] : [buckets.changed.toString('hex')];
      return yield* stream(rowsStatement(queryId, columns, keyed, buckets?.bits ?? null), binds);
    },
  };
}

/** Passes sums on, if they are those of all rows of the result. */
async function* countRows(
  sums: AsyncGenerator<Buffer, RowTotals>,
  queries: BucketQueries,
  rows: number | null,
): AsyncGenerator<Buffer, RowTotals> {
  let summed = 0;
  for (;;) {
    const next = await sums.next();
    if (next.done === true) {
      if (rows !== null && rows !== summed) throw incompleteResultError(queries, { announced: rows, read: summed });
      return next.value;
    }
    for (const line of next.value.toString('latin1').split('\n').slice(0, -1)) summed += Number(line.split('\t')[2]);
    yield next.value;
  }
}
