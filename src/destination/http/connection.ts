import type { BatchOutcome } from '../../core/ports/destination.ts';
import { openFence } from '../../core/ports/fence.ts';
import type { DestinationSettings } from '../../core/settings.ts';
import { failureOutcome, unexpectedError } from '../hub-errors.ts';
import type { RateLimiter } from '../rate-limiter/rate-limiter.ts';
import { classifyResponse } from '../response.ts';
import type { HubResponse, RequestDescription } from '../response.ts';
import type { HttpExchange } from './exchange.ts';
import type { RequestAuthority } from './fenced-request.ts';
import type { HttpClient } from './http.ts';

/** What sending batches and reading lists share. */
export interface HubConnection {
  readonly settings: DestinationSettings;
  readonly http: HttpClient;
  readonly rateLimiter: RateLimiter;
  /** The base address for messages, without secrets. */
  readonly address: string;
}

/** What the last attempt of an exchange means. */
export function lastOutcome(
  { lastAttempt, interruptedBy }: HttpExchange,
  description: RequestDescription,
  connection: HubConnection,
): BatchOutcome {
  if (interruptedBy !== null) return { kind: 'not_sent', error: interruptedBy };
  if (lastAttempt === null) return { kind: 'not_sent', error: unexpectedError(null) };
  return lastAttempt.kind === 'answered'
    ? classifyResponse(redactApiKey(lastAttempt.response, connection), description)
    : failureOutcome(lastAttempt.failure, description.label, lastAttempt.cause);
}

export function lastResponse({ lastAttempt }: HttpExchange): HubResponse | null {
  return lastAttempt?.kind === 'answered' ? lastAttempt.response : null;
}

/** For reads: they end at once in a shutdown, because nothing has to be settled, and need no right to send. */
export function readAuthority(signal: AbortSignal): RequestAuthority {
  return { shutdown: { drain: signal, abort: signal }, fence: openFence };
}

/** Some servers repeat a key that they refuse; it must not appear in a message. */
function redactApiKey(response: HubResponse, { settings }: HubConnection): HubResponse {
  if (response.status < 300 || settings.apiKey === '') return response;
  return { ...response, body: response.body.replaceAll(settings.apiKey, '***') };
}
