/** Reads an error of a Postgres connection: what it is about, in words that hold no secret and no data. */

export interface PostgresFault {
  /** SQLSTATE or the system's code. */
  readonly code: string;
  readonly kind:
    'unreachable' | 'login' | 'missing' | 'rights' | 'read_only' | 'full' | 'timeout' | 'canceled' | 'statement';
  readonly message: string;
  /** Place in the statement's text, from 1. */
  readonly position: number | null;
}

type Kind = PostgresFault['kind'];

/** By SQLSTATE, or by its class (first two characters). */
const sqlStates: Readonly<Record<string, Kind>> = {
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
const sqlState = /^(?=.*\d)[0-9A-Z]{5}$/;

export function postgresFault(error: unknown): PostgresFault {
  const { code, message, position } = parts(error);
  if (sqlState.test(code)) {
    const kind = sqlStates[code] ?? sqlStates[code.slice(0, 2)] ?? 'statement';
    const timedOut = kind === 'canceled' && /statement timeout/.test(message);
    return { code, kind: timedOut ? 'timeout' : kind, message, position };
  }
  return {
    code: code === '' ? 'no_connection' : code,
    kind: 'unreachable',
    message: networkText(code, message),
    position,
  };
}

function parts(error: unknown): { readonly code: string; readonly message: string; readonly position: number | null } {
  if (typeof error !== 'object' || error === null) return { code: '', message: String(error), position: null };
  if (error instanceof AggregateError && error.errors.length > 0) return parts(error.errors[0]);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = error instanceof Error ? error.message : '';
  const position = 'position' in error && typeof error.position === 'string' ? Number(error.position) : null;
  return { code, message, position };
}

const networkTexts: Readonly<Record<string, string>> = {
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

/** What a code of the system says about a connection, in words; without one, the message. */
export function networkText(code: string, message: string): string {
  return networkTexts[code] ?? (message === '' ? 'the connection failed' : message);
}
