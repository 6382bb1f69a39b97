import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { QueryConfig, QueryResult } from 'pg';
import { query } from '../postgres/postgres.ts';
import { errorResponse, rowTypeOf, installSnowflakeFunctions, toPostgres } from './sql.ts';
import type { RowType, SnowflakeResponse } from './sql.ts';

const inlineRows = 50;

export interface QueryRequest {
  readonly sqlText: string;
  readonly describeOnly?: boolean;
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly bindings?: Readonly<Record<string, { readonly type: string; readonly value: string }>>;
}

/** What a model's comment asks to go wrong with its result, such as `fault: cut 3`: chunk 3 is cut in the middle. */
export interface ChunkFault {
  readonly kind: 'cut' | 'cut-once' | 'fail-once' | 'gone' | 'stall' | 'short';
  readonly chunk: number;
}

export interface SessionInfo {
  readonly tag: string;
  readonly user: string;
  readonly role: string;
  readonly warehouse: string | null;
  readonly database: string | null;
  /** Rows a chunk. */
  readonly chunkRows: number;
  /** ROWS_PER_RESULTSET of the account, which a statement may set to another number; `fixed`: which it may not. */
  readonly rowLimit: { readonly rows: number; readonly fixed: boolean };
}

/** A query of a session; its rows wait in a temporary table. */
interface Query {
  readonly table: string;
  readonly fault: ChunkFault | null;
  readonly answer: Promise<SnowflakeResponse>;
  chunksServed: number;
  /** Names of the result's columns, once it is there. */
  columns: readonly string[];
}

interface Paging {
  readonly total: number;
  readonly returned: number;
  readonly chunks: readonly unknown[];
}

interface RunTarget {
  readonly id: string;
  readonly table: string;
  readonly base: string;
  readonly rowLimit: number;
}

/** A session of the test server, with a connection of its own to the Postgres that stands in for Snowflake. */
export class SnowflakeSession {
  readonly info: SessionInfo;
  token = `session-${randomUUID()}`;
  readonly masterToken = `master-${randomUUID()}`;
  running = 0;
  readonly #url: string;
  readonly #client: Client;
  readonly #queries = new Map<string, Query>();
  #pid = 0;

  constructor(url: string, info: SessionInfo) {
    this.#url = url;
    this.info = info;
    this.#client = new Client({ connectionString: url });
    this.#client.on('error', () => undefined);
  }

  async open(): Promise<void> {
    await this.#client.connect();
    await installSnowflakeFunctions(this.#client);
    await this.#client.query(
      "set search_path = \"$user\", public, snowflake; set timezone = 'Asia/Kolkata'; set datestyle = 'SQL, DMY'",
    );
    const { rows } = await this.#client.query<{ pid: number }>('select pg_backend_pid() as pid');
    this.#pid = rows[0]?.pid ?? 0;
  }

  /** Starts a query; `result` has its answer when it is there. */
  start(request: QueryRequest, base: string): string {
    const id = randomUUID();
    const found = /fault: ([a-z-]+) (\d+)/.exec(request.sqlText);
    const fault = found === null ? null : { kind: found[1] as ChunkFault['kind'], chunk: Number(found[2]) };
    const table = `r_${id.replaceAll('-', '')}`;
    this.running += 1;
    const answer = this.#answer(request, { id, table, base }).finally(() => (this.running -= 1));
    this.#queries.set(id, { table, fault, answer, chunksServed: 0, columns: [] });
    return id;
  }

  result(id: string): Promise<SnowflakeResponse> {
    return (
      this.#queries.get(id)?.answer ??
      Promise.resolve({ success: false, code: '000709', message: 'no such query', data: {} })
    );
  }

  async abort(): Promise<void> {
    if (this.running > 0) await query(this.#url, 'select pg_cancel_backend($1)', [this.#pid]);
  }

  /** A chunk as Snowflake keeps it: rows without brackets around them; and what is to go wrong with it this time. */
  async chunk(
    id: string,
    number: number,
  ): Promise<{ readonly text: string; readonly fault: ChunkFault['kind'] | null }> {
    const { chunkRows } = this.info;
    const found = this.#queries.get(id);
    if (found === undefined) throw new RangeError(`no query ${id}`);
    found.chunksServed += 1;
    const from = inlineRows + number * chunkRows;
    const isShort = found.fault?.kind === 'short' && found.fault.chunk === number;
    const { rows } = await this.#client.query<{ text: string }>(
      `select string_agg(${jsonRow(found.columns)}, ',' order by n) as text from ${found.table} where n > $1 and n <= $2`,
      [from, from + Math.floor(chunkRows * (isShort ? 0.6 : 1))],
    );
    const fault = found.fault?.chunk === number ? found.fault.kind : null;
    if (fault?.endsWith('-once') === true) this.#queries.set(id, { ...found, fault: null });
    return { text: rows[0]?.text ?? '', fault };
  }

  async close(): Promise<void> {
    await this.abort();
    await this.#client.end();
  }

  async #answer(
    request: QueryRequest,
    target: { readonly id: string; readonly table: string; readonly base: string },
  ): Promise<SnowflakeResponse> {
    if (request.sqlText.startsWith('select current_version()')) return this.#versionAnswer(target.id);
    let sql: string;
    try {
      sql = toPostgres(request.sqlText, {
        binds: Object.values(request.bindings ?? {}).map(({ value }) => value),
        resultOf: (id) => this.#resultOf(id),
      });
    } catch (error) {
      return { success: false, code: '000709', message: String(error), data: {} };
    }
    const zone = String(request.parameters?.['TIMEZONE'] ?? 'Asia/Kolkata');
    const seconds = Number(request.parameters?.['STATEMENT_TIMEOUT_IN_SECONDS'] ?? 0);
    await this.#client.query(`set timezone = '${zone}'; set statement_timeout = ${seconds * 1000}`);
    if (sql.trim() === '') return errorResponse({ code: '42601', message: 'Empty SQL statement.' }, sql, 0);
    try {
      await this.#singleStatement(`prepare judged as ${sql}`);
      await this.#client.query('deallocate judged');
    } catch (error) {
      return errorResponse(error, sql, 'prepare judged as '.length);
    }
    if (this.info.warehouse === null && request.describeOnly !== true) {
      const message =
        "No active warehouse selected in the current session. Select an active warehouse with the 'use warehouse' command.";
      return { success: false, code: '000606', message, data: { sqlState: '57P03' } };
    }
    return request.describeOnly === true
      ? this.#describe(sql, target.id)
      : this.#run(sql, { ...target, rowLimit: this.#rowLimit(request) });
  }

  /** 0: no limit. */
  #rowLimit({ parameters }: QueryRequest): number {
    const { rows, fixed } = this.info.rowLimit;
    return fixed ? rows : Number(parameters?.['ROWS_PER_RESULTSET'] ?? rows);
  }

  /** Refuses more than one statement. */
  #singleStatement(text: string): Promise<QueryResult> {
    return this.#client.query({ text, queryMode: 'extended' } as QueryConfig);
  }

  async #describe(sql: string, id: string): Promise<SnowflakeResponse> {
    if (!/^\s*(?:(?:--[^\n]*\n|\/\*[\s\S]*?\*\/)\s*)*(?:select|with)/i.test(sql)) return this.#resultAnswer(id, [], []);
    const rowtype = await this.#rowTypes(sql).catch(() => []);
    return this.#resultAnswer(id, rowtype, []);
  }

  async #rowTypes(sql: string): Promise<readonly RowType[]> {
    const { fields } = await this.#singleStatement(`select * from (\n${sql}\n) as described limit 0`);
    return fields.map(rowTypeOf);
  }

  async #run(sql: string, { id, table, base, rowLimit }: RunTarget): Promise<SnowflakeResponse> {
    const rowtype = await this.#rowTypes(sql);
    const columns = rowtype.map(({ name }) => name);
    const names = columns.map((_, at) => `v${at}`);
    const prefix = `create temp table ${table} as select row_number() over () as n, run.* from (`;
    try {
      await this.#singleStatement(`${prefix}${sql}\n) as run (${names.join(', ')})`);
    } catch (error) {
      return errorResponse(error, sql, prefix.length);
    }
    const started = this.#queries.get(id);
    if (started !== undefined) started.columns = columns;
    await this.#client.query(`create index on ${table} (n)`);
    const { rows } = await this.#client.query<{ total: number; head: string[] | null }>(
      `select (select count(*)::int from ${table}) as total,
         (select array_agg(${jsonRow(columns)} order by n) from ${table} where n <= ${inlineRows}) as head`,
    );
    const { total, head } = rows[0] ?? { total: 0, head: null };
    const rowset = (head ?? []).map((row): unknown => JSON.parse(row));
    const { chunkRows } = this.info;
    const returned = rowLimit === 0 ? total : Math.min(total, rowLimit);
    const chunks = Array.from({ length: Math.ceil(Math.max(returned - inlineRows, 0) / chunkRows) }, (_, at) => ({
      url: `${base}/chunks/${this.masterToken}/${id}/${at}`,
      rowCount: Math.min(chunkRows, returned - inlineRows - at * chunkRows),
      uncompressedSize: 1,
      compressedSize: 1,
    }));
    return this.#resultAnswer(id, rowtype, rowset.slice(0, returned), { total, returned, chunks });
  }

  /** Names without quotes are capitals in Snowflake, and small in Postgres. */
  #resultOf(id: string): string {
    const found = this.#queries.get(id);
    if (found === undefined || found.columns.length === 0) throw new RangeError(`Statement ${id} not found`);
    const columns = found.columns.map(
      (name, at) => `v${at} as "${name === name.toUpperCase() ? name.toLowerCase() : name}"`,
    );
    return `select ${columns.join(', ')} from ${found.table}`;
  }

  #versionAnswer(id: string): SnowflakeResponse {
    const { user, role, warehouse, database } = this.info;
    const rowtype = ['V', 'U', 'R', 'W', 'D'].map((name) => ({
      name,
      type: 'text',
      precision: null,
      scale: null,
      nullable: true,
    }));
    return this.#resultAnswer(id, rowtype, [['9.9.9', user, role, warehouse, database]]);
  }

  #resultAnswer(
    id: string,
    rowtype: readonly RowType[],
    rowset: readonly unknown[],
    { total, returned, chunks }: Paging = { total: rowset.length, returned: rowset.length, chunks: [] },
  ): SnowflakeResponse {
    const data = {
      queryId: id,
      rowtype,
      rowset,
      total,
      returned,
      chunks,
      parameters: [],
      statementTypeId: 4096,
      version: 1,
    };
    return { success: true, data };
  }
}

/** In SQL: a row of a result as Snowflake sends it. */
function jsonRow(columns: readonly string[]): string {
  return `json_build_array(${columns.map((_, at) => `v${at}::text`).join(', ')})::text`;
}
