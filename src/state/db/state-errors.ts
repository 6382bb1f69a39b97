import { PanelsyncError } from '../../core/errors.ts';
import { parsePostgresError } from '../../lib/postgres-error.ts';
import type { PostgresErrorInfo } from '../../lib/postgres-error.ts';

/** Makes an error of the driver ours; errors of ours pass as they are. `address` is host and port. */
export function wrapDatabaseError(error: unknown, address: string): PanelsyncError {
  if (error instanceof PanelsyncError) return error;
  const failure = parsePostgresError(error);
  return new PanelsyncError({
    code: `state_${failure.kind}`,
    recovery: lastingKinds.has(failure.kind) ? 'fatal' : 'retriable',
    message: `${subject(failure, address)}: ${describeFailure(failure)} (${failure.code}).`,
    hint: hints[failure.kind],
    cause: error,
  });
}

/** The connection is of no more use after this error. */
export function isConnectionError(error: unknown): boolean {
  return error instanceof PanelsyncError && error.code === 'state_unreachable';
}

/** A database that says nothing. */
export function silenceError(timeoutMs: number): Error {
  return Object.assign(new Error(`no answer for ${timeoutMs / 1000} s`), { code: 'silent' });
}

/** What no later run overcomes by itself. */
const lastingKinds: ReadonlySet<PostgresErrorInfo['kind']> = new Set([
  'tls',
  'login',
  'missing',
  'rights',
  'statement',
]);

const connectionKinds: ReadonlySet<PostgresErrorInfo['kind']> = new Set(['unreachable', 'tls', 'login', 'missing']);

function subject({ kind }: PostgresErrorInfo, address: string): string {
  return connectionKinds.has(kind)
    ? `Cannot connect to the state database at ${address}`
    : `The state database at ${address} reported an error`;
}

function describeFailure(failure: PostgresErrorInfo): string {
  // A statement's own error text may quote a row; its code says enough.
  return failure.kind === 'statement' ? 'a statement failed' : failure.message;
}

const hints: Readonly<Record<PostgresErrorInfo['kind'], string>> = {
  unreachable: 'Check that the server runs and that state.url points at it.',
  tls: 'Set sslmode in state.url to say whether TLS is used, and sslrootcert to name the file of trusted certificates.',
  login: 'Check user and password in state.url; percent-encode special characters in them, such as %40 for @.',
  missing: 'Create the database that state.url names.',
  rights:
    'Grant the user of state.url CREATE and TEMPORARY on its database, and all rights in the schema state.schema.',
  read_only: 'Point state.url at the primary: this server is read-only.',
  full: 'Free disk space on the server of the state database.',
  busy: 'Run again: other sessions hold the state database up, or it is overloaded.',
  timeout: 'Raise statement_timeout for the user of state.url: the server cancels statements too early.',
  canceled: 'Run again: somebody canceled the statement at the server.',
  statement: 'Run panelsync migrate, then again with --log-level debug; report the error if it stays.',
};
