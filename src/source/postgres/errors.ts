import { PanelsyncError } from '../../core/errors.ts';
import type { Model } from '../../core/model/terms.ts';
import { postgresFault } from '../../lib/postgres-error.ts';
import type { PostgresFault } from '../../lib/postgres-error.ts';
import { severalStatements } from '../model-errors.ts';
import { placeOf } from './model-sql.ts';

/** An error of the warehouse in words for people; errors of our own pass as they are. */
export function sourceError(source: string, error: unknown): PanelsyncError {
  if (error instanceof PanelsyncError) return error;
  const fault = postgresFault(error);
  return new PanelsyncError({
    code: `source_${fault.kind}`,
    recovery: fault.kind === 'unreachable' ? 'retriable' : 'fatal',
    message: `The source "${source}" refused: ${withoutData(fault)} (${fault.code}).`,
    hint: hints(source)[fault.kind],
    cause: error,
  });
}

/** Statements that Postgres cannot even prepare, and so calls a syntax error; comments may stand before them. */
const otherStatement =
  /^(?:\s|--[^\n]*\n|\/\*.*?\*\/)*(?:alter|analyze|begin|call|commit|copy|create|do|drop|grant|refresh|revoke|rollback|set|truncate|vacuum)\b/is;

/**
 * An error that the model itself caused, with its place in the model; others pass.
 * `prefix` is how much of the statement stands before the model's text.
 */
export function modelError(model: Model, error: unknown, prefix: number): unknown {
  const fault = postgresFault(error);
  if (fault.code === '25006') return writes(model, error);
  if (fault.kind === 'timeout') return timedOut(model, error);
  if (fault.kind !== 'statement' && fault.kind !== 'rights' && fault.kind !== 'missing') return error;
  if (/multiple commands/.test(fault.message)) return severalStatements(model, error);
  if (fault.code === '42601' && otherStatement.test(model.sql)) return writes(model, error);
  if (fault.code === '08P01') return wantsParameters(model, error);
  const place = fault.position === null ? null : placeOf(model.sql, fault.position - 1 - prefix);
  const at = place === null ? '' : ` at line ${place.line}, column ${place.column}`;
  return new PanelsyncError({
    code: 'model_sql_error',
    recovery: 'fatal',
    message: `The model ${model.from} fails${at}: ${withoutData(fault)} (${fault.code}).`,
    hint:
      fault.kind === 'rights'
        ? 'Grant the user of the source the right to read what the model reads.'
        : 'Run it in a SQL client as the user of the source, and correct it there first.',
    cause: error,
  });
}

function wantsParameters(model: Model, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_sql_error',
    recovery: 'fatal',
    message: `The model ${model.from} wants a parameter such as $1; nothing of it was run.`,
    hint: 'Nobody fills it: write the value itself into the model.',
    cause,
  });
}

/** A statement that is fine by itself but gives no rows to select from. */
export function notAQuery(model: Model, error: unknown): unknown {
  const fault = postgresFault(error);
  if (fault.code === '42601' || fault.code === '0A000' || fault.code === '25006') return writes(model, error);
  return modelError(model, error, 'select * from (\n'.length);
}

function writes(model: Model, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_not_read_only',
    recovery: 'fatal',
    message: `The model ${model.from} is not a query that only reads; nothing of it was run.`,
    hint: 'A model is one SELECT (or WITH … SELECT, VALUES, TABLE). Move what writes out of it.',
    cause,
  });
}

function timedOut(model: Model, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_timeout',
    recovery: 'fatal',
    message: `The model ${model.from} ran into the statement timeout of its source and was cancelled.`,
    hint: 'Make the model cheaper (a materialised table helps), or raise statementTimeoutMs of the source.',
    cause,
  });
}

/** The server did not even cancel what ran too long. */
export function silent(source: string): PanelsyncError {
  return new PanelsyncError({
    code: 'source_unreachable',
    recovery: 'retriable',
    message: `The source "${source}" said nothing for longer than its statement timeout; the connection was dropped.`,
    hint: `See whether the server and the network are well. A model that may take longer needs a higher sources.${source}.statementTimeoutMs.`,
  });
}

/** Of SQLSTATEs that functions raise, procedural languages and foreign servers among them. */
const functionCode = /^(?:P0|38|39|HV|XX)/;

/** Routines of the server through which functions and foreign servers speak, whatever SQLSTATE they chose. */
const functionRoutine = /^(?:exec_stmt_raise|PLy_\w+|plperl_\w+|croak_cstr|pltcl_\w+|plv8_\w+|pgfdw_\w+|dblink_\w+)$/;

/** From the first quote to the last, as the value may hold quotes itself; servers in other languages have other quotes. */
const quoted = /["'«»‹›„“”‚‘’「」].*["'«»‹›„“”‚‘’「」]/s;

/**
 * Data exceptions quote the value that failed, and what a function of the warehouse raises may say anything; whose
 * value that is must not reach a log.
 */
function withoutData({ code, routine, message }: PostgresFault): string {
  if (functionCode.test(code) || functionRoutine.test(routine)) {
    return 'a function raised an error, whose words may name people and are left out';
  }
  return code.startsWith('22') || code.startsWith('23') ? message.replace(quoted, '"…"') : message;
}

/**
 * An error that came while rows were read: where it points at no place of the model, what it quotes may be of a row,
 * such as the name of a table that a value was taken for.
 */
export function readingError(error: unknown): unknown {
  if (!(error instanceof Error) || postgresFault(error).position !== null) return error;
  return Object.assign(new Error(error.message.replace(quoted, '"…"'), { cause: error }), error);
}

function hints(source: string): Readonly<Record<PostgresFault['kind'], string>> {
  const settings = `sources.${source}`;
  return {
    unreachable: `See whether it runs and whether ${settings}.url points at it.`,
    tls: `sslmode in ${settings}.url, or ${settings}.tls, says whether TLS is used and who is trusted (tls.ca: a file of yours).`,
    login: `Check user and password in ${settings}.url; special characters in them are percent-encoded, such as %40 for @.`,
    missing: `The database in ${settings}.url does not exist.`,
    rights: 'Grant the user the right to read what the model reads.',
    read_only: 'The model tried to write. A model only reads.',
    full: 'The warehouse has no room for its own work; see its disk.',
    timeout: `Raise ${settings}.statementTimeoutMs or make the model cheaper.`,
    canceled: 'Somebody cancelled the query at the server. Run again.',
    statement: 'Run the model in a SQL client as the user of the source.',
  };
}
