/** Classifies an error of a Postgres connection; its message contains no secret and no data. */

export interface PostgresErrorInfo {
  /** SQLSTATE or the system's code. */
  readonly code: string;
  readonly kind:
    | 'unreachable'
    | 'tls'
    | 'login'
    | 'missing'
    | 'rights'
    | 'read_only'
    | 'full'
    | 'busy'
    | 'timeout'
    | 'canceled'
    | 'statement';
  readonly message: string;
  /** The function of the server's source code that raised it; empty where no server did. */
  readonly routine: string;
  /** Character in the statement, from 1. */
  readonly position: number | null;
}

type PostgresErrorKind = PostgresErrorInfo['kind'];

/** By SQLSTATE, or by its first three or two characters (the class). */
const kindsBySqlState: Readonly<Record<string, PostgresErrorKind>> = {
  '08': 'unreachable',
  '28': 'login',
  '3D000': 'missing',
  '3F000': 'missing',
  '42501': 'rights',
  '25006': 'read_only',
  // The server rolled the statement back for the sake of others: a recovery conflict, a deadlock, a serialization failure.
  '40': 'busy',
  // Out of a resource for now: temporary files (temp_file_limit), memory, connections, locks.
  '53': 'busy',
  '53100': 'full',
  '53200': 'full',
  '53300': 'unreachable',
  // Another session holds the lock (lock_timeout), or changes the object at this moment.
  '55P03': 'busy',
  '55006': 'busy',
  '57014': 'canceled',
  // The server, or this session, is shut down; a standby dropped the session for a recovery conflict.
  '57P': 'unreachable',
  // The disk or the memory of the server failed.
  '58': 'busy',
  // Timeouts of the session: idle_in_transaction_session_timeout, transaction_timeout.
  '25P03': 'busy',
  '25P04': 'busy',
  // The session's snapshot is too old.
  '72': 'busy',
};

/** SQLSTATEs are five characters, capitals and at least one digit; system codes such as EPIPE have no digit. */
const sqlStatePattern = /^(?=.*\d)[0-9A-Z]{5}$/;

export function parsePostgresError(error: unknown): PostgresErrorInfo {
  const { code, severity, message, routine, position } = errorFields(error);
  if (sqlStatePattern.test(code)) {
    return { code, kind: kindOf(code, severity, message), message, routine, position };
  }
  return {
    code: code === '' ? 'no_connection' : code,
    kind: connectionKind(error, code, message),
    message: connectionMessage(code, message),
    routine,
    position,
  };
}

function kindOf(code: string, severity: string, message: string): PostgresErrorKind {
  const kind =
    kindsBySqlState[code] ?? kindsBySqlState[code.slice(0, 3)] ?? kindsBySqlState[code.slice(0, 2)] ?? 'statement';
  // A connection of this class that still stands: what failed is one that the statement wanted, or its parameters.
  if (code.startsWith('08') && severity === 'ERROR') return 'statement';
  return kind === 'canceled' && /statement timeout/.test(message) ? 'timeout' : kind;
}

/** What went wrong before a server said anything. */
function connectionKind(error: unknown, code: string, message: string): PostgresErrorKind {
  // The driver's own words: these errors have no code.
  if (message.startsWith('SASL')) return 'login';
  if (/ssl|tls|cert|signature|EPROTO/i.test(code) || (code === '' && /\bSSL\b/.test(message))) return 'tls';
  // A file that the address names, unlike the socket of a server.
  return code !== '' && stringProperty(error, 'syscall') === 'open' ? 'tls' : 'unreachable';
}

interface ErrorFields {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly routine: string;
  readonly position: number | null;
}

function errorFields(error: unknown): ErrorFields {
  if (error instanceof AggregateError && error.errors.length > 0) return errorFields(error.errors[0]);
  const position = stringProperty(error, 'position');
  return {
    code: stringProperty(error, 'code'),
    severity: stringProperty(error, 'severity'),
    message: error instanceof Error ? error.message : typeof error === 'string' ? error : '',
    routine: stringProperty(error, 'routine'),
    position: position === '' ? null : Number(position),
  };
}

/** A text that an error carries; empty without. */
function stringProperty(error: unknown, name: string): string {
  if (typeof error !== 'object' || error === null) return '';
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
}

const networkMessages: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'unknown host name',
  EAI_AGAIN: 'the host name could not be resolved',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by a known authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by a known authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS',
  EPROTO: 'TLS protocol error',
};

function connectionMessage(code: string, message: string): string {
  if (/^SASL.*password must be/.test(message)) return 'a password is required, and the URL has none';
  if (message === 'The server does not support SSL connections') return 'the server does not support TLS';
  if (/, open /.test(message)) return 'a file that the URL names cannot be read';
  return networkMessage(code, message);
}

/** What a code of the system says about a connection; without a known code, the message. */
export function networkMessage(code: string, message: string): string {
  return networkMessages[code] ?? (message === '' ? 'connection failed' : message);
}
