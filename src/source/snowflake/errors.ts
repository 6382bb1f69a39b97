import { PanelsyncError, systemCode } from '../../core/errors.ts';
import type { SnowflakeSourceSettings } from '../../core/settings.ts';
import type { Model } from '../../core/model/terms.ts';
import { networkText } from '../../lib/postgres-error.ts';
import { severalStatements } from '../model-errors.ts';

type Kind =
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

interface SnowflakeFault {
  readonly code: string;
  readonly kind: Kind;
  readonly message: string;
  /** Place in the statement, both from 1. */
  readonly place: { readonly line: number; readonly column: number } | null;
}

/** By the code of Snowflake (without leading zeros) or of its driver. */
const kinds: Readonly<Record<string, Kind>> = {
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

export function snowflakeFault(error: unknown): SnowflakeFault {
  const { code, message, status, data, cause } = partsOf(error);
  if (code === '') {
    const system = systemCode(error) ?? '';
    return { code: system || 'no_code', kind: 'unreachable', message: networkText(system, message), place: null };
  }
  if (code === '401002' && status !== null && status < 500 && status !== 408 && status !== 429) {
    return { code: `HTTP ${status}`, kind: 'account', message: 'the host does not know the account', place: null };
  }
  if (code === '401001' || code === '402001') {
    return { code, kind: 'unreachable', message: networkText(cause, message), place: null };
  }
  return { code, kind: kindOf(code), message: oneLine(message), place: placeOf(data) };
}

/** Codes of the login are 390… and 394…, those of wrong options 404… */
function kindOf(code: string): Kind {
  const known = kinds[code];
  if (known !== undefined) return known;
  if (/^39[04]\d{3}$/.test(code)) return 'login';
  return /^404\d{3}$/.test(code) ? 'settings' : 'statement';
}

interface Parts {
  readonly code: string;
  readonly message: string;
  readonly status: number | null;
  readonly data: unknown;
  readonly cause: string;
}

function partsOf(error: unknown): Parts {
  const code = valueOf(error, 'code');
  const status = valueOf(valueOf(error, 'response'), 'statusCode');
  const numbered = typeof code === 'number' || (typeof code === 'string' && /^\d+$/.test(code));
  return {
    code: numbered ? String(code).replace(/^0+/, '') : '',
    message: error instanceof Error ? error.message : '',
    status: typeof status === 'number' ? status : null,
    data: valueOf(error, 'data'),
    cause: systemCode(valueOf(error, 'cause')) ?? '',
  };
}

function valueOf(thing: unknown, name: string): unknown {
  if (typeof thing !== 'object' || thing === null) return undefined;
  return Object.entries(thing).find(([key]) => key === name)?.[1];
}

/** Snowflake counts lines from 1 and positions from 0; -1 when it does not know. */
function placeOf(data: unknown): SnowflakeFault['place'] {
  const [line, position] = [valueOf(data, 'line'), valueOf(data, 'pos')];
  if (typeof line !== 'number' || typeof position !== 'number' || line < 1 || position < 0) return null;
  return { line, column: position + 1 };
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}

/** An error of the warehouse in words for people; errors of our own pass as they are. */
export function sourceError(settings: SnowflakeSourceSettings, error: unknown): PanelsyncError {
  if (error instanceof PanelsyncError) return error;
  const fault = snowflakeFault(error);
  return new PanelsyncError({
    code: `source_${fault.kind}`,
    recovery: fault.kind === 'unreachable' ? 'retriable' : fault.kind === 'settings' ? 'usage' : 'fatal',
    message: `The source "${settings.name}" refused: ${withoutData(fault)} (${fault.code}).`,
    hint: hintOf(fault.kind, settings),
    cause: error,
  });
}

/** An error that the model caused, with its place in the model; others pass. The model starts after `linesBefore`. */
export function modelError(model: Model, error: unknown, linesBefore: number): unknown {
  if (error instanceof PanelsyncError) return error;
  const fault = snowflakeFault(error);
  if (fault.kind === 'several') return severalStatements(model, error);
  if (fault.kind === 'timeout') return timedOut(model, error);
  if (fault.kind !== 'statement' && fault.kind !== 'rights') return error;
  const { place } = fault;
  const at = place === null ? '' : ` at line ${place.line - linesBefore}, column ${place.column}`;
  return new PanelsyncError({
    code: 'model_sql_error',
    recovery: 'fatal',
    message: `The model ${model.from} fails${at}: ${withoutData(fault)} (${fault.code}).`,
    hint: 'Run it in Snowflake with the role of the source, and correct it there first.',
    cause: error,
  });
}

/** A statement that is fine by itself but gives no rows to select from. */
export function notAQuery(model: Model, error: unknown): unknown {
  if (error instanceof PanelsyncError || snowflakeFault(error).kind !== 'statement') return error;
  return new PanelsyncError({
    code: 'model_not_read_only',
    recovery: 'fatal',
    message: `The model ${model.from} is not a query that only reads; nothing of it was run.`,
    hint: 'A model is one SELECT (or WITH … SELECT). Move what writes, calls or shows out of it.',
    cause: error,
  });
}

export function silentSource({ name }: SnowflakeSourceSettings): PanelsyncError {
  return new PanelsyncError({
    code: 'source_unreachable',
    recovery: 'retriable',
    message: `The source "${name}" stopped answering, so the connection was given up.`,
    hint: `See whether Snowflake can be reached from here (a firewall, a proxy), and sources.${name}.accessUrl.`,
  });
}

function timedOut(model: Model, cause: unknown): PanelsyncError {
  return new PanelsyncError({
    code: 'model_timeout',
    recovery: 'fatal',
    message: `The model ${model.from} ran into a statement timeout and was cancelled.`,
    hint: "Make the model cheaper (a table helps), or raise statementTimeoutMs of the source and the warehouse's own limit.",
    cause,
  });
}

/**
 * Errors over values (codes from 100000) quote the value, and what a function throws may say anything; whose value that
 * is must not reach a log.
 */
function withoutData({ code, message }: SnowflakeFault): string {
  if (!/^1\d{5}$/.test(code)) return message;
  if (/(?:execution|interpreter) error/i.test(message)) {
    return 'a function raised an error, whose words may name people and are left out';
  }
  // From the first quote to the last: the value may hold quotes itself.
  return message.replace(/['"].*['"]/s, "'…'");
}

function hintOf(kind: Kind, { name, warehouse, role }: SnowflakeSourceSettings): string {
  const settings = `sources.${name}`;
  switch (kind) {
    case 'unreachable':
      return 'Run again; if it stays so, see whether Snowflake can be reached from here.';
    case 'account':
      return `Check ${settings}.account (organisation-account, as in the address of Snowsight) and ${settings}.accessUrl.`;
    case 'login':
      return `Check username and key, password or token of ${settings}; a public key is set with ALTER USER … SET RSA_PUBLIC_KEY.`;
    case 'role':
      return `Grant the role ${role ?? 'of the source'} to the user, or correct ${settings}.role.`;
    case 'missing':
      return `Check ${settings}.database and ${settings}.schema, and that the role may use them.`;
    case 'rights':
      return 'Grant the role the right to read what the model reads.';
    case 'warehouse':
      return `See that the warehouse ${warehouse ?? 'of the user'} exists, may resume, and that the role has USAGE on it.`;
    case 'timeout':
      return `Raise ${settings}.statementTimeoutMs or make the model cheaper.`;
    case 'canceled':
      return 'Somebody cancelled the query in Snowflake. Run again.';
    case 'several':
    case 'statement':
      return 'Run the model in Snowflake with the role of the source.';
    case 'settings':
      return `Correct ${settings}.`;
  }
}
