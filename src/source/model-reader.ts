import type { BucketSelection, KeyedColumns, ModelBuckets, ModelReader } from '../core/ports/source.ts';
import type { Column, Model } from '../core/model/terms.ts';
import { incompleteResultError } from './model-errors.ts';

/** Opens a model and reads its rows: what is the same in every warehouse. */

/** How many rows a warehouse announced, and how many arrived. */
export interface RowTotals {
  /** `null` where the warehouse does not say. */
  readonly announced: number | null;
  readonly read: number;
}

/** Which columns of which rows. */
export interface RowSelection {
  readonly positions: readonly number[];
  /** `null`: all rows. */
  readonly limit: number | null;
}

/** A query that keeps to the limit. */
export function limited(query: string, limit: number | null): string {
  return limit === null ? query : `${query} limit ${limit}`;
}

/** A session that reads one model: what each warehouse does in its own way. */
export interface ModelSession {
  readonly source: string;
  readonly model: Model;
  /** Rejects unless the model is a single statement, which the server decides. Runs nothing. */
  requireSingleStatement(): Promise<void>;
  /** Names and types of the columns, without a row. Rejects where the statement is not a query. */
  describe(): Promise<readonly Column[]>;
  /** Runs the model; see `ModelReader.rows`. */
  rows(columns: readonly Column[], { positions, limit }: RowSelection): AsyncGenerator<Buffer, RowTotals>;
  /** `null` where the warehouse cannot sum rows. */
  readonly buckets: BucketSession | null;
  /** Any error as one that a person can read. */
  toError(error: unknown): unknown;
  close(): Promise<void>;
}

/** See `ModelBuckets`. */
export interface BucketSession extends Pick<ModelBuckets, 'scheme' | 'keyHash'> {
  sums(columns: readonly Column[], keyed: KeyedColumns, bits: number): AsyncGenerator<Buffer, RowTotals>;
  rows(
    columns: readonly Column[],
    keyed: KeyedColumns,
    buckets: BucketSelection | null,
  ): AsyncGenerator<Buffer, RowTotals>;
}

export async function openModel(session: ModelSession): Promise<ModelReader> {
  try {
    await session.requireSingleStatement();
    const columns = await session.describe();
    return {
      columns,
      rows: (positions, limit) => readWholeResult(session, session.rows(columns, { positions, limit: limit ?? null })),
      buckets: session.buckets === null ? null : modelBuckets(session, session.buckets, columns),
      close: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw session.toError(error);
  }
}

function modelBuckets(session: ModelSession, buckets: BucketSession, columns: readonly Column[]): ModelBuckets {
  return {
    scheme: buckets.scheme,
    keyHash: buckets.keyHash,
    sums: (keyed, bits) => readWholeResult(session, buckets.sums(columns, keyed, bits)),
    rows: (keyed, selection) => readWholeResult(session, buckets.rows(columns, keyed, selection)),
  };
}

/** What is missing from a result would count as removed from the panel, so a short result is an error. */
async function* readWholeResult(
  session: ModelSession,
  rows: AsyncGenerator<Buffer, RowTotals>,
): AsyncGenerator<Buffer> {
  try {
    const { announced, read } = yield* rows;
    if (announced !== null && announced !== read) throw incompleteResultError(session, { announced, read });
  } catch (error) {
    throw session.toError(error);
  }
}

/** Names for the columns of a model, which may have none of their own, or the same twice. */
export function columnAliases(columns: readonly Column[]): readonly string[] {
  return columns.map((_, index) => `c${index}`);
}
