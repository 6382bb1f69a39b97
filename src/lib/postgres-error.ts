/** Reads an error of a Postgres connection: what it is about, in words that hold no secret and no data. */

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
    | 'timeout'
    | 'canceled'
    | 'statement';
  readonly message: string;
  /** The function of the server's own code that told it; empty where no server did. */
  readonly routine: string;
  /** Place in the statement's text, from 1. */
  readonly position: number | null;
}

type PostgresErrorKind = PostgresErrorInfo['kind'];

/** By SQLSTATE, or by its class (first two characters). */
const kindsBySqlState: Readonly<Record<string, PostgresErrorKind>> = {
  '08': 'unreachable',
  '28': 'login',
  '3D000': 'missing',
  '3F000': 'missing',
  '42501': 'rights',
  '25006': 'read_only',
  '53100': 'full',
  '53200': 'full',
  '53300': 'unreachable',
  '57014': 'canceled',
  '57P01': 'unreachable',
  '57P02': 'unreachable',
  '57P03': 'unreachable',
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
  const kind = kindsBySqlState[code] ?? kindsBySqlState[code.slice(0, 2)] ?? 'statement';
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
  ECONNREFUSED: 'the connection was refused: nothing listens at that address',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'the host did not answer in time',
  EHOSTUNREACH: 'the host cannot be reached',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by a known authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by a known authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
};

function connectionMessage(code: string, message: string): string {
  if (/^SASL.*password must be/.test(message)) return 'it wants a password, and the address has none';
  if (message === 'The server does not support SSL connections') return 'it speaks no TLS, which the address asks for';
  if (/, open /.test(message)) return 'a file that the address names cannot be read';
  return networkMessage(code, message);
}

/** What a code of the system says about a connection, in words; without one, the message. */
export function networkMessage(code: string, message: string): string {
  return networkMessages[code] ?? (message === '' ? 'the connection failed' : message);
}
