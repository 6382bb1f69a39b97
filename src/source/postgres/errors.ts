import { PanelsyncError } from '../../core/errors.ts';
import type { Model } from '../../core/model/terms.ts';
import { parsePostgresError } from '../../lib/postgres-error.ts';
import type { PostgresErrorInfo } from '../../lib/postgres-error.ts';
import { multipleStatementsError } from '../model-errors.ts';
import { lineAndColumn } from './model-sql.ts';

/** An error of the warehouse in words for people; errors of our own pass as they are. */
export function toSourceError(source: string, error: unknown): PanelsyncError {
  if (error instanceof PanelsyncError) return error;
  const info = parsePostgresError(error);
  return new PanelsyncError({
    code: `source_${info.kind}`,
    recovery: info.kind === 'unreachable' ? 'retriable' : 'fatal',
    message: `The source "${source}" refused: ${redactValues(info)} (${info.code}).`,
    hint: hints(source)[info.kind],
    cause: error,
  });
}

/** Statements that Postgres cannot even prepare, and so calls a syntax error; comments may stand before them. */
const nonQueryPattern =
  /^(?:\s|--[^\n]*\n|\/\*.*?\*\/)*(?:alter|analyze|begin|call|commit|copy|create|do|drop|grant|refresh|revoke|rollback|set|truncate|vacuum)\b/is;

/**
 * An error that the model itself caused, with its place in the model; others pass.
 * `prefix` is how much of the statement stands before the model's text.
 */
export function toModelError(model: Model, error: unknown, prefixLength: number): unknown {
  const info = parsePostgresError(error);
  if (info.code === '25006') return notReadOnlyError(model, error);
  if (info.kind === 'timeout') return timeoutError(model, error);
  if (info.kind !== 'statement' && info.kind !== 'rights' && info.kind !== 'missing') return error;
  if (/multiple commands/.test(info.message)) return multipleStatementsError(model, error);
  if (info.code === '42601' && nonQueryPattern.test(model.sql)) return notReadOnlyError(model, error);
  if (info.code === '08P01') return unboundParameterError(model, error);
  const position = info.position === null ? null : lineAndColumn(model.sql, info.position - 1 - prefixLength);
  const location = position === null ? '' : ` at line ${position.line}, column ${position.column}`;
  return new PanelsyncError({
    code: 'model_sql_error',
    recovery: 'fatal',
    message: `The model ${model.location} fails${location}: ${redactValues(info)} (${info.code}).`,
    hint:
      info.kind === 'rights'
        ? 'Grant the user of the source the right to read what the model reads.'
        : 'Run it in a SQL client as the user of the source, and correct it there first.',
    cause: error,
  });
}

function unboundParameterError(model: Model, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_sql_error',
    recovery: 'fatal',
    message: `The model ${model.location} wants a parameter such as $1; nothing of it was run.`,
    hint: 'Nobody fills it: write the value itself into the model.',
    cause,
  });
}

/** A statement that is fine by itself but gives no rows to select from. */
export function notAQueryError(model: Model, error: unknown): unknown {
  const info = parsePostgresError(error);
  if (info.code === '42601' || info.code === '0A000' || info.code === '25006') return notReadOnlyError(model, error);
  return toModelError(model, error, 'select * from (\n'.length);
}

function notReadOnlyError(model: Model, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_not_read_only',
    recovery: 'fatal',
    message: `The model ${model.location} is not a query that only reads; nothing of it was run.`,
    hint: 'A model is one SELECT (or WITH … SELECT, VALUES, TABLE). Move what writes out of it.',
    cause,
  });
}

function timeoutError(model: Model, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_timeout',
    recovery: 'fatal',
    message: `The model ${model.location} ran into the statement timeout of its source and was cancelled.`,
    hint: 'Make the model cheaper (a materialised table helps), or raise statementTimeoutMs of the source.',
    cause,
  });
}

/** The server did not even cancel what ran too long. */
export function unresponsiveError(source: string): PanelsyncError {
  return new PanelsyncError({
    code: 'source_unreachable',
    recovery: 'retriable',
    message: `The source "${source}" said nothing for longer than its statement timeout; the connection was dropped.`,
    hint: `See whether the server and the network are well. A model that may take longer needs a higher sources.${source}.statementTimeoutMs.`,
  });
}

/** Of SQLSTATEs that functions raise, procedural languages and foreign servers among them. */
const functionSqlStates = /^(?:P0|38|39|HV|XX)/;

/** Routines of the server through which functions and foreign servers speak, whatever SQLSTATE they chose. */
const functionRoutines = /^(?:exec_stmt_raise|PLy_\w+|plperl_\w+|croak_cstr|pltcl_\w+|plv8_\w+|pgfdw_\w+|dblink_\w+)$/;

/** From the first quote to the last, as the value may hold quotes itself; servers in other languages have other quotes. */
const quotedText = /["'«»‹›„“”‚‘’「」].*["'«»‹›„“”‚‘’「」]/s;

/**
 * Data exceptions quote the value that failed, and what a function of the warehouse raises may say anything; whose
 * value that is must not reach a log.
 */
function redactValues({ code, routine, message }: PostgresErrorInfo): string {
  if (functionSqlStates.test(code) || functionRoutines.test(routine)) {
    return 'a function raised an error, whose words may name people and are left out';
  }
  return code.startsWith('22') || code.startsWith('23') ? message.replace(quotedText, '"…"') : message;
}

/**
 * An error that came while rows were read: where it points at no place of the model, what it quotes may be of a row,
 * such as the name of a table that a value was taken for.
 */
export function redactRowError(error: unknown): unknown {
  if (!(error instanceof Error) || parsePostgresError(error).position !== null) return error;
  return Object.assign(new Error(error.message.replace(quotedText, '"…"'), { cause: error }), error);
}

function hints(source: string): Readonly<Record<PostgresErrorInfo['kind'], string>> {
  const configPath = `sources.${source}`;
  return {
    unreachable: `See whether it runs and whether ${configPath}.url points at it.`,
    tls: `sslmode in ${configPath}.url, or ${configPath}.tls, says whether TLS is used and who is trusted (tls.ca: a file of yours).`,
    login: `Check user and password in ${configPath}.url; special characters in them are percent-encoded, such as %40 for @.`,
    missing: `The database in ${configPath}.url does not exist.`,
    rights: 'Grant the user the right to read what the model reads.',
    read_only: 'The model tried to write. A model only reads.',
    full: 'The warehouse has no room for its own work; see its disk.',
    busy: 'The warehouse is overloaded or held up by other sessions. Run again.',
    timeout: `Raise ${configPath}.statementTimeoutMs or make the model cheaper.`,
    canceled: 'Somebody cancelled the query at the server. Run again.',
    statement: 'Run the model in a SQL client as the user of the source.',
  };
}
