/** Reads the lists of the Hub, page by page. */

import type { PanelsyncError } from '../../core/errors.ts';
import { maxListSize } from '../../core/model/hub-person.ts';
import type { HubCharacteristic, ListRange, ParticipantPage } from '../../core/model/hub-person.ts';
import type { BatchOutcome } from '../../core/ports/destination.ts';
import { lastResponse, readAuthority, lastOutcome } from '../http/connection.ts';
import type { HubConnection } from '../http/connection.ts';
import type { HttpRequest } from '../http/exchange.ts';
import { notListError, refusedError } from '../hub-errors.ts';
import { toCharacteristics, toParticipantPage, parseListPage } from './list-page.ts';
import type { ListPage } from './list-page.ts';
import type { HubResponse, RequestDescription } from '../response.ts';
import { characteristicsPath, participantsPath } from '../wire.ts';
import { formatNumber } from '../../lib/format.ts';

/** Two hundred people with many long characteristics; little enough for memory. */
const maxPageBytes = 32 * 1024 * 1024;

/** No account has more custom fields than that; a Hub that returns more pages repeats them. */
const maxCharacteristicPages = 100;

/** The Hub has no such list, or not for this key; another request would not help. */
const unavailableStatuses: ReadonlySet<number> = new Set([403, 404, 405, 406, 410]);

interface PageRequest {
  readonly path: string;
  readonly range: ListRange;
  readonly maxAttempts: number;
}

/** Reads a page with one person and describes the result for people. */
export async function checkConnection(signal: AbortSignal, connection: HubConnection): Promise<string> {
  const maxAttempts = Math.min(2, connection.settings.maxAttempts);
  const { total } = await readPage(
    { path: participantsPath, range: { number: 1, size: 1 }, maxAttempts },
    signal,
    connection,
  );
  const totalSuffix = total === null ? '' : `; ${formatNumber(total)} participants`;
  return `${connection.address} answers; the key is accepted${totalSuffix}`;
}

/** One page of the Hub's people. */
export async function readParticipants(
  range: ListRange,
  signal: AbortSignal,
  connection: HubConnection,
): Promise<ParticipantPage> {
  const { maxAttempts } = connection.settings;
  return toParticipantPage(await readPage({ path: participantsPath, range, maxAttempts }, signal, connection));
}

/**
 * All custom fields that the Hub defines; `null` where it does not list them. A list that is empty, that does not end, or
 * with an entry that cannot be read is none: what it lacks may exist all the same.
 */
export async function readCharacteristics(
  signal: AbortSignal,
  connection: HubConnection,
): Promise<readonly HubCharacteristic[] | null> {
  const { maxAttempts } = connection.settings;
  const bySlug = new Map<string, HubCharacteristic>();
  for (let page = 1; page <= maxCharacteristicPages; page += 1) {
    const listPage = await requestPage(
      { path: characteristicsPath, range: { number: page, size: maxListSize }, maxAttempts },
      signal,
      connection,
    );
    if ('error' in listPage) {
      if (unavailableStatuses.has(listPage.status)) return null;
      throw listPage.error;
    }
    const previousSize = bySlug.size;
    const characteristics = toCharacteristics(listPage);
    if (characteristics.length < listPage.entries.length) return null;
    for (const characteristic of characteristics) bySlug.set(characteristic.slug, characteristic);
    const isRepeated = bySlug.size === previousSize;
    // A Hub that does not count its pages gives all of them at once.
    if (listPage.last === true || (isRepeated && listPage.last === null))
      return bySlug.size === 0 ? null : [...bySlug.values()];
    if (isRepeated) return null;
  }
  return null;
}

interface PageError {
  readonly error: PanelsyncError;
  readonly status: number;
}

async function readPage(pageRequest: PageRequest, signal: AbortSignal, connection: HubConnection): Promise<ListPage> {
  const listPage = await requestPage(pageRequest, signal, connection);
  if ('error' in listPage) throw listPage.error;
  return listPage;
}

async function requestPage(
  { path, range, maxAttempts }: PageRequest,
  signal: AbortSignal,
  connection: HubConnection,
): Promise<ListPage | PageError> {
  await connection.rateLimiter.acquire(signal);
  const pathWithQuery = `${path}?page[size]=${range.size}&page[number]=${range.number}`;
  const request: HttpRequest = {
    method: 'GET',
    path: pathWithQuery,
    body: null,
    maxAttempts,
    retryAmbiguous: true,
    maxResponseBytes: maxPageBytes,
  };
  const exchange = await connection.http.exchange(request, readAuthority(signal));
  const description = { label: `GET ${connection.address}${path}`, rows: 1 };
  const outcome = lastOutcome(exchange, description, connection);
  const response = lastResponse(exchange) ?? noResponse;
  if (outcome.kind !== 'accepted')
    return { error: toError(outcome, description, response.status), status: response.status };
  const listPage = parseListPage(response.body, range);
  return listPage ?? { error: notListError(description.label, response.status), status: response.status };
}

const noResponse: HubResponse = { status: 0, headers: {}, body: '' };

/** A read has no rows to refuse: every other outcome becomes an error. */
function toError(
  outcome: Exclude<BatchOutcome, { kind: 'accepted' }>,
  description: RequestDescription,
  status: number,
): PanelsyncError {
  if ('error' in outcome) return outcome.error;
  const rowError = 'reason' in outcome ? outcome.reason : outcome.refusals[0];
  return refusedError(description.label, status, rowError?.message ?? null);
}
