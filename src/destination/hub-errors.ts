import { PanelsyncError } from '../core/errors.ts';
import type { Recovery } from '../core/errors.ts';
import type { BatchOutcome } from '../core/ports/destination.ts';
import { networkMessage } from '../lib/postgres-error.ts';
import type { RequestFailure } from './http/request-failure.ts';
import { redactEmails, sanitizeLine } from './sanitize.ts';

/** Every error about the Hub that a person reads. Pure. `request` is method and address, such as `PATCH https://…`. */

const rerunHint = 'Run again: the next run resolves what was under way.';
const addressHint = 'Check destination.baseUrl: it must be the address of the Research Hub API itself.';
const keyHint = 'Check destination.apiKey, and destination.wire.auth (apikey-header or bearer)';

type FailureOutcome = (request: string, cause: string | null) => BatchOutcome;

const outcomeByFailure: Readonly<Record<RequestFailure, FailureOutcome>> = {
  unreachable: (request, cause) => {
    const hint = 'Check destination.baseUrl, name resolution and the firewall; then run again.';
    const message = `Cannot connect to the Hub (${request}): ${describeCause(cause)}.`;
    return { kind: 'not_sent', error: hubError('hub_unreachable', 'retriable', message, hint) };
  },
  tls: (request, cause) => {
    const hint = `${addressHint} For a certificate of your own authority, set destination.tls.ca to its file.`;
    const message = `Cannot connect to the Hub (${request}): TLS verification failed: ${describeCause(cause)}.`;
    return { kind: 'stop', error: hubError('hub_tls', 'fatal', message, hint) };
  },
  timeout: (request) => {
    const message = `The Hub did not respond in time (${request}).`;
    const hint = `${rerunHint} If this keeps happening, raise destination.timeoutMs.`;
    return { kind: 'unknown', error: hubError('hub_timeout', 'retriable', message, hint) };
  },
  connection_lost: (request, cause) => {
    const message = `The connection to the Hub was lost before the whole response arrived (${request})${causeSuffix(cause)}.`;
    return { kind: 'unknown', error: hubError('hub_connection_lost', 'retriable', message, rerunHint) };
  },
  answer_too_large: (request) => {
    const message = `The response is far larger than any response of the Hub (${request}).`;
    return { kind: 'unknown', error: hubError('hub_answer_too_large', 'retriable', message, addressHint) };
  },
};

/** What became of a batch whose last request failed. `cause` is the system's code, such as ECONNRESET. */
export function failureOutcome(failure: RequestFailure, request: string, cause: string | null): BatchOutcome {
  return outcomeByFailure[failure](request, cause);
}

function describeCause(cause: string | null): string {
  return cause === null ? 'unknown cause' : `${networkMessage(cause, 'connection failed')} (${cause})`;
}

function causeSuffix(cause: string | null): string {
  return cause === null ? '' : `: ${describeCause(cause)}`;
}

export function canceledError(): PanelsyncError {
  const message = 'Canceled before the Hub responded.';
  return hubError('canceled', 'canceled', message, 'Run again to continue from here.');
}

/** The lease was not confirmed; where it was lost, the run itself knows why. */
export function leaseNotConfirmedError(): PanelsyncError {
  const message = 'The state database did not confirm the lease in time; nothing more was sent.';
  return hubError(
    'state_slow',
    'retriable',
    message,
    'Check whether the state database is overloaded; then run again.',
  );
}

/** An error of panelsync itself. Its message may contain a row, so only its kind is shown. */
export function unexpectedError(cause: unknown): PanelsyncError {
  const kind = cause instanceof Error ? cause.constructor.name : typeof cause;
  const message = `An unexpected error (${kind}) occurred while a batch was being sent.`;
  return hubError('unexpected', 'fatal', message, 'Report it, with the output of --log-level debug.');
}

export function rateLimitedError(request: string): PanelsyncError {
  const hint = 'Lower destination.requestsPerMinute or raise destination.maxAttempts; then run again.';
  const message = `The Hub kept answering 429, too many requests (${request}).`;
  return hubError('rate_limited', 'retriable', message, hint);
}

export function unavailableError(request: string, status: number): PanelsyncError {
  return hubError('hub_unavailable', 'retriable', `The Hub kept answering ${status} (${request}).`, rerunHint);
}

/** A successful response with errors that name no row of the batch. */
export function unattributedError(request: string, status: number): PanelsyncError {
  const message = `The Hub answered ${status} with errors that name no row of the batch (${request}).`;
  return hubError('hub_answer_unclear', 'fatal', message, unclearHint);
}

/** A successful response whose body may report a failure under `key`. */
export function reportedFailureError(request: string, status: number, key: string): PanelsyncError {
  const place = sanitizeLine(key, 100);
  const message = `The Hub answered ${status}, but the response may report a failure: see ${place} (${request}).`;
  return hubError('hub_answer_unclear', 'fatal', message, unclearHint);
}

const unclearHint =
  'Compare destination.wire with the documentation of the Hub: the response does not show which rows it accepted.';

export function notJsonError(request: string, status: number): PanelsyncError {
  const message = `The Hub answered ${status} with a body that is not JSON (${request}).`;
  return hubError('hub_not_json', 'fatal', message, addressHint);
}

export function notListError(request: string, status: number): PanelsyncError {
  const message = `The Hub answered ${status} with a body that is not a list (${request}).`;
  return hubError('hub_unexpected_answer', 'fatal', message, addressHint);
}

export function redirectedError(request: string, status: number, target: string | null): PanelsyncError {
  const targetSuffix = target === null ? '' : ` to ${target}`;
  const message = `The Hub answered ${status}, a redirect${targetSuffix}; the key is never sent to another address (${request}).`;
  const hint = 'Set destination.baseUrl to the address that answers without a redirect.';
  return hubError('hub_redirect', 'fatal', message, hint);
}

/** The error for a status that every other batch would get too. */
export function refusedError(request: string, status: number, hubMessage: string | null): PanelsyncError {
  const { code, hint } = refusalByStatus(status);
  const messageSuffix = hubMessage === null ? '' : `: "${redactEmails(sanitizeLine(hubMessage, 200))}"`;
  return hubError(code, 'fatal', `The Hub answered ${status}${messageSuffix} (${request}).`, hint);
}

function refusalByStatus(status: number): { readonly code: string; readonly hint: string } {
  switch (status) {
    case 401:
      return { code: 'hub_unauthorized', hint: `${keyHint}.` };
    case 403:
      return {
        code: 'hub_forbidden',
        hint: `${keyHint}; and check that the plan of the account includes the Research Hub API.`,
      };
    case 404:
    case 405:
      return { code: 'hub_wrong_address', hint: addressHint };
    case 406:
    case 415:
      return { code: 'hub_wrong_address', hint: `${addressHint} The Hub may also have dropped this API version.` };
    default:
      return { code: 'hub_refused', hint: 'Read the message of the Hub; ask User Interviews about the account.' };
  }
}

function hubError(code: string, recovery: Recovery, message: string, hint: string): PanelsyncError {
  return new PanelsyncError({ code, recovery, message, hint });
}
