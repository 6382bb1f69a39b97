import { isRecord } from './json.ts';

/**
 * Finds what may be a failure in the body of a successful response. Servers report one in many ways, and a refused row
 * that is settled as accepted is lost; so whatever may mean "failed" counts. Pure.
 */

type JsonObject = Readonly<Record<string, unknown>>;

/** What keys and statuses are called when something failed, in snake case. */
const failureWord =
  /(?:^|_)(?:fail|error|err(?:_|$)|reject|invalid|refuse|denied|forbid|unauth|unprocess|unavail|exception|problem|conflict|abort|cancel|time_?out|timed_out|throttl|rate_limit|discard|ignored|skipped|dropped|duplicate|unsaved|unmatched|missing|not_)/;

/** Keys that hold the outcome as a word or a code, and as true or false. */
const statusKeys: ReadonlySet<string> = new Set(
  ['status', 'state', 'result', 'outcome', 'code'].flatMap((key) => [key, `${key}_code`, `http_${key}`]),
);
const successKeys: ReadonlySet<string> = new Set(['success', 'successful', 'ok', 'is_success', 'succeeded', 'valid']);

/** Words of a status that name no failure by themselves, and what stands for false where true or false is expected. */
const failedStatus = /^(?:[45]\d\d\b|partial|n(?:o|ok)?$|ko$|e[_-]?\d)/i;
const falseWord = /^(?:false|no|n|off|0)$/i;

/** Counts or lists of the rows that were stored; `rows`, `count` and `total` may stand beside. */
const storedKey =
  /^(?:rows_)?(?:created|updated|inserted|upserted|unchanged|modified|saved|stored|imported|accepted|applied|processed|affected|success|succeeded|successful)(?:_(?:count|rows|total))?$/;

/** Objects that describe the batch, beside those that describe a participant. */
const summaryKeys: ReadonlySet<string> = new Set([
  'meta',
  'summary',
  'result',
  'results',
  'batch',
  'stats',
  'counts',
  'data',
  'response',
  'attributes',
  'payload',
]);

/** In a list of participants, whose fields may have any name, only these keys describe the request. */
const entryKeys: ReadonlySet<string> = new Set([...successKeys, 'status', 'status_code', 'error', 'errors', 'failed']);

/** Text for people, which only counts where it names a failure and no number of them. */
const messageKeys: ReadonlySet<string> = new Set(['message', 'detail', 'title', 'reason']);
const failureText =
  /\b(?:errors?|fail(?:ed|ure)?|invalid|denied|forbidden|unauthori[sz]ed|exception|unavailable|timed out)\b/i;
const noFailureText = /\b(?:no|0|zero|without)\s+(?:\w+\s+)?(?:errors?|failures?|failed|invalid)\b/i;

/**
 * The key under which the body may report that some of the `rowCount` rows were not stored; `null`: it reports none.
 * The list `errors` of the body is left to whoever attributes its entries to rows.
 */
export function findReportedFailure(json: unknown, rowCount: number): string | null {
  if (Array.isArray(json)) return json.some(hasFailedEntry) ? 'an entry of the list' : null;
  // A bare text, number or boolean describes nothing.
  if (!isJsonObject(json)) return json === null ? null : `a bare ${typeof json}`;
  const { errors: _attributed, ...body } = json;
  return findInSummary(body) ?? findShortCount(body, rowCount);
}

function findInSummary(summary: JsonObject): string | null {
  for (const [name, value] of Object.entries(summary)) {
    const key = toSnakeCase(name);
    if (reportsFailure(key, value)) return name;
    const nested = findNested(key, value);
    if (nested !== null) return nested === '' ? name : `${name}.${nested}`;
  }
  return null;
}

/** In what a key holds: a summary, a list of participants, or one participant or several under names. `''`: in the whole. */
function findNested(key: string, value: unknown): string | null {
  if (Array.isArray(value)) return value.some(hasFailedEntry) ? '' : null;
  if (!isJsonObject(value)) return null;
  if (isParticipant(value)) return hasFailedEntry(value) ? '' : null;
  if (summaryKeys.has(key)) return findInSummary(value);
  return hasFailedEntry(value) || Object.values(value).some(hasFailedEntry) ? '' : null;
}

/** Its fields may have any name, so they describe no batch. */
function isParticipant(value: JsonObject): boolean {
  const { attributes } = value;
  return 'email' in value || (isJsonObject(attributes) && 'email' in attributes);
}

function hasFailedEntry(entry: unknown): boolean {
  if (!isJsonObject(entry)) return false;
  return Object.entries(entry).some(([name, value]) => {
    const key = toSnakeCase(name);
    if (key === 'meta' && isJsonObject(value)) return findInSummary(value) !== null;
    if (key === 'attributes' && isJsonObject(value)) return isPresent(value['error']) || isPresent(value['errors']);
    return entryKeys.has(key) && reportsFailure(key, value);
  });
}

function reportsFailure(key: string, value: unknown): boolean {
  if (successKeys.has(key) && (value === 0 || value === null)) return true;
  if (successKeys.has(key) || storedKey.test(key)) return value === false || isWord(value, falseWord);
  if (messageKeys.has(key)) return isWord(value, failureText) && !isWord(value, noFailureText);
  if (failureWord.test(key)) return isPresent(value);
  if (!statusKeys.has(key)) return false;
  if (typeof value === 'number') return value >= 400 && value <= 599;
  return typeof value === 'string' && (failedStatus.test(value) || failureWord.test(toSnakeCase(value)));
}

function isWord(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value.trim());
}

/** Counts of stored rows that do not add up to the size of the batch. */
function findShortCount(summary: JsonObject, rowCount: number): string | null {
  const counts = Object.entries(summary).flatMap(([name, value]) => {
    const key = toSnakeCase(name);
    if (!storedKey.test(key)) return [];
    const count = Array.isArray(value) ? value.length : value;
    // A one may stand for true.
    return typeof count === 'number' && !(successKeys.has(key) && count === 1) ? [{ name, count }] : [];
  });
  const [first] = counts;
  if (first !== undefined && counts.reduce((sum, { count }) => sum + count, 0) < rowCount) return first.name;
  for (const [name, value] of Object.entries(summary)) {
    const nested = summaryKeys.has(toSnakeCase(name)) && isJsonObject(value) ? findShortCount(value, rowCount) : null;
    if (nested !== null) return `${name}.${nested}`;
  }
  return null;
}

/** Whether a value says that there is something: neither null, false, zero, empty nor a word for none. */
function isPresent(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.keys(value).length > 0;
  if (typeof value === 'string') return !['', '0', 'none', 'false', 'null'].includes(value.trim().toLowerCase());
  return value !== null && value !== undefined && value !== false && value !== 0;
}

function isJsonObject(value: unknown): value is JsonObject {
  return isRecord(value) && !Array.isArray(value);
}

const snakeCase = /^[a-z\d_]*$/;

/** `failedRows`, `Failed Rows`, `failed-rows` ► `failed_rows`. */
function toSnakeCase(name: string): string {
  // Asked of every field of every participant that the Hub answers with.
  if (snakeCase.test(name)) return name;
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/[\s-]+/g, '_')
    .toLowerCase();
}
