import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { wrapDatabaseError } from './state-errors.ts';

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Keeps the statement prepared on each connection. */
  readonly name?: string;
}

export interface Result<Row> {
  readonly rows: readonly Row[];
  readonly rowCount: number;
}

/** Rows on their way into a table. */
export interface CopyIn {
  readonly stream: Writable;
  /** Resolves when the server has stored them. */
  readonly done: Promise<void>;
}

const endTimeoutMs = 3000;

/** A connection to the state database. Its errors are ours already, so nothing above it translates any. */
export class StateClient {
  readonly #client: pg.Client;
  readonly #address: string;

  constructor(client: pg.Client) {
    this.#client = client;
    this.#address = addressOf(client);
  }

  async query<Row extends object = object>(
    query: string | Statement,
    values?: readonly unknown[],
  ): Promise<Result<Row>> {
    const statement = typeof query === 'string' ? { text: query, ...(values === undefined ? {} : { values }) } : query;
    const { rows, rowCount } = await this.#translate(this.#client.query<Row & pg.QueryResultRow>(toQuery(statement)));
    return { rows, rowCount: rowCount ?? 0 };
  }

  /** So many bytes wait in memory for the server before the stream needs to drain. */
  copyIn(sql: string, highWaterMark?: number): CopyIn {
    const stream = this.#client.query(copyFrom(sql, highWaterMark === undefined ? {} : { highWaterMark }));
    return { stream, done: this.#translate(finished(stream)) };
  }

  /** What the server copies out, as it comes; to be read to its end. */
  async *copyOut(sql: string): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.#client.query(copyTo(sql))) yield chunk as Buffer;
    } catch (error) {
      throw wrapDatabaseError(error, this.#address);
    }
  }

  /** Anything thrown rolls the transaction back. */
  async transaction<T>(work: (client: StateClient) => Promise<T>): Promise<T> {
    await this.query('begin');
    try {
      const result = await work(this);
      await this.query('commit');
      return result;
    } catch (error) {
      // The first error is the one to report; on a broken connection the server rolls back by itself.
      await this.query('rollback').catch(() => undefined);
      throw error;
    }
  }

  /** Calls back when the connection ends, in whatever way. */
  onEnd(listener: () => void): void {
    this.#client.once('end', listener);
    this.#client.once('error', listener);
  }

  /** Breaks the connection without a word to the server, which may not be there to hear it. */
  destroy(): void {
    this.#client.connection.stream.destroy();
  }

  /** Ends the connection in good order, or breaks it where the server does not answer. */
  async end(): Promise<void> {
    const timer = setTimeout(() => this.destroy(), endTimeoutMs);
    await this.#client.end().finally(() => clearTimeout(timer));
  }

  async #translate<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw wrapDatabaseError(error, this.#address);
    }
  }
}

/** Host and port, for messages; before a client is there, the setting that names them. */
export function addressOf(client: Pick<pg.Client, 'host' | 'port'> | null): string {
  if (client === null) return 'state.url';
  return client.host.startsWith('/') ? client.host : `${client.host}:${client.port}`;
}

function toQuery({ text, values, name }: Statement): pg.QueryConfig {
  return {
    text,
    ...(values === undefined ? {} : { values: [...values] }),
    ...(name === undefined ? {} : { name }),
  };
}
