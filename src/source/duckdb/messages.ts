/** What panelsync and the process that runs DuckDB say to each other: one request at a time, each with one reply. */

export type EngineRequest =
  /** Opens a database file read-only, or a database in memory. */
  | { readonly kind: 'open'; readonly database: string | null; readonly settings: Readonly<Record<string, string>> }
  /** How many statements a text has; runs none. */
  | { readonly kind: 'count'; readonly sql: string }
  /** Runs one statement and replies with its rows as texts. */
  | { readonly kind: 'query'; readonly sql: string }
  /**
   * Writes the lines of a table (COPY text, in its column `line`) to the pipe, so many at once, then `endOfRows`. Replies
   * after that.
   */
  | { readonly kind: 'stream'; readonly table: string; readonly rows: number; readonly rowsAtOnce: number };

export type EngineReply =
  | { readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly isDone: true }
  | { readonly count: number }
  | { readonly failure: EngineFailure };

/** An error of DuckDB, or of loading it (`kind: package`). */
export interface EngineFailure {
  readonly kind: 'duckdb' | 'package';
  /** The driver's message: it may quote rows. */
  readonly message: string;
  /** The system's code; empty without. */
  readonly code: string;
}

/** The descriptor of the pipe for rows in the process that runs DuckDB. */
export const rowsDescriptor = 3;

/** Ends the rows of a statement: COPY text escapes backslashes, so no row looks like it. */
export const endOfRows = '\\.\n';
