import type { BatchOutcome, RowRefusal } from '../core/ports/destination.ts';
import type { RowError } from '../core/model/terms.ts';
import {
  notJsonError,
  rateLimitedError,
  redirectedError,
  refusedError,
  reportedFailureError,
  unavailableError,
  unattributedError,
} from './hub-errors.ts';
import { redactEmails, sanitizeLine } from './sanitize.ts';
import { isRecord, parseJson, textProperty } from './json.ts';
import { parsePointer } from './json-pointer.ts';
import { findReportedFailure } from './reported-failure.ts';

/** A whole response. Header names are in lower case. */
export interface HubResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The request: `label` is method and address for messages, `rows` the size of the batch. */
export interface RequestDescription {
  readonly label: string;
  readonly rows: number;
}

/** A response and what is read from it; `json` is `undefined` where the body is not JSON. */
interface ParsedResponse {
  readonly response: HubResponse;
  readonly description: RequestDescription;
  readonly json: unknown;
  readonly errors: readonly unknown[];
}

/** Statuses after which the same request may succeed: it is sent again with the same body. */
export function isRetryableStatus(status: number): boolean {
  return status === 429 || status === 408 || status >= 500;
}

/** What the Hub's response means for the batch. A retryable one is read as the last of its attempts. */
export function classifyResponse(response: HubResponse, description: RequestDescription): BatchOutcome {
  const { status } = response;
  const json = parseJson(response.body);
  const parsedResponse: ParsedResponse = { response, description, json, errors: errorEntries(json) };
  if (status === 429) return { kind: 'not_sent', error: rateLimitedError(description.label) };
  if (isRetryableStatus(status)) return { kind: 'unknown', error: unavailableError(description.label, status) };
  if (status >= 200 && status < 300) return classifySuccess(parsedResponse);
  if (status === 400 || status === 409 || status === 422) return classifyRefusal(parsedResponse);
  if (status === 413) return { kind: 'too_large', reason: batchError(parsedResponse) };
  if (status < 400)
    return { kind: 'stop', error: redirectedError(description.label, status, redirectTarget(response)) };
  return { kind: 'stop', error: refusedError(description.label, status, responseMessage(json)) };
}

function classifySuccess(parsedResponse: ParsedResponse): BatchOutcome {
  const { response, description, json, errors } = parsedResponse;
  if (response.body.trim() === '') return { kind: 'accepted', refusals: [] };
  // No other batch would fare better, so the error ends the run; but behind a broken response this one may be stored.
  if (json === undefined) return { kind: 'unknown', error: notJsonError(description.label, response.status) };
  const { refusals, unattributed } = collectRefusals(parsedResponse);
  // With an error that belongs to no row, "accepted" could settle a row that the Hub refused, and "nothing was
  // stored" could be just as false. Only "unknown" claims neither, and the snapshot is not updated.
  if (unattributed > 0 || isUnclearMultiStatus(parsedResponse))
    return { kind: 'unknown', error: unattributedError(description.label, response.status) };
  const reportedAt = findReportedFailure(json, description.rows - refusals.length);
  if (reportedAt !== null)
    return { kind: 'unknown', error: reportedFailureError(description.label, response.status, reportedAt) };
  return { kind: 'accepted', refusals: errors.length === 0 ? [] : refusals };
}

/** 206 and 207 themselves say that some rows may have failed; without a list of errors nobody knows which. */
function isUnclearMultiStatus({ response, json }: ParsedResponse): boolean {
  return (response.status === 206 || response.status === 207) && !(isRecord(json) && 'errors' in json);
}

/** Errors that name no row are ignored beside those that do: what else is wrong shows when the other rows are sent. */
function classifyRefusal(parsedResponse: ParsedResponse): BatchOutcome {
  const { refusals } = collectRefusals(parsedResponse);
  if (refusals.length > 0) return { kind: 'rows_refused', refusals };
  return { kind: 'batch_refused', reason: batchError(parsedResponse) };
}

/** One refusal per row, however many errors it has; `unattributed` counts the errors that name no row. */
function collectRefusals(parsedResponse: ParsedResponse): {
  readonly refusals: readonly RowRefusal[];
  readonly unattributed: number;
} {
  const byRow = new Map<number, RowRefusal>();
  let unattributed = 0;
  for (const error of parsedResponse.errors) {
    const pointerTarget = parsePointer(errorPointer(error) ?? '', parsedResponse.description.rows);
    if (pointerTarget === null) {
      unattributed += 1;
      continue;
    }
    const { status } = parsedResponse.response;
    const message = errorMessage(error) ?? `The Hub refused the row with ${status} and gave no reason.`;
    const previous = byRow.get(pointerTarget.index);
    byRow.set(
      pointerTarget.index,
      previous === undefined
        ? { ...pointerTarget, code: errorCode([error], status), message: sanitizeLine(message) }
        : { ...previous, message: sanitizeLine(`${previous.message}; ${message}`, 2000) },
    );
  }
  return { refusals: [...byRow.values()], unattributed };
}

function batchError(parsedResponse: ParsedResponse): RowError {
  const { response, json, errors } = parsedResponse;
  const message = sanitizeLine(responseMessage(json) ?? response.body);
  return {
    code: errorCode(errors, response.status),
    message: message === '' ? `The Hub answered ${response.status} and gave no reason.` : message,
    field: null,
  };
}

/** The Hub's errors. Some servers send an object or a text instead of a list; it counts as one error. */
function errorEntries(json: unknown): readonly unknown[] {
  const errors = isRecord(json) ? json['errors'] : null;
  if (Array.isArray(errors)) return errors;
  if (isRecord(errors)) return Object.keys(errors).length === 0 ? [] : [errors];
  return errors === null || errors === undefined || errors === '' || errors === false ? [] : [errors];
}

function errorPointer(error: unknown): string | null {
  if (!isRecord(error)) return null;
  const source = isRecord(error['source']) ? error['source'] : error;
  return textProperty(source, 'pointer');
}

/** The first text among errors[].detail, errors[].title, message and error. */
function responseMessage(json: unknown): string | null {
  const errors = errorEntries(json);
  const details = errors.map((error) => (typeof error === 'string' ? error : textProperty(error, 'detail')));
  const candidates = [
    ...details,
    ...errors.map((error) => textProperty(error, 'title')),
    textProperty(json, 'message'),
    textProperty(json, 'error'),
  ];
  return candidates.find((text) => text !== null) ?? null;
}

function errorMessage(error: unknown): string | null {
  return textProperty(error, 'detail') ?? textProperty(error, 'title') ?? textProperty(error, 'message');
}

function errorCode(errors: readonly unknown[], status: number): string {
  const code = textProperty(errors[0], 'code') ?? '';
  return /^[\w.:-]{1,64}$/.test(code) ? code : `refused_${status}`;
}

/** Where a redirect leads, without a query that could hold anything. */
function redirectTarget(response: HubResponse): string | null {
  const location = response.headers['location'];
  if (location === undefined || !URL.canParse(location)) return null;
  const url = new URL(location);
  return redactEmails(sanitizeLine(url.origin + url.pathname, 200));
}
