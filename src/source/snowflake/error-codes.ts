/** What an error of Snowflake is about, by its codes. */
export type ErrorKind =
  | 'unreachable'
  | 'account'
  | 'login'
  | 'policy'
  | 'role'
  | 'missing'
  | 'rights'
  | 'warehouse'
  | 'timeout'
  | 'busy'
  | 'canceled'
  | 'several'
  | 'settings'
  | 'statement';

export interface ErrorCodes {
  /** The code of Snowflake or of its driver, without leading zeros. */
  readonly code: string;
  readonly sqlState: string;
  readonly message: string;
}

const kindByCode: Readonly<Record<string, ErrorKind>> = {
  '8': 'several',
  '604': 'canceled',
  '606': 'warehouse',
  // Locks: too many statements wait, or the holder did not let go in time.
  '625': 'busy',
  '630': 'timeout',
  // Queued for too long.
  '631': 'busy',
  '3001': 'rights',
  '90073': 'warehouse',
  // Internal errors and incidents: the same statement usually succeeds later.
  '300002': 'busy',
  '300005': 'busy',
  '300010': 'busy',
  '370001': 'busy',
  // A network policy lets this address in nowhere, whatever the login.
  '390420': 'policy',
  '390422': 'policy',
  '390432': 'policy',
  '390186': 'role',
  '390189': 'role',
  '390201': 'missing',
  '401001': 'unreachable',
  '401002': 'unreachable',
  '401003': 'account',
  '402001': 'unreachable',
  '402002': 'unreachable',
  // The session is gone: ended at the server, or its tokens could not be renewed.
  '390104': 'unreachable',
  '390110': 'unreachable',
  '390111': 'unreachable',
  '390112': 'unreachable',
  '390113': 'unreachable',
  '390114': 'unreachable',
  '390115': 'unreachable',
  '407002': 'unreachable',
};

/** Rolled back for others, out of a resource, locked, shut down, failed inside: SQLSTATEs that a later run need not meet. */
const busySqlStates = /^(?:40|53|55|57P|58|XX)/;

export function kindOf({ code, sqlState, message }: ErrorCodes): ErrorKind {
  // One code for two timeouts: of the statement itself, and of its wait for a busy warehouse.
  if ((code === '630' || code === '604') && /queued/i.test(message)) return 'busy';
  const knownKind = kindByCode[code];
  if (knownKind !== undefined) return knownKind;
  // Codes of the login are 390… and 394…, those of wrong options 404…
  if (/^39[04]\d{3}$/.test(code)) return 'login';
  if (/^404\d{3}$/.test(code)) return 'settings';
  if (sqlState === '57014') return 'canceled';
  return busySqlStates.test(sqlState) ? 'busy' : 'statement';
}
