/** DuckDB as a source: SQL over CSV, Parquet and JSON files, and over a database file. Its package is optional. */

import { PanelsyncError } from '../../core/errors.ts';
import type { Column, Model } from '../../core/model/terms.ts';
import type { KeyedColumns, ModelReader, Source } from '../../core/ports/source.ts';
import type { DuckDbSourceSettings } from '../../core/settings.ts';
import { countLines } from '../copy-lines.ts';
import { multipleStatementsError, notReadOnlyError } from '../model-errors.ts';
import { openModel } from '../model-reader.ts';
import type { BucketSession, RowSelection, RowTotals } from '../model-reader.ts';
import { blankSemicolons } from '../postgres/model-sql.ts';
import { findChangedFile } from './changed-files.ts';
import { toColumn } from './columns.ts';
import { changedFileError, notAQueryError, toModelError, toParseError } from './errors.ts';
import type { Engine, TableSize } from './engine.ts';
import { describeQuery, linesTable, modelQuery, planQuery, rowsQuery, rowsTable, sumsQuery } from './model-sql.ts';
import type { ModelQuery, TimedRowSelection } from './model-sql.ts';
import { connect } from './session.ts';
import type { DuckDbSession } from './session.ts';

export function createDuckDbSource(settings: DuckDbSourceSettings): Source {
  return {
    open: (model, label, signal) => openDuckDbModel(settings, { model, label }, signal),
    check: (signal) => checkDatabase(settings, signal),
    close: async () => undefined,
  };
}

async function checkDatabase(settings: DuckDbSourceSettings, signal: AbortSignal): Promise<string> {
  const session = await connect(settings, 'panelsync:check', signal);
  await session.close();
  const what =
    settings.database === null
      ? `files; paths in models start at ${settings.directory}`
      : `database file ${settings.database}, read-only`;
  return `DuckDB ${session.version}, ${what}`;
}

async function openDuckDbModel(
  settings: DuckDbSourceSettings,
  { model, label }: { readonly model: Model; readonly label: string },
  signal: AbortSignal,
): Promise<ModelReader> {
  const session = await connect(settings, label, signal);
  const opened: OpenedModel = { session, settings, model, sql: blankSemicolons(model.sql) };
  return openModel({
    source: settings.name,
    model,
    requireSingleStatement: () => requireSingleStatement(opened),
    describe: async () => {
      const columns = await describeModel(opened);
      await requireReadingPlan(opened);
      return columns;
    },
    rows: (columns, selection) => readRows(opened, columns, selection),
    buckets: openBuckets(opened),
    toError: session.toError,
    close: session.close,
  });
}

interface OpenedModel {
  readonly session: DuckDbSession;
  readonly settings: DuckDbSourceSettings;
  readonly model: Model;
  /** The model's text, ready to stand in parentheses. */
  readonly sql: string;
}

/** Functions that write files or change how DuckDB works, though a query may call them. */
const changingFunctions = /\b(?:enable|disable)_(?:logging|profiling|peg_parser)\b|\b(?:force_)?checkpoint\s*"?\s*\(/i;

/** The same in a plan. */
const changingOperators = /"name": "(?:(?:ENABLE|DISABLE)_(?:LOGGING|PROFILING|PEG_PARSER)|(?:FORCE_)?CHECKPOINT)\s*"/i;

function changingFunctionError(model: Model): PanelsyncError {
  return notReadOnlyError(model, 'calls a function that does more than read', undefined);
}

async function requireSingleStatement(opened: OpenedModel): Promise<void> {
  const { session, model } = opened;
  if (changingFunctions.test(model.sql)) throw changingFunctionError(model);
  const count = await session
    .run((engine) => engine.countStatements(model.sql), model)
    .catch((error: unknown) => {
      throw toParseError(opened, error);
    });
  if (count <= 1) return;
  throw /\bpivot(?:_wider)?\b/i.test(model.sql) ? openPivotError(model) : multipleStatementsError(model, undefined);
}

/** DuckDB makes two statements of it, the first of which collects the values. */
function openPivotError(model: Model): PanelsyncError {
  return new PanelsyncError({
    code: 'model_several_statements',
    recovery: 'usage',
    message: `The model ${model.location} contains more than one statement, or a PIVOT without its values; nothing was run.`,
    hint: "Keep one query, and name the values of the PIVOT: pivot … on plan in ('free', 'pro').",
  });
}

/** Only a query can stand where this puts the model. */
async function describeModel(opened: OpenedModel): Promise<readonly Column[]> {
  const { session, model } = opened;
  const { sql, prefixLength } = describeQuery(opened.sql);
  const rows = await session
    .run((engine) => engine.query(sql), model)
    .catch((error: unknown) => {
      throw toModelError(opened, notAQueryError(model, error), prefixLength);
    });
  const columns = rows.map(([name, type]) => toColumn(name ?? '', type ?? ''));
  if (columns.some(({ name }) => name.includes('@'))) throw noHeaderError(model);
  return columns;
}

/** Views and macros of a database file may call such functions as well, which shows in the plan. */
async function requireReadingPlan(opened: OpenedModel): Promise<void> {
  const { session, model } = opened;
  const { sql, prefixLength } = planQuery(opened.sql);
  const plan = await session
    .run((engine) => engine.query(sql), model)
    .catch((error: unknown) => {
      throw toModelError(opened, error, prefixLength);
    });
  if (plan.flat().some((text) => changingOperators.test(text ?? ''))) throw changingFunctionError(model);
}

/** The first row of a file was taken for its header. */
function noHeaderError(model: Model): PanelsyncError {
  return new PanelsyncError({
    code: 'model_without_header',
    recovery: 'usage',
    message: `The model ${model.location} returns a column whose name looks like an e-mail: a CSV file has no header line, or it was not recognized.`,
    hint: "Name the columns: read_csv('…', header = false, names = ['email', 'first_name']).",
  });
}

async function* readRows(
  opened: OpenedModel,
  columns: readonly Column[],
  selection: RowSelection,
): AsyncGenerator<Buffer, RowTotals> {
  const size = await runModel(opened, columns, { ...selection, timePosition: null });
  return yield* readLines(opened, rowsTable, size);
}

/** The sums and the rows are those of one run of the model, as long as they are of the same columns. */
function openBuckets(opened: OpenedModel): BucketSession {
  let positionsRead: readonly number[] | null = null;
  const runModelOnce = async (columns: readonly Column[], { positions, newest }: KeyedColumns): Promise<void> => {
    const timePosition = newest?.position ?? null;
    if (positionsRead !== positions) await runModel(opened, columns, { positions, limit: null, timePosition });
    positionsRead = positions;
  };
  const readResult = async function* (statement: string): AsyncGenerator<Buffer, RowTotals> {
    const query = { sql: statement, prefixLength: statement.length };
    return yield* readLines(opened, linesTable, await materialize(opened, linesTable, query));
  };
  return {
    scheme: 'duckdb-1',
    keyHash: 'sha256',
    sums: async function* (columns, keyed, bits) {
      await runModelOnce(columns, keyed);
      return yield* readResult(sumsQuery(keyed, bits));
    },
    rows: async function* (columns, keyed, buckets) {
      await runModelOnce(columns, keyed);
      return yield* readResult(rowsQuery(keyed, buckets));
    },
  };
}

/** Runs the model into a temporary table. */
async function runModel(
  opened: OpenedModel,
  columns: readonly Column[],
  selection: TimedRowSelection,
): Promise<TableSize> {
  const startedAt = Date.now();
  const size = await materialize(opened, rowsTable, modelQuery(opened.sql, columns, selection));
  await requireUnchanged(opened, columns, startedAt);
  return size;
}

/**
 * Runs a query into a temporary table. If the rows of a query are fetched while it runs, the driver reports an error in
 * their middle as their end: so a query ends before its first row is read.
 */
async function materialize(opened: OpenedModel, table: string, { sql, prefixLength }: ModelQuery): Promise<TableSize> {
  const { session, model } = opened;
  const before = `create or replace temp table ${table} as `;
  const work = async (engine: Engine): Promise<TableSize> => {
    await engine.query(before + sql);
    const [row] = await engine.query(
      `select count(*)::varchar, coalesce(max(strlen(line)), 0)::varchar from temp.${table}`,
    );
    return { rows: Number(row?.[0]), longestLine: Number(row?.[1]) };
  };
  return session.run(work, model).catch((error: unknown) => {
    throw toModelError(opened, error, before.length + prefixLength);
  });
}

/** Throws where files changed while the model read them, so that rows may be missing, or of two versions. */
async function requireUnchanged(opened: OpenedModel, columns: readonly Column[], startedAt: number): Promise<void> {
  const { session, settings, model } = opened;
  const changedFile = await session.run((engine) => findChangedFile(engine, settings, startedAt), model);
  if (changedFile !== null) throw changedFileError(model, changedFile);
  const columnsNow = await describeModel(opened);
  if (JSON.stringify(columnsNow) !== JSON.stringify(columns)) throw changedFileError(model, null);
}

async function* readLines(opened: OpenedModel, table: string, size: TableSize): AsyncGenerator<Buffer, RowTotals> {
  let read = 0;
  try {
    for await (const lines of opened.session.engine.lines(`temp.${table}`, size)) {
      read += countLines(lines);
      yield lines;
    }
  } catch (error) {
    throw toModelError(opened, error, Infinity);
  }
  return { announced: size.rows, read };
}
