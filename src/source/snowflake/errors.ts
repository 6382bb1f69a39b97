import { PanelsyncError } from '../../core/errors.ts';
import { systemCode } from '../../lib/system-code.ts';
import type { SnowflakeSourceSettings } from '../../core/settings.ts';
import type { Model } from '../../core/model/terms.ts';
import { networkMessage } from '../../lib/postgres-error.ts';
import { multipleStatementsError } from '../model-errors.ts';

type ErrorKind =
  | 'unreachable'
  | 'account'
  | 'login'
  | 'role'
  | 'missing'
  | 'rights'
  | 'warehouse'
  | 'timeout'
  | 'canceled'
  | 'several'
  | 'settings'
  | 'statement';

interface SnowflakeErrorInfo {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  /** Place in the statement, both from 1. */
  readonly position: { readonly line: number; readonly column: number } | null;
}

/** By the code of Snowflake (without leading zeros) or of its driver. */
const kindByCode: Readonly<Record<string, ErrorKind>> = {
  '8': 'several',
  '604': 'canceled',
  '606': 'warehouse',
  '630': 'timeout',
  '3001': 'rights',
  '90073': 'warehouse',
  '390189': 'role',
  '390201': 'missing',
  '401001': 'unreachable',
  '401002': 'unreachable',
  '401003': 'account',
  '402001': 'unreachable',
  '402002': 'unreachable',
  // The session is gone: taken away at the server, or its tokens could not be renewed.
  '390104': 'unreachable',
  '390111': 'unreachable',
  '390114': 'unreachable',
  '407002': 'unreachable',
};

export function parseSnowflakeError(error: unknown): SnowflakeErrorInfo {
  const { code, message, status, data, cause } = errorFields(error);
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
  return { code, kind: kindOf(code), message: oneLine(message), position: positionOf(data) };
}

/** Codes of the login are 390… and 394…, those of wrong options 404… */
function kindOf(code: string): ErrorKind {
  const knownKind = kindByCode[code];
  if (knownKind !== undefined) return knownKind;
  if (/^39[04]\d{3}$/.test(code)) return 'login';
  return /^404\d{3}$/.test(code) ? 'settings' : 'statement';
}

interface ErrorFields {
  readonly code: string;
  readonly message: string;
  readonly status: number | null;
  readonly data: unknown;
  readonly cause: string;
}

function errorFields(error: unknown): ErrorFields {
  const code = propertyOf(error, 'code');
  const status = propertyOf(propertyOf(error, 'response'), 'statusCode');
  const isNumeric = typeof code === 'number' || (typeof code === 'string' && /^\d+$/.test(code));
  return {
    code: isNumeric ? String(code).replace(/^0+/, '') : '',
    message: error instanceof Error ? error.message : '',
    status: typeof status === 'number' ? status : null,
    data: propertyOf(error, 'data'),
    cause: systemCode(propertyOf(error, 'cause')) ?? '',
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

/** An error of the warehouse in words for people; errors of our own pass as they are. */
export function toSourceError(settings: SnowflakeSourceSettings, error: unknown): PanelsyncError {
  if (error instanceof PanelsyncError) return error;
  const info = parseSnowflakeError(error);
  return new PanelsyncError({
    code: `source_${info.kind}`,
    recovery: info.kind === 'unreachable' ? 'retriable' : info.kind === 'settings' ? 'usage' : 'fatal',
    message: `The source "${settings.name}" refused: ${redactValues(info)} (${info.code}).`,
    hint: hintFor(info.kind, settings),
    cause: error,
  });
}

/** An error that the model caused, with its place in the model; others pass. The model starts after `linesBefore`. */
export function toModelError(model: Model, error: unknown, lineOffset: number): unknown {
  if (error instanceof PanelsyncError) return error;
  const info = parseSnowflakeError(error);
  if (info.kind === 'several') return multipleStatementsError(model, error);
  if (info.kind === 'timeout') return timeoutError(model, error);
  if (info.kind !== 'statement' && info.kind !== 'rights') return error;
  const { position } = info;
  const location = position === null ? '' : ` at line ${position.line - lineOffset}, column ${position.column}`;
  return new PanelsyncError({
    code: 'model_sql_error',
    recovery: 'fatal',
    message: `The model ${model.location} fails${location}: ${redactValues(info)} (${info.code}).`,
    hint: 'Run it in Snowflake with the role of the source, and correct it there first.',
    cause: error,
  });
}

/** A statement that is fine by itself but gives no rows to select from. */
export function notAQueryError(model: Model, error: unknown): unknown {
  if (error instanceof PanelsyncError || parseSnowflakeError(error).kind !== 'statement') return error;
  return new PanelsyncError({
    code: 'model_not_read_only',
    recovery: 'fatal',
    message: `The model ${model.location} is not a query that only reads; nothing of it was run.`,
    hint: 'A model is one SELECT (or WITH … SELECT). Move what writes, calls or shows out of it.',
    cause: error,
  });
}

export function unresponsiveError({ name }: SnowflakeSourceSettings): PanelsyncError {
  return new PanelsyncError({
    code: 'source_unreachable',
    recovery: 'retriable',
    message: `The source "${name}" stopped answering, so the connection was given up.`,
    hint: `See whether Snowflake can be reached from here (a firewall, a proxy), and sources.${name}.accessUrl.`,
  });
}

function timeoutError(model: Model, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_timeout',
    recovery: 'fatal',
    message: `The model ${model.location} ran into a statement timeout and was cancelled.`,
    hint: "Make the model cheaper (a table helps), or raise statementTimeoutMs of the source and the warehouse's own limit.",
    cause,
  });
}

/**
 * Errors over values (codes from 100000) quote the value, and what a function throws may say anything; whose value that
 * is must not reach a log.
 */
function redactValues({ code, message }: SnowflakeErrorInfo): string {
  if (!/^1\d{5}$/.test(code)) return message;
  if (/(?:execution|interpreter) error/i.test(message)) {
    return 'a function raised an error, whose words may name people and are left out';
  }
  // From the first quote to the last: the value may hold quotes itself.
  return message.replace(/['"].*['"]/s, "'…'");
}

function hintFor(kind: ErrorKind, { name, warehouse, role }: SnowflakeSourceSettings): string {
  const configPath = `sources.${name}`;
  switch (kind) {
    case 'unreachable':
      return 'Run again; if it stays so, see whether Snowflake can be reached from here.';
    case 'account':
      return `Check ${configPath}.account (organisation-account, as in the address of Snowsight) and ${configPath}.accessUrl.`;
    case 'login':
      return `Check username and key, password or token of ${configPath}; a public key is set with ALTER USER … SET RSA_PUBLIC_KEY.`;
    case 'role':
      return `Grant the role ${role ?? 'of the source'} to the user, or correct ${configPath}.role.`;
    case 'missing':
      return `Check ${configPath}.database and ${configPath}.schema, and that the role may use them.`;
    case 'rights':
      return 'Grant the role the right to read what the model reads.';
    case 'warehouse':
      return `See that the warehouse ${warehouse ?? 'of the user'} exists, may resume, and that the role has USAGE on it.`;
    case 'timeout':
      return `Raise ${configPath}.statementTimeoutMs or make the model cheaper.`;
    case 'canceled':
      return 'Somebody cancelled the query in Snowflake. Run again.';
    case 'several':
    case 'statement':
      return 'Run the model in Snowflake with the role of the source.';
    case 'settings':
      return `Correct ${configPath}.`;
  }
}
