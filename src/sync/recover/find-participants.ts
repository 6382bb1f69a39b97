import { PanelsyncError } from '../../core/errors.ts';
import type { HubPerson, ParticipantPage } from '../../core/model/hub-person.ts';
import { emailKey } from '../../core/model/key.ts';
import type { Destination } from '../../core/ports/destination.ts';
import { listPages, pageSize } from '../participant-pages.ts';

/** A longer list is not read for the sake of a few people: at 60 requests a minute this one takes over an hour. */
const defaultMaxPages = 5000;

export interface FindOptions {
  /** Keys of e-mails. */
  readonly wanted: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** A list of more pages is not read. */
  readonly maxPages?: number;
  onPage?(done: number, total: number | null): void;
}

/**
 * Finds people in the Hub's list by e-mail, which the Hub offers no other way for. Who is not in the answer is not in
 * the list. Rejects when the list cannot be read or is too long.
 */
export async function findParticipants(
  destination: Pick<Destination, 'participants'>,
  { wanted, signal, maxPages = defaultMaxPages, onPage }: FindOptions,
): Promise<ReadonlyMap<string, HubPerson>> {
  const found = new Map<string, HubPerson>();
  let pageCount: number | null = null;
  let pagesRead = 0;
  const collect = (page: ParticipantPage): boolean => {
    for (const person of page.people) {
      const key = emailKey(person.email);
      if (key !== null && wanted.has(key)) found.set(key, person);
    }
    pagesRead += 1;
    onPage?.(pagesRead, pageCount);
    return found.size === wanted.size;
  };
  for await (const page of listPages(destination, { firstPage: 1, signal })) {
    if (page.page === 1 && !page.isReread) pageCount = pageCountOf(page);
    if (collect(page)) break;
    if (pagesRead > maxPages || (pageCount ?? 0) > maxPages) throw listTooLongError(maxPages);
    // New people stand at one of the ends of most lists: a look there spares the rest, more often than not.
    if (
      pagesRead === 1 &&
      pageCount !== null &&
      pageCount > 2 &&
      collect(await destination.participants(pageCount, signal))
    )
      break;
  }
  return found;
}

function pageCountOf(page: ParticipantPage): number | null {
  const size = pageSize(page);
  return page.total === null || size === 0 ? null : Math.ceil(page.total / size);
}

function listTooLongError(maxPages: number): PanelsyncError {
  return new PanelsyncError({
    code: 'hub_list_too_long',
    recovery: 'retriable',
    message: `The Hub's list has more than ${maxPages} pages, too many to look people up in.`,
    hint: 'Look the people up in the Hub, and use panelsync resolve.',
  });
}
