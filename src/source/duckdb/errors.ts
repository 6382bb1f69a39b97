import { PanelsyncError } from '../../core/errors.ts';
import type { Recovery } from '../../core/errors.ts';
import type { Model } from '../../core/model/terms.ts';
import type { DuckDbSourceSettings } from '../../core/settings.ts';
import { modelDataError, modelSqlError, modelTimeoutError, notReadOnlyError } from '../model-errors.ts';
import { lineAndColumn } from '../postgres/model-sql.ts';
import { dataError } from './data-errors.ts';
import { EngineEndedError, EngineError } from './engine.ts';
import { parseFailure } from './failure.ts';
import type { DuckDbErrorInfo } from './failure.ts';
import type { EngineFailure } from './messages.ts';

/** Errors of DuckDB as errors that a person can read, with the place in the model. */

const clientHint = 'Run the model in the DuckDB command line, and correct it there first.';

/** What keeps the database from being opened. */
export function toOpenError(settings: DuckDbSourceSettings, error: unknown): unknown {
  if (!(error instanceof EngineError)) return toSourceError(settings, error);
  const { failure } = error;
  if (failure.kind === 'package') return packageError(failure, error);
  const file = `The database file ${settings.database ?? ''} of the source "${settings.name}"`;
  const { message } = parseFailure(failure);
  const [code, recovery, problem, hint] = openProblem(message, settings.name);
  return new PanelsyncError({ code, recovery, message: `${file} ${problem}.`, hint, cause: error });
}

type OpenProblem = readonly [code: string, recovery: Recovery, problem: string, hint: string];

function openProblem(message: string, source: string): OpenProblem {
  const path = `sources.${source}.database`;
  if (isLocked(message)) {
    const holder = /Conflicting lock is held in ([^\n]*?\(PID \d+\))/.exec(message)?.[1];
    const hint = `Run again when the writer has closed it (after dbt, for example), or raise sources.${source}.connectTimeoutMs to wait longer.`;
    return ['source_busy', 'retriable', `is open for writing in ${holder ?? 'another process'}`, hint];
  }
  if (/database does not exist/.test(message))
    return [
      'source_missing',
      'fatal',
      'does not exist',
      `Correct ${path}; relative paths start at the configuration file.`,
    ];
  if (/version number|storage version|newer version/i.test(message)) {
    const hint = 'Update DuckDB here (npm install @duckdb/node-api), or write the file with an older STORAGE_VERSION.';
    return ['source_version', 'fatal', 'was written by another version of DuckDB, which this one cannot read', hint];
  }
  if (/valid DuckDB database file|[Ee]xtension|in-memory|Is a directory/.test(message)) {
    const hint = `Name a file that DuckDB wrote in ${path}. Read CSV, Parquet and JSON files in the model instead: from 'people.csv'.`;
    return ['source_settings', 'usage', 'is not a DuckDB database', hint];
  }
  return [
    'source_failed',
    'fatal',
    `cannot be opened: ${firstLine(message)}`,
    `Check ${path} and the rights of the file.`,
  ];
}

export function isLocked(message: string): boolean {
  return message.includes('Could not set lock on file');
}

function packageError({ code, message }: EngineFailure, cause: unknown): PanelsyncError {
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' && message.includes("'@duckdb/node-api'");
  return new PanelsyncError({
    code: 'source_driver',
    recovery: 'usage',
    message: isMissing
      ? 'DuckDB is not installed: sources of type duckdb need the package @duckdb/node-api.'
      : `DuckDB does not load on this platform (${process.platform} ${process.arch}): ${firstLine(message)}`,
    hint: isMissing
      ? 'Install it beside panelsync: npm install @duckdb/node-api'
      : 'Install it again for this platform: npm install @duckdb/node-api. It needs Linux, macOS or Windows on x64 or arm64.',
    cause,
  });
}

/** An error of an open session; errors of panelsync pass as they are. */
export function toSourceError({ name, memoryLimit }: DuckDbSourceSettings, error: unknown): unknown {
  if (error instanceof EngineEndedError) {
    return new PanelsyncError({
      code: 'source_crashed',
      recovery: 'retriable',
      message: `DuckDB ended unexpectedly (${error.how}) while it worked for the source "${name}"; nothing was sent.`,
      hint: `Run again. If it was killed for its memory, lower sources.${name}.memoryLimit (${memoryLimit}) or threads.`,
      cause: error,
    });
  }
  if (!(error instanceof EngineError)) return error;
  return new PanelsyncError({
    code: 'source_failed',
    recovery: 'fatal',
    message: `Cannot read from the source "${name}": ${parseFailure(error.failure).type || 'unknown'} error of DuckDB.`,
    hint: clientHint,
    cause: error,
  });
}

/** Types whose messages quote the SQL and the names in it, in their first line, and no rows. */
const statementTypes: ReadonlySet<string> = new Set(['Parser', 'Syntax', 'Binder', 'Catalog', 'Not implemented']);

interface ModelContext {
  readonly settings: DuckDbSourceSettings;
  readonly model: Model;
}

/**
 * An error that the model itself caused, with its place in the model. `prefixLength` is how much of the statement stands
 * before the model's text.
 */
export function toModelError({ settings, model }: ModelContext, error: unknown, prefixLength: number): unknown {
  if (!(error instanceof EngineError)) return error;
  const info = parseFailure(error.failure);
  if (info.type === 'Out of Memory') return memoryError(settings, model, error);
  if (/No space left on device/.test(info.message)) return diskError(model, error);
  if (info.type === 'IO') return modelDataError(model, `: ${firstLine(info.message)}`, fileHint, error);
  if (/\b(?:requires the extension|exists in the) /.test(info.message)) return extensionError(model, info, error);
  if (statementTypes.has(info.type)) {
    const details = `${placeOf(info, model, prefixLength)}: ${firstLine(info.message)}`;
    return modelSqlError(model, details, info.message.startsWith('Referenced column') ? columnHint : clientHint, error);
  }
  if (info.type === 'INTERNAL' || info.type === 'FATAL') return toSourceError(settings, error);
  const { details, hint } = dataError(info);
  return modelDataError(model, details, hint, error);
}

const columnHint =
  "Correct the name. If a CSV file has that column, a broken line keeps DuckDB from recognizing its layout: set it, read_csv('…', header = true, delim = ',', quote = '\"').";

const fileHint =
  'Paths in a model start at the folder of the configuration file. Check that the files are there and may be read.';

function extensionError(model: Model, { message }: DuckDbErrorInfo, cause: unknown): PanelsyncError {
  const extension = /(?:the extension|exists in the) (\w+)/.exec(message)?.[1] ?? 'another';
  const details = `: it needs the extension ${extension} of DuckDB, and panelsync neither downloads nor loads extensions`;
  const hint = 'Read local CSV, Parquet or JSON files; download or convert what is elsewhere before panelsync runs.';
  return modelSqlError(model, details, hint, cause);
}

function memoryError({ name, memoryLimit }: DuckDbSourceSettings, model: Model, cause: unknown): PanelsyncError {
  const path = `sources.${name}`;
  const details = `: it needs more than ${path}.memoryLimit (${memoryLimit})`;
  const hint = `Raise ${path}.memoryLimit, lower ${path}.threads, or make the model cheaper; and leave room in the temporary folder (TMPDIR).`;
  return modelDataError(model, details, hint, cause);
}

function diskError(model: Model, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'temporary_folder_full',
    recovery: 'retriable',
    message: `The temporary folder is full while the model ${model.location} runs.`,
    hint: 'Free some space on that disk, or set TMPDIR to a folder with more; DuckDB keeps there what exceeds its memory.',
    cause,
  });
}

/** The place in the model, where the error has one. */
function placeOf({ position }: DuckDbErrorInfo, { sql }: Model, prefixLength: number): string {
  if (position === null || position < prefixLength) return '';
  const before = Buffer.from(sql)
    .subarray(0, position - prefixLength)
    .toString();
  if (before.length >= sql.length) return '';
  const { line, column } = lineAndColumn(sql, before.length);
  return ` at line ${line}, column ${column}`;
}

/** What follows the first line proposes names, which a file without a header takes from its first row. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').trim().replace(/[.!]+$/, '');
}

/** What keeps the statements of a model from being counted; where there are none, the driver has no words for it. */
export function toParseError(context: ModelContext, error: unknown): unknown {
  if (error instanceof EngineError && parseFailure(error.failure).type === '')
    return modelSqlError(context.model, ': it contains no statement', clientHint, error);
  return toModelError(context, error, 0);
}

/** A statement that is valid by itself but gives no rows to select from. */
export function notAQueryError(model: Model, error: unknown): unknown {
  if (!(error instanceof EngineError) || parseFailure(error.failure).type !== 'Parser') return error;
  return notReadOnlyError(model, 'is not a query that only reads', error);
}

export function timeoutError(model: Model, source: string): PanelsyncError {
  const hint = `Make the model cheaper, or raise sources.${source}.statementTimeoutMs.`;
  return modelTimeoutError(model, hint, undefined);
}

/** A file was written, replaced or removed while the model read it, so that its rows may be of two versions. */
export function changedFileError(model: Model, file: string | null): PanelsyncError {
  const what = file === null ? 'its columns are not those of before' : `${file} changed`;
  return new PanelsyncError({
    code: 'source_changed',
    recovery: 'retriable',
    message: `The model ${model.location} was read while its data changed: ${what}; nothing was sent.`,
    hint: 'Run again when the files are complete. Write files under another name and rename them into place.',
  });
}
