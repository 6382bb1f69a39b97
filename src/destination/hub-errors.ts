import { PanelsyncError } from '../core/errors.ts';
import type { Recovery } from '../core/errors.ts';
import type { Meaning } from '../core/ports/ports.ts';
import type { Failure } from './http/request-failure.ts';
import { maskEmails, plainLine } from './sanitize.ts';

/** The errors that a person reads about the Hub. Pure. `request` is method and address, `said` the Hub's own words. */

const again = 'Run it again; what was under way is taken up again.';
const addressHint = 'Check destination.baseUrl: it must be the address of the Research Hub API itself.';
const keyHint =
  'Check destination.apiKey, and destination.wire.auth (apikey-header or bearer): the header it travels in';

type FailureReader = (request: string, why: string) => Meaning;

const failureReaders: Readonly<Record<Failure, FailureReader>> = {
  unreachable: (request, why) => {
    const hint = 'Check destination.baseUrl, name resolution and the firewall; then run it again.';
    const message = `${request} found no server${why}.`;
    return { kind: 'not_sent', error: error('hub_unreachable', 'retriable', message, hint) };
  },
  tls: (request, why) => {
    const hint = `${addressHint} For a certificate of your own authority, name its file in NODE_EXTRA_CA_CERTS.`;
    const message = `${request} found no server that proves who it is${why}.`;
    return { kind: 'stop', error: error('hub_tls', 'fatal', message, hint) };
  },
  timeout: (request) => {
    const message = `${request} had no whole answer in time.`;
    const hint = `${again} If it stays, raise destination.timeoutMs.`;
    return { kind: 'unknown', error: error('hub_timeout', 'retriable', message, hint) };
  },
  connection_lost: (request, why) => {
    const message = `${request} lost its connection before the whole answer was there${why}.`;
    return { kind: 'unknown', error: error('hub_connection_lost', 'retriable', message, again) };
  },
  answer_too_large: (request) => {
    const message = `${request} was answered with far more than the Hub has to say.`;
    return { kind: 'unknown', error: error('hub_answer_too_large', 'retriable', message, addressHint) };
  },
};

/** What became of a batch whose last request failed. `cause` is the system's code, such as ECONNRESET. */
export function failureMeaning(failure: Failure, request: string, cause: string | null): Meaning {
  return failureReaders[failure](request, cause === null ? '' : ` (${cause})`);
}

export function canceled(): PanelsyncError {
  const message = 'The stop was asked for before the Hub had answered.';
  return error('canceled', 'canceled', message, 'Nothing to do; the next run goes on from here.');
}

/** The right to send was not confirmed; where it was lost, the run itself knows better why. */
export function notHeld(): PanelsyncError {
  const message = 'The state database did not confirm in time that this process may still send; nothing more was sent.';
  return error('state_slow', 'retriable', message, 'See whether the state database is overloaded; then run it again.');
}

/** An error that is no fault of the Hub. Its text may hold a row, so only its kind is told. */
export function unexpected(thrown: unknown): PanelsyncError {
  const kind = thrown instanceof Error ? thrown.constructor.name : typeof thrown;
  const message = `An unexpected error (${kind}) came up while a batch was being sent.`;
  return error('unexpected', 'fatal', message, 'Please report it, with the output of --log-level debug.');
}

export function rateLimited(request: string): PanelsyncError {
  const hint = 'Lower destination.requestsPerMinute or raise destination.maxAttempts; then run it again.';
  return error('rate_limited', 'retriable', `${request} was answered 429 to the last: the Hub's limit is met.`, hint);
}

export function unavailable(request: string, status: number): PanelsyncError {
  return error('hub_unavailable', 'retriable', `${request} was answered ${status} to the last.`, again);
}

/** An answer of success that names errors which point at no row of the batch. */
export function unclear(request: string, status: number): PanelsyncError {
  return error(
    'hub_answer_unclear',
    'fatal',
    `${request} was answered ${status} with errors that point at no row that was sent.`,
    'Check destination.wire against the Hub: which rows it took cannot be told from such an answer.',
  );
}

export function notJson(request: string, status: number): PanelsyncError {
  return error(
    'hub_not_json',
    'fatal',
    `${request} was answered ${status} with something that is not JSON.`,
    addressHint,
  );
}

export function notList(request: string, status: number): PanelsyncError {
  const message = `${request} was answered ${status} with something that is no list.`;
  return error('hub_unexpected_answer', 'fatal', message, addressHint);
}

export function redirected(request: string, status: number, target: string | null): PanelsyncError {
  const to = target === null ? '' : ` to ${target}`;
  const message = `${request} was answered ${status}, a redirect${to}; the key is never sent on to another address.`;
  return error(
    'hub_redirect',
    'fatal',
    message,
    'Set destination.baseUrl to the address that answers without a redirect.',
  );
}

/** The error for a status that no other batch would escape. */
export function refused(request: string, status: number, said: string | null): PanelsyncError {
  const { code, hint } = refusal(status);
  const words = said === null ? '.' : `: "${maskEmails(plainLine(said, 200))}"`;
  return error(code, 'fatal', `${request} was answered ${status}${words}`, hint);
}

function refusal(status: number): { readonly code: string; readonly hint: string } {
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

function error(code: string, recovery: Recovery, message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code, recovery, message, hint });
}
