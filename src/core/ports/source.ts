import type { KeyHash } from '../model/fingerprints.ts';
import type { Column, Model } from '../model/terms.ts';
import type { SourceSettings } from '../settings.ts';

/** The sources that can do what `diff: warehouse` needs: their model readers have `buckets`. */
export const sourcesWithBuckets: readonly SourceSettings['type'][] = ['postgres', 'snowflake', 'duckdb'];

/** A warehouse that runs models. */
export interface Source {
  /** Connects and reads the model's columns; runs nothing else yet. `label` names the run at the server. */
  open(model: Model, label: string, signal: AbortSignal): Promise<ModelReader>;
  /** Connects and says, for people, what it is connected to. */
  check(signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** A model opened in a read-only transaction. */
export interface ModelReader {
  readonly columns: readonly Column[];
  /**
   * Runs the model. Chunks hold whole lines, one a row, in the text form of Postgres' COPY (UTF-8: tab between
   * fields, `\N` for null, backslash escapes), with the columns at `positions`, in that order. With a `limit`, so many
   * rows at most, whichever they are.
   */
  rows(positions: readonly number[], limit?: number): AsyncIterable<Buffer>;
  /** The rows in buckets; `null` where the source cannot sum them. */
  readonly buckets: ModelBuckets | null;
  close(): Promise<void>;
}

/**
 * The rows of a model in buckets, for `diff: warehouse`: the warehouse hashes each row, sums the hashes of a bucket, and
 * hands over the sums, and then the rows of some buckets only. It does so with a query, and writes nothing.
 *
 * A row belongs to the bucket of its canonical key, which only core/model/key.ts makes. So the warehouse names buckets
 * for regular keys only (see `irregularKeyPattern`); rows with another key are in no bucket there, and always come along.
 */
export interface ModelBuckets {
  /** Stands for how rows are hashed: the sums of another scheme are not comparable. */
  readonly scheme: string;
  /** What names the buckets. */
  readonly keyHash: KeyHash;
  /**
   * Runs the model and sums its rows. Chunks hold whole lines of COPY text. A line for each bucket with rows: `\N`, the
   * bucket, the number of its rows, and the sums of the two halves of their hashes, as whole numbers of any size. And a
   * line for each irregular key: the key as the model writes it, `\N` for the bucket, and the same three numbers. With
   * `newest`, the greatest text of that column follows that is not beyond its limit.
   */
  sums(keyed: KeyedColumns, bits: number): AsyncIterable<Buffer>;
  /**
   * Rows as `ModelReader.rows` gives them, followed by three more fields: the number of the row in the model, from 1, and
   * the two halves of its hash as whole numbers. With `null` all rows, otherwise those of the changed buckets and all
   * with irregular keys. With `newest`, the text of that column follows.
   */
  rows(keyed: KeyedColumns, buckets: BucketSelection | null): AsyncIterable<Buffer>;
}

/** The columns of a line, and what the first of them is. */
export interface KeyedColumns {
  /** A column beside them, by its position: hashed with nothing, and read for the newest of its times. */
  readonly newest: { readonly position: number; readonly limit: string } | null;
  /** Positions in the model's columns, the key column first. */
  readonly positions: readonly number[];
  readonly isEmail: boolean;
}

export interface BucketSelection {
  readonly bits: number;
  /** A bit a bucket, the lowest first. */
  readonly changed: Buffer;
}
