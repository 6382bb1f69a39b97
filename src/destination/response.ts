import type { Meaning, RowRefusal } from '../core/ports/ports.ts';
import type { Fault } from '../core/model/terms.ts';
import { notJson, rateLimited, redirected, refused, unavailable, unclear } from './hub-errors.ts';
import { maskEmails, plainLine } from './sanitize.ts';
import { isRecord, parsed, textIn } from './json.ts';
import { placeOf } from './json-pointer.ts';

/** A whole answer. Names of headers are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What was asked: `label` is method and address for messages, `rows` the size of the batch. */
export interface Asked {
  readonly label: string;
  readonly rows: number;
}

/** An answer in the middle of being read: `json` is `undefined` where the body is not JSON. */
interface Reading {
  readonly answer: Answer;
  readonly asked: Asked;
  readonly json: unknown;
  readonly errors: readonly unknown[];
}

/** Statuses after which the same request may fare better: they are sent again, with the same body. */
export function isRetried(status: number): boolean {
  return status === 429 || status === 408 || status >= 500;
}

/** What the Hub's answer means for the batch. One that is retried is read as the last of its attempts. */
export function readAnswer(answer: Answer, asked: Asked): Meaning {
  const { status } = answer;
  const json = parsed(answer.body);
  const reading = { answer, asked, json, errors: entriesIn(json, 'errors') };
  if (status === 429) return { kind: 'not_sent', error: rateLimited(asked.label) };
  if (isRetried(status)) return { kind: 'unknown', error: unavailable(asked.label, status) };
  if (status >= 200 && status < 300) return readSuccess(reading);
  if (status === 400 || status === 409 || status === 422) return readRefusal(reading);
  if (status === 413) return { kind: 'too_large', fault: batchFault(reading) };
  if (status < 400) return { kind: 'stop', error: redirected(asked.label, status, target(answer)) };
  return { kind: 'stop', error: refused(asked.label, status, wordsIn(json)) };
}

function readSuccess(reading: Reading): Meaning {
  const { answer, asked, json, errors } = reading;
  if (answer.body.trim() === '') return { kind: 'accepted', refusals: [] };
  // No other batch would fare better, so the error ends the run; but behind a broken answer this one may be stored.
  if (json === undefined) return { kind: 'unknown', error: notJson(asked.label, answer.status) };
  const { refusals, homeless } = refusalsOf(reading);
  // With an error that belongs to no row, "accepted" could settle a row that the Hub refused, and "nothing was
  // stored" could be just as false. Only "unknown" claims neither, and it keeps the snapshot where it is.
  if (homeless > 0 || mayHideErrors(reading)) return { kind: 'unknown', error: unclear(asked.label, answer.status) };
  return { kind: 'accepted', refusals: errors.length === 0 ? [] : refusals };
}

/** Not every server calls its errors so, and 207 says by itself that some may be among what it tells. */
function mayHideErrors({ answer, json }: Reading): boolean {
  const hasErrors = isRecord(json) && 'errors' in json;
  return entriesIn(json, 'error').length > 0 || (answer.status === 207 && !hasErrors);
}

/** Errors that point nowhere do not spoil those that do: what else is wrong shows when the rest is sent. */
function readRefusal(reading: Reading): Meaning {
  const { refusals } = refusalsOf(reading);
  if (refusals.length > 0) return { kind: 'rows_refused', refusals };
  return { kind: 'batch_refused', fault: batchFault(reading) };
}

/** One refusal a row, whatever the number of its errors; `homeless` counts the errors that belong to no row. */
function refusalsOf(reading: Reading): { readonly refusals: readonly RowRefusal[]; readonly homeless: number } {
  const byRow = new Map<number, RowRefusal>();
  let homeless = 0;
  for (const error of reading.errors) {
    const place = placeOf(pointerIn(error) ?? '', reading.asked.rows);
    if (place === null) {
      homeless += 1;
      continue;
    }
    const { status } = reading.answer;
    const message = errorWords(error) ?? `The Hub refused the row with ${status} and gave no reason.`;
    const first = byRow.get(place.index);
    byRow.set(
      place.index,
      first === undefined
        ? { ...place, code: codeOf([error], status), message: plainLine(message) }
        : { ...first, message: plainLine(`${first.message}; ${message}`, 2000) },
    );
  }
  return { refusals: [...byRow.values()], homeless };
}

function batchFault(reading: Reading): Fault {
  const { answer, json, errors } = reading;
  const words = plainLine(wordsIn(json) ?? answer.body);
  return {
    code: codeOf(errors, answer.status),
    message: words === '' ? `The Hub answered ${answer.status} without a word.` : words,
    field: null,
  };
}

/** The Hub's errors. Some servers send an object or a text where the list belongs; those count as one error. */
function entriesIn(json: unknown, name: 'errors' | 'error'): readonly unknown[] {
  const errors = isRecord(json) ? json[name] : null;
  if (Array.isArray(errors)) return errors;
  if (isRecord(errors)) return Object.keys(errors).length === 0 ? [] : [errors];
  return errors === null || errors === undefined || errors === '' || errors === false ? [] : [errors];
}

function pointerIn(error: unknown): string | null {
  if (!isRecord(error)) return null;
  const source = isRecord(error['source']) ? error['source'] : error;
  return textIn(source, 'pointer');
}

/** The first of errors[].detail, errors[].title, message and error that is a text. */
function wordsIn(json: unknown): string | null {
  const errors = entriesIn(json, 'errors');
  const detailed = errors.map((error) => (typeof error === 'string' ? error : textIn(error, 'detail')));
  const candidates = [
    ...detailed,
    ...errors.map((error) => textIn(error, 'title')),
    textIn(json, 'message'),
    textIn(json, 'error'),
  ];
  return candidates.find((text) => text !== null) ?? null;
}

function errorWords(error: unknown): string | null {
  return textIn(error, 'detail') ?? textIn(error, 'title') ?? textIn(error, 'message');
}

function codeOf(errors: readonly unknown[], status: number): string {
  const code = textIn(errors[0], 'code') ?? '';
  return /^[\w.:-]{1,64}$/.test(code) ? code : `refused_${status}`;
}

/** Where a redirect leads, without a query that could hold anything. */
function target(answer: Answer): string | null {
  const location = answer.headers['location'];
  if (location === undefined || !URL.canParse(location)) return null;
  const url = new URL(location);
  return maskEmails(plainLine(url.origin + url.pathname, 200));
}
