import { PanelsyncError } from '../../core/errors.ts';
import type { Recovery } from '../../core/errors.ts';
import type { SnowflakeSourceSettings } from '../../core/settings.ts';
import type { Model } from '../../core/model/terms.ts';
import { networkMessage } from '../../lib/postgres-error.ts';
import { systemCode } from '../../lib/system-code.ts';
import {
  functionErrorText,
  modelDataError,
  modelSqlError,
  modelTimeoutError,
  multipleStatementsError,
  notReadOnlyError,
  unresponsiveError,
} from '../model-errors.ts';
import { kindOf } from './error-codes.ts';
import type { ErrorKind } from './error-codes.ts';
import { formatNumber } from '../../lib/format.ts';

/** Errors of Snowflake and its driver as errors that a person can read, with the place in the model. */

interface SnowflakeErrorInfo {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  /** Place in the statement, both from 1. */
  readonly position: { readonly line: number; readonly column: number } | null;
}

export function parseSnowflakeError(error: unknown): SnowflakeErrorInfo {
  const { code, message, status, data, cause, sqlState } = errorFields(error);
  if (code === '') {
    const systemErrorCode = systemCode(error) ?? '';
    return {
      code: systemErrorCode || 'no_code',
      kind: 'unreachable',
      message: networkMessage(systemErrorCode, message),
      position: null,
    };
  }
  if (code === '401002' && status !== null && status < 500 && status !== 408 && status !== 429) {
    return { code: `HTTP ${status}`, kind: 'account', message: 'the host does not know the account', position: null };
  }
  if (code === '401001' || code === '402001') {
    return { code, kind: 'unreachable', message: networkMessage(cause, message), position: null };
  }
  return { code, kind: kindOf({ code, sqlState, message }), message: oneLine(message), position: positionOf(data) };
}

interface ErrorFields {
  readonly code: string;
  readonly message: string;
  readonly status: number | null;
  readonly data: unknown;
  readonly cause: string;
  readonly sqlState: string;
}

function errorFields(error: unknown): ErrorFields {
  const code = propertyOf(error, 'code');
  const status = propertyOf(propertyOf(error, 'response'), 'statusCode');
  const data = propertyOf(error, 'data');
  const sqlState = propertyOf(error, 'sqlState') ?? propertyOf(data, 'sqlState');
  const isNumeric = typeof code === 'number' || (typeof code === 'string' && /^\d+$/.test(code));
  return {
    code: isNumeric ? String(code).replace(/^0+/, '') : '',
    message: error instanceof Error ? error.message : '',
    status: typeof status === 'number' ? status : null,
    data,
    cause: systemCode(propertyOf(error, 'cause')) ?? '',
    sqlState: typeof sqlState === 'string' ? sqlState : '',
  };
}

function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

/** Snowflake counts lines from 1 and positions from 0; -1 when it does not know. */
function positionOf(data: unknown): SnowflakeErrorInfo['position'] {
  const [line, position] = [propertyOf(data, 'line'), propertyOf(data, 'pos')];
  if (typeof line !== 'number' || typeof position !== 'number' || line < 1 || position < 0) return null;
  return { line, column: position + 1 };
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}

/** What keeps a session from being opened. */
export function toConnectionError(settings: SnowflakeSourceSettings, error: unknown): PanelsyncError {
  return sourceError(settings, 'Cannot connect to Snowflake', error);
}

/** An error of an open session; errors of panelsync pass as they are. */
export function toSourceError(settings: SnowflakeSourceSettings, error: unknown): PanelsyncError {
  const isLost = parseSnowflakeError(error).kind === 'unreachable';
  return sourceError(settings, isLost ? 'Lost the connection to Snowflake' : 'Cannot read from Snowflake', error);
}

function sourceError(settings: SnowflakeSourceSettings, sentence: string, error: unknown): PanelsyncError {
  if (error instanceof PanelsyncError) return error;
  const info = parseSnowflakeError(error);
  const place = `at ${describeEndpoint(settings)} for the source "${settings.name}"`;
  return new PanelsyncError({
    code: `source_${info.kind}`,
    recovery: recoveryByKind[info.kind] ?? 'fatal',
    message: `${sentence} ${place}: ${redactValues(info)} (${info.code}).`,
    hint: hintFor(info.kind, settings),
    cause: error,
  });
}

function describeEndpoint({ account, accessUrl, database }: SnowflakeSourceSettings): string {
  const host = accessUrl !== null && URL.canParse(accessUrl) ? new URL(accessUrl).host : `account ${account}`;
  return `${host}${database === null ? '' : `, database ${database}`}`;
}

/** An error that the model caused, with its place in the model; others pass. The model starts after `lineOffset` lines. */
export function toModelError(model: Model, error: unknown, lineOffset: number): unknown {
  if (error instanceof PanelsyncError) return error;
  const info = parseSnowflakeError(error);
  if (info.kind === 'several') return multipleStatementsError(model, error);
  if (info.kind === 'timeout') return modelTimeoutError(model, timeoutHint, error);
  if (info.kind !== 'statement' && info.kind !== 'rights') return error;
  const { position } = info;
  const location = position === null ? '' : ` at line ${position.line - lineOffset}, column ${position.column}`;
  const details = `${location}: ${redactValues(info)} (${info.code})`;
  return isAboutValues(info)
    ? modelDataError(model, details, modelHint, error)
    : modelSqlError(model, details, modelHint, error);
}

const modelHint = 'Run the model in Snowflake with the role of the source, and correct it there first.';
const timeoutHint =
  'Make the model cheaper (a table helps), or raise statementTimeoutMs of the source and the limit of the warehouse.';

/** A statement that is valid by itself but gives no rows to select from. */
export function notAQueryError(model: Model, error: unknown): unknown {
  if (error instanceof PanelsyncError || parseSnowflakeError(error).kind !== 'statement') return error;
  return notReadOnlyError(model, 'is not a query that only reads', error);
}

export function unresponsiveServerError({ name }: SnowflakeSourceSettings): PanelsyncError {
  const hint = `Check that Snowflake can be reached from here (firewall, proxy), and sources.${name}.accessUrl.`;
  return unresponsiveError(name, 'in time', hint);
}

/** The parameter that limits results was set to 0 for the statement, and something set it again. */
export function limitedResultError(
  { name, username }: SnowflakeSourceSettings,
  { total, returned }: { readonly total: number; readonly returned: number },
): PanelsyncError {
  return new PanelsyncError({
    code: 'source_incomplete',
    recovery: 'fatal',
    message: `Snowflake returned ${formatNumber(returned)} of the ${formatNumber(total)} rows of the model (source "${name}"); nothing was sent.`,
    hint: `ROWS_PER_RESULTSET limits the result. Unset it: ALTER USER ${username ?? '…'} UNSET ROWS_PER_RESULTSET, or for the account.`,
  });
}

/** Codes from 100000 are about values; those below reject the statement whatever the data. */
function isAboutValues({ code }: SnowflakeErrorInfo): boolean {
  return /^1\d{5}$/.test(code);
}

/** Errors about values quote them, and functions may raise any text; neither may reach a log. */
function redactValues(info: SnowflakeErrorInfo): string {
  if (!isAboutValues(info)) return info.message;
  if (/(?:execution|interpreter) error/i.test(info.message)) return functionErrorText;
  // From the first quote to the last: the value may contain quotes.
  return info.message.replace(/['"].*['"]/s, "'…'");
}

/** A later run may succeed; every other kind stays as it is. */
const recoveryByKind: Readonly<Partial<Record<ErrorKind, Recovery>>> = {
  unreachable: 'retriable',
  busy: 'retriable',
  canceled: 'retriable',
  settings: 'usage',
};

function hintFor(kind: ErrorKind, { name, warehouse, role }: SnowflakeSourceSettings): string {
  const path = `sources.${name}`;
  switch (kind) {
    case 'unreachable':
      return `Run again. If it keeps happening, check the firewall, the proxy and ${path}.accessUrl.`;
    case 'account':
      return `Check ${path}.account (organization-account, as in the address of Snowsight) and ${path}.accessUrl.`;
    case 'login':
      return `Check username and key, password or token of ${path}; ALTER USER … SET RSA_PUBLIC_KEY sets a public key.`;
    case 'policy':
      return "Have this machine's address allowed in the network policy of the account or the user.";
    case 'role':
      return `Grant the role ${role ?? 'of the source'} to the user, or correct ${path}.role.`;
    case 'missing':
      return `Check ${path}.database and ${path}.schema, and that the role may use them.`;
    case 'rights':
      return 'Grant the role the right to read what the model reads.';
    case 'warehouse':
      return `Check that the warehouse ${warehouse ?? 'of the user'} exists and may resume, and that the role has USAGE on it.`;
    case 'timeout':
      return `Raise ${path}.statementTimeoutMs, or make the model cheaper.`;
    case 'busy':
      return 'This usually passes: run again. If it does not, use a larger warehouse or a quieter time.';
    case 'canceled':
      return 'Somebody canceled the query in Snowflake. Run again.';
    case 'several':
    case 'statement':
      return 'Run the model in Snowflake with the role of the source.';
    case 'settings':
      return `Correct ${path}.`;
  }
}
