import type pg from 'pg';
import { PanelsyncError } from '../../core/errors.ts';
import type { Recovery } from '../../core/errors.ts';
import type { Model } from '../../core/model/terms.ts';
import { parsePostgresError } from '../../lib/postgres-error.ts';
import type { PostgresErrorInfo } from '../../lib/postgres-error.ts';
import {
  functionErrorText,
  modelDataError,
  modelSqlError,
  modelTimeoutError,
  multipleStatementsError,
  notReadOnlyError,
  unresponsiveError,
} from '../model-errors.ts';
import { lineAndColumn } from './model-sql.ts';

/** Errors of Postgres as errors that a person can read, with the place in the model. */

type ErrorKind = PostgresErrorInfo['kind'];

/** The server that a client connects to, as the driver read it from the URL. */
export type Endpoint = Pick<pg.Client, 'host' | 'port' | 'database'>;

/** What keeps a session from being opened. `endpoint` is `null` where the URL could not even be read. */
export function toConnectionError(source: string, endpoint: Endpoint | null, error: unknown): PanelsyncError {
  const place = endpoint === null ? '' : ` at ${describeEndpoint(endpoint)}`;
  return sourceError(source, `Cannot connect to the warehouse "${source}"${place}`, error);
}

/** An error of an open session; errors of panelsync pass as they are. */
export function toSourceError(source: string, endpoint: Endpoint, error: unknown): PanelsyncError {
  const { kind } = parsePostgresError(error);
  const failed = kind === 'unreachable' ? 'Lost the connection to the warehouse' : 'Cannot read from the warehouse';
  return sourceError(source, `${failed} "${source}" at ${describeEndpoint(endpoint)}`, error);
}

function sourceError(source: string, sentence: string, error: unknown): PanelsyncError {
  if (error instanceof PanelsyncError) return error;
  const info = parsePostgresError(error);
  return new PanelsyncError({
    code: `source_${info.kind}`,
    recovery: recoveryByKind[info.kind] ?? 'fatal',
    message: `${sentence}: ${redactValues(info)} (${info.code}).`,
    hint: hints(source)[info.kind],
    cause: error,
  });
}

/** A server that lacks a setting which all of its type have is of another type; other errors pass. */
export function toSettingsError(source: string, hint: string, error: unknown): unknown {
  const { code, message } = parsePostgresError(error);
  if (code !== '42704') return error;
  return new PanelsyncError({
    code: 'source_type',
    recovery: 'usage',
    message: `The warehouse "${source}" is of another type than its configuration says: ${message}.`,
    hint,
    cause: error,
  });
}

/** As psql names a server; a host that begins with a slash is the folder of a socket. */
function describeEndpoint({ host, port, database }: Endpoint): string {
  const address = host.startsWith('/')
    ? `socket ${host}/.s.PGSQL.${port}`
    : `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `${address}, database "${database ?? ''}"`;
}

/** Statements that Postgres cannot even prepare, and so calls a syntax error; comments may stand before them. */
const nonQueryPattern =
  /^(?:\s|--[^\n]*\n|\/\*.*?\*\/)*(?:alter|analyze|begin|call|commit|copy|create|do|drop|grant|refresh|revoke|rollback|set|truncate|vacuum)\b/is;

const notAQueryText = 'is not a query that only reads';

/**
 * An error that the model itself caused, with its place in the model; others pass.
 * `prefixLength` is how much of the statement stands before the model's text.
 */
export function toModelError(model: Model, error: unknown, prefixLength: number): unknown {
  if (error instanceof PanelsyncError) return error;
  const info = parsePostgresError(error);
  if (info.code === '25006') return notReadOnlyError(model, notAQueryText, error);
  if (info.kind === 'timeout') return modelTimeoutError(model, timeoutHint, error);
  if (info.kind !== 'statement' && info.kind !== 'rights' && info.kind !== 'missing') return error;
  if (/multiple commands/.test(info.message)) return multipleStatementsError(model, error);
  if (info.code === '42601' && nonQueryPattern.test(model.sql)) return notReadOnlyError(model, notAQueryText, error);
  if (info.code === '08P01') return modelSqlError(model, ': it uses a parameter such as $1', parameterHint, error);
  const position = info.position === null ? null : lineAndColumn(model.sql, info.position - 1 - prefixLength);
  const location = position === null ? '' : ` at line ${position.line}, column ${position.column}`;
  const details = `${location}: ${redactValues(info)} (${info.code})`;
  if (info.kind === 'rights') return modelSqlError(model, details, rightsHint, error);
  return isLasting(info)
    ? modelSqlError(model, details, clientHint, error)
    : modelDataError(model, details, clientHint, error);
}

const timeoutHint = 'Make the model cheaper (a materialized table helps), or raise statementTimeoutMs of the source.';
const parameterHint = 'Nothing supplies a value: write it into the model.';
const rightsHint = 'Grant the user of the source the right to read what the model reads.';
const clientHint = 'Run the model in a SQL client as the user of the source, and correct it there first.';

/**
 * Syntax, names, types and rights (class 42), missing schemas and features: the server rejects the statement whatever
 * the data. A function may raise any code, about a row.
 */
function isLasting({ code, routine }: PostgresErrorInfo): boolean {
  return /^(?:42|0A|3F)/.test(code) && !functionRoutines.test(routine);
}

/** A statement that is valid by itself but gives no rows to select from. */
export function notAQueryError(model: Model, error: unknown, prefixLength: number): unknown {
  const { code } = parsePostgresError(error);
  if (code === '42601' || code === '0A000' || code === '25006') return notReadOnlyError(model, notAQueryText, error);
  return toModelError(model, error, prefixLength);
}

/** The server did not even cancel a statement that ran for too long. */
export function unresponsiveServerError(source: string): PanelsyncError {
  const hint = `Check the server and the network. For a slower model, raise sources.${source}.statementTimeoutMs.`;
  return unresponsiveError(source, 'within its statement timeout', hint);
}

/** SQLSTATEs that functions raise, those of procedural languages and foreign servers among them. */
const functionSqlStates = /^(?:P0|38|39|HV|XX)/;

/** Routines of the server through which functions and foreign servers raise errors, whatever SQLSTATE they chose. */
const functionRoutines = /^(?:exec_stmt_raise|PLy_\w+|plperl_\w+|croak_cstr|pltcl_\w+|plv8_\w+|pgfdw_\w+|dblink_\w+)$/;

/** From the first quote to the last, because the value may contain quotes; servers in other languages have others. */
const quotedText = /["'«»‹›„“”‚‘’「」].*["'«»‹›„“”‚‘’「」]/s;

/** Data exceptions quote the value that failed, and functions may raise any text; neither may reach a log. */
function redactValues({ code, routine, message }: PostgresErrorInfo): string {
  if (functionSqlStates.test(code) || functionRoutines.test(routine)) return functionErrorText;
  return code.startsWith('22') || code.startsWith('23') ? message.replace(quotedText, '"…"') : message;
}

/**
 * An error that occurred while rows were read. Without a place in the model, what it quotes may come from a row, such
 * as a value that was taken for the name of a table.
 */
export function redactRowError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof PanelsyncError || parsePostgresError(error).position !== null)
    return error;
  return Object.assign(new Error(error.message.replace(quotedText, '"…"'), { cause: error }), error);
}

/** A later run may succeed; every other kind stays as it is. */
const recoveryByKind: Readonly<Partial<Record<ErrorKind, Recovery>>> = {
  unreachable: 'retriable',
  busy: 'retriable',
  canceled: 'retriable',
  full: 'retriable',
};

function hints(source: string): Readonly<Record<ErrorKind, string>> {
  const path = `sources.${source}`;
  return {
    unreachable: `Check that the server is running and that ${path}.url points at it. If it was restarted or overloaded, run again.`,
    tls: `sslmode in ${path}.url, or ${path}.tls, sets whether TLS is used and which authority is trusted (tls.ca: a file).`,
    login: `Check user and password in ${path}.url; percent-encode special characters, such as %40 for @.`,
    missing: `Create the database, or correct its name in ${path}.url.`,
    rights: 'Grant the user the right to read what the model reads.',
    read_only: 'Remove what writes from the model.',
    full: 'Free disk space or memory on the warehouse, then run again.',
    busy: 'This usually passes: run again. If it does not, run the model at a quieter time or on the primary.',
    timeout: `Raise ${path}.statementTimeoutMs, or make the model cheaper.`,
    canceled: 'Somebody canceled the query at the server. Run again.',
    statement: 'Run the model in a SQL client as the user of the source.',
  };
}
