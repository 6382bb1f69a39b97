import { isRecord } from './json.ts';

/**
 * Finds what may be a failure in the body of a successful response. Servers report one in many ways, and a refused row
 * that is settled as accepted is lost; so whatever may mean "failed" counts. Pure.
 */

type JsonObject = Readonly<Record<string, unknown>>;

/** What keys and statuses are called when something failed, in snake case. */
const failureWord =
  /(?:^|_)(?:fail|error|err(?:_|$)|reject|invalid|refuse|denied|unprocess|exception|problem|conflict|discard|ignored|skipped|dropped|duplicate|unsaved|not_)/;

/** Keys that hold the outcome as a word or a code, and as true or false. */
const statusKeys: ReadonlySet<string> = new Set(['status', 'state', 'result', 'outcome', 'code', 'status_code']);
const successKeys: ReadonlySet<string> = new Set(['success', 'successful', 'ok', 'is_success', 'succeeded', 'valid']);

/** Counts or lists of the rows that were stored; `rows`, `count` and `total` may follow. */
const storedKey =
  /^(?:created|updated|inserted|upserted|unchanged|modified|saved|stored|imported|accepted|applied)(?:_(?:count|rows|total))?$/;

/** Objects that describe the batch, beside those that describe a participant. */
const summaryKeys: ReadonlySet<string> = new Set(['meta', 'summary', 'result', 'results', 'batch', 'stats', 'counts']);

/** In a list of participants, whose fields may have any name, only these keys describe the request. */
const entryKeys: ReadonlySet<string> = new Set([...successKeys, 'status', 'status_code', 'error', 'errors', 'failed']);

/**
 * The key under which the body may report that some of the `rowCount` rows were not stored; `null`: it reports none.
 * The list `errors` is left to whoever attributes its entries to rows.
 */
export function findReportedFailure(json: unknown, rowCount: number): string | null {
  if (Array.isArray(json)) return json.some(hasFailedEntry) ? 'an entry of the list' : null;
  // A bare text, number or boolean describes nothing.
  if (!isJsonObject(json)) return json === null ? null : `a bare ${typeof json}`;
  return findInSummary(json) ?? findShortCount(json, rowCount) ?? findInLists(json);
}

function findInSummary(summary: JsonObject): string | null {
  for (const [name, value] of Object.entries(summary)) {
    const key = toSnakeCase(name);
    if (key === 'errors') continue;
    const nested = summaryKeys.has(key) && isJsonObject(value) ? findInSummary(value) : null;
    if (nested !== null) return `${name}.${nested}`;
    if (reportsFailure(key, value)) return name;
  }
  return null;
}

function findInLists(body: JsonObject): string | null {
  const found = Object.entries(body).find(
    ([name, value]) => name !== 'errors' && Array.isArray(value) && value.some(hasFailedEntry),
  );
  return found?.[0] ?? null;
}

function hasFailedEntry(entry: unknown): boolean {
  if (!isJsonObject(entry)) return false;
  return Object.entries(entry).some(([name, value]) => {
    const key = toSnakeCase(name);
    return entryKeys.has(key) && reportsFailure(key, value);
  });
}

function reportsFailure(key: string, value: unknown): boolean {
  if (successKeys.has(key)) return value === false || value === 0 || value === null || value === 'false';
  if (failureWord.test(key)) return isPresent(value);
  if (!statusKeys.has(key)) return false;
  if (typeof value === 'number') return value >= 400 && value <= 599;
  return typeof value === 'string' && (/^[45]\d\d\b|^partial/i.test(value) || failureWord.test(toSnakeCase(value)));
}

/** Counts of stored rows that do not add up to the size of the batch. */
function findShortCount(summary: JsonObject, rowCount: number): string | null {
  const counts = Object.entries(summary).flatMap(([name, value]) => {
    if (!storedKey.test(toSnakeCase(name))) return [];
    const count = Array.isArray(value) ? value.length : value;
    return typeof count === 'number' ? [{ name, count }] : [];
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

/** `failedRows`, `Failed Rows`, `failed-rows` ► `failed_rows`. */
function toSnakeCase(name: string): string {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/[\s-]+/g, '_')
    .toLowerCase();
}
