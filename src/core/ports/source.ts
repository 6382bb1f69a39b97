import type { Column, Model } from '../model/terms.ts';

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
   * fields, `\N` for null, backslash escapes), with the columns at `positions`, in that order.
   */
  rows(positions: readonly number[]): AsyncIterable<Buffer>;
  close(): Promise<void>;
}
