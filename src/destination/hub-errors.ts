import { PanelsyncError } from '../core/errors.ts';
import type { Recovery } from '../core/errors.ts';
import type { BatchOutcome } from '../core/ports/ports.ts';
import type { RequestFailure } from './http/request-failure.ts';
import { redactEmails, sanitizeLine } from './sanitize.ts';

/** The errors that a person reads about the Hub. Pure. `request` is method and address, `said` the Hub's own words. */

const rerunHint = 'Run it again; what was under way is taken up again.';
const addressHint = 'Check destination.baseUrl: it must be the address of the Research Hub API itself.';
const keyHint =
  'Check destination.apiKey, and destination.wire.auth (apikey-header or bearer): the header it travels in';

type FailureOutcome = (request: string, causeSuffix: string) => BatchOutcome;

const outcomeByFailure: Readonly<Record<RequestFailure, FailureOutcome>> = {
  unreachable: (request, causeSuffix) => {
    const hint = 'Check destination.baseUrl, name resolution and the firewall; then run it again.';
    const message = `${request} found no server${causeSuffix}.`;
    return { kind: 'not_sent', error: hubError('hub_unreachable', 'retriable', message, hint) };
  },
  tls: (request, causeSuffix) => {
    const hint = `${addressHint} For a certificate of your own authority, name its file in NODE_EXTRA_CA_CERTS.`;
    const message = `${request} found no server that proves who it is${causeSuffix}.`;
    return { kind: 'stop', error: hubError('hub_tls', 'fatal', message, hint) };
  },
  timeout: (request) => {
    const message = `${request} had no whole answer in time.`;
    const hint = `${rerunHint} If it stays, raise destination.timeoutMs.`;
    return { kind: 'unknown', error: hubError('hub_timeout', 'retriable', message, hint) };
  },
  connection_lost: (request, causeSuffix) => {
    const message = `${request} lost its connection before the whole answer was there${causeSuffix}.`;
    return { kind: 'unknown', error: hubError('hub_connection_lost', 'retriable', message, rerunHint) };
  },
  answer_too_large: (request) => {
    const message = `${request} was answered with far more than the Hub has to say.`;
    return { kind: 'unknown', error: hubError('hub_answer_too_large', 'retriable', message, addressHint) };
  },
};

/** What became of a batch whose last request failed. `cause` is the system's code, such as ECONNRESET. */
export function failureOutcome(failure: RequestFailure, request: string, cause: string | null): BatchOutcome {
  return outcomeByFailure[failure](request, cause === null ? '' : ` (${cause})`);
}

export function canceledError(): PanelsyncError {
  const message = 'The stop was asked for before the Hub had answered.';
  return hubError('canceled', 'canceled', message, 'Nothing to do; the next run goes on from here.');
}

/** The right to send was not confirmed; where it was lost, the run itself knows better why. */
export function leaseNotConfirmedError(): PanelsyncError {
  const message = 'The state database did not confirm in time that this process may still send; nothing more was sent.';
  return hubError(
    'state_slow',
    'retriable',
    message,
    'See whether the state database is overloaded; then run it again.',
  );
}

/** An error that is no fault of the Hub. Its text may hold a row, so only its kind is told. */
export function unexpectedError(cause: unknown): PanelsyncError {
  const kind = cause instanceof Error ? cause.constructor.name : typeof cause;
  const message = `An unexpected error (${kind}) came up while a batch was being sent.`;
  return hubError('unexpected', 'fatal', message, 'Please report it, with the output of --log-level debug.');
}

export function rateLimitedError(request: string): PanelsyncError {
  const hint = 'Lower destination.requestsPerMinute or raise destination.maxAttempts; then run it again.';
  return hubError(
    'rate_limited',
    'retriable',
    `${request} was answered 429 to the last: the Hub's limit is met.`,
    hint,
  );
}

export function unavailableError(request: string, status: number): PanelsyncError {
  return hubError('hub_unavailable', 'retriable', `${request} was answered ${status} to the last.`, rerunHint);
}

/** An answer of success that names errors which point at no row of the batch. */
export function unattributedError(request: string, status: number): PanelsyncError {
  return hubError(
    'hub_answer_unclear',
    'fatal',
    `${request} was answered ${status} with errors that point at no row that was sent.`,
    'Check destination.wire against the Hub: which rows it took cannot be told from such an answer.',
  );
}

export function notJsonError(request: string, status: number): PanelsyncError {
  return hubError(
    'hub_not_json',
    'fatal',
    `${request} was answered ${status} with something that is not JSON.`,
    addressHint,
  );
}

export function notListError(request: string, status: number): PanelsyncError {
  const message = `${request} was answered ${status} with something that is no list.`;
  return hubError('hub_unexpected_answer', 'fatal', message, addressHint);
}

export function redirectedError(request: string, status: number, target: string | null): PanelsyncError {
  const targetSuffix = target === null ? '' : ` to ${target}`;
  const message = `${request} was answered ${status}, a redirect${targetSuffix}; the key is never sent on to another address.`;
  return hubError(
    'hub_redirect',
    'fatal',
    message,
    'Set destination.baseUrl to the address that answers without a redirect.',
  );
}

/** The error for a status that no other batch would escape. */
export function refusedError(request: string, status: number, hubMessage: string | null): PanelsyncError {
  const { code, hint } = refusalByStatus(status);
  const messageSuffix = hubMessage === null ? '.' : `: "${redactEmails(sanitizeLine(hubMessage, 200))}"`;
  return hubError(code, 'fatal', `${request} was answered ${status}${messageSuffix}`, hint);
}

function refusalByStatus(status: number): { readonly code: string; readonly hint: string } {
  switch (status) {
    case 401:
      return { code: 'hub_unauthorized', hint: `${keyHint}.` };
    case 403:
      return {
        code: 'hub_forbidden',
        hint: `${keyHint}; and whether the account's plan includes the Research Hub API.`,
      };
    case 404:
    case 405:
      return { code: 'hub_wrong_address', hint: addressHint };
    case 406:
    case 415:
      return { code: 'hub_wrong_address', hint: `${addressHint} It may also have dropped the version of its API.` };
    default:
      return { code: 'hub_refused', hint: 'Read what the Hub says; ask User Interviews about the account.' };
  }
}

function hubError(code: string, recovery: Recovery, message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code, recovery, message, hint });
}
