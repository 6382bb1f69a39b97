import { gunzipSync } from 'node:zlib';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { Fence } from '../../core/ports/fence.ts';
import type { ShutdownSignals } from '../../core/ports/shutdown-signals.ts';
import { linkSignals } from '../../lib/async/linked-signal.ts';
import { systemCode } from '../../lib/system-code.ts';
import type { HubResponse } from '../response.ts';
import type { Attempt } from './exchange.ts';
import { loadAxios } from './axios.ts';
import { fencedTransport } from './fenced-request.ts';
import type { DispatchState } from './fenced-request.ts';
import { classifyFailure } from './request-failure.ts';

/** One request on the wire: its own time limit, its body decompressed, and its end as a value of ours. */

interface AttemptOptions {
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly shutdown: ShutdownSignals;
  readonly fence: Fence;
  /** Called once, as the attempt ends. */
  readonly onEnd: (attempt: Attempt, dispatch: DispatchState) => void;
}

/** Sends through axios' own adapter; rejects as axios does, which decides about another attempt. */
export async function sendAttempt(
  config: InternalAxiosRequestConfig,
  { timeoutMs, maxResponseBytes, shutdown, fence, onEnd }: AttemptOptions,
): Promise<AxiosResponse<unknown>> {
  const linkedSignal = linkSignals([shutdown.abort]);
  // axios' own timeout ends with the first byte of the response; this one covers the connection and the whole response.
  const timer = setTimeout(linkedSignal.abort, timeoutMs);
  const dispatch: DispatchState = { started: false, fenced: false };
  config.signal = linkedSignal.signal;
  config.transport = fencedTransport(fence, dispatch);
  try {
    const response = requireWholeBody(decompress(await loadAxios().getAdapter('http')(config), maxResponseBytes));
    onEnd(toAttempt(response, null, { signal: linkedSignal.signal, dispatch }), dispatch);
    return response;
  } catch (error) {
    const response = loadAxios().isAxiosError<unknown>(error) ? error.response : undefined;
    onEnd(toAttempt(response, error, { signal: linkedSignal.signal, dispatch }), dispatch);
    throw error;
  } finally {
    clearTimeout(timer);
    linkedSignal.release();
    // axios-retry sends this same config again, and the next attempt gets a signal of its own.
    delete config.signal;
  }
}

/** The response with its body decompressed; throws when the body is cut short or too long. */
function decompress(response: AxiosResponse<unknown>, maxBytes: number): AxiosResponse<unknown> {
  const { data, headers, config } = response;
  const isGzipped = /^(?:x-)?gzip$/i.test(String(headers['content-encoding']));
  if (!isGzipped || !Buffer.isBuffer(data) || data.length === 0) return response;
  try {
    return { ...response, data: gunzipSync(data, { maxOutputLength: maxBytes }) };
  } catch (error) {
    throw unusableBody('the body cannot be decompressed', config, systemCode(error));
  }
}

/**
 * A body without a length ends with its connection, so an empty one may have been cut off. It counts as empty only
 * where HTTP says so: 204 and 205, a length that arrived in full, or chunks that came to their end.
 */
function requireWholeBody(response: AxiosResponse<unknown>): AxiosResponse<unknown> {
  const { status, data, headers, config } = response;
  if (!Buffer.isBuffer(data) || !isBlank(data) || status === 204 || status === 205 || status >= 300) return response;
  const hasLength = headers['content-length'] !== undefined;
  const isChunked = /\bchunked\s*$/i.test(String(headers['transfer-encoding'] ?? ''));
  if (hasLength || isChunked) return response;
  throw unusableBody('the empty body may have been cut off', config);
}

function unusableBody(message: string, config: InternalAxiosRequestConfig, code: string | null = null): Error {
  const { AxiosError } = loadAxios();
  return new AxiosError(message, code ?? undefined, config);
}

function isBlank(body: Buffer): boolean {
  return !body.some((byte) => byte > 32);
}

interface AttemptEnd {
  readonly signal: AbortSignal;
  readonly dispatch: DispatchState;
}

/** A broken response has status and headers, but no body. */
function toAttempt(
  response: AxiosResponse<unknown> | undefined,
  error: unknown,
  { signal, dispatch }: AttemptEnd,
): Attempt {
  if (response !== undefined && Buffer.isBuffer(response.data)) {
    return { kind: 'answered', response: toHubResponse(response, response.data) };
  }
  if (signal.aborted) return { kind: 'failed', failure: 'timeout', cause: null };
  const cause = systemCode(error);
  // axios has one code for several failures; only where it gave up on the size there is no response with it.
  const isTooLarge = (cause === 'ERR_BAD_RESPONSE' && response === undefined) || cause === 'ERR_BUFFER_TOO_LARGE';
  return { kind: 'failed', failure: isTooLarge ? 'answer_too_large' : classifyFailure(cause, dispatch), cause };
}

function toHubResponse(response: AxiosResponse<unknown>, data: Buffer): HubResponse {
  const textHeaders = Object.entries(response.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name.toLowerCase(), value] as const] : [],
  );
  return { status: response.status, headers: Object.fromEntries(textHeaders), body: new TextDecoder().decode(data) };
}
