import { PanelsyncError } from '../../core/errors.ts';
import type { HubPerson, ParticipantPage } from '../../core/model/hub-person.ts';
import { emailKey } from '../../core/model/key.ts';
import type { Destination } from '../../core/ports/ports.ts';
import { listPages, sizeOf } from '../participant-pages.ts';

/** A longer list is not read for the sake of a few people: at 60 requests a minute this one takes over an hour. */
const usualMostPages = 5000;

export interface Look {
  /** Keys of e-mails. */
  readonly wanted: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** A list of more pages is not read. */
  readonly mostPages?: number;
  onPage?(done: number, total: number | null): void;
}

/**
 * Finds people in the Hub's list by e-mail, which the Hub offers no other way for. Who is not in the answer is not in
 * the list. Rejects when the list cannot be read or is too long.
 */
export async function findPeople(
  destination: Pick<Destination, 'participants'>,
  { wanted, signal, mostPages = usualMostPages, onPage }: Look,
): Promise<ReadonlyMap<string, HubPerson>> {
  const found = new Map<string, HubPerson>();
  let pages: number | null = null;
  let read = 0;
  const take = (page: ParticipantPage): boolean => {
    for (const person of page.people) {
      const key = emailKey(person.email);
      if (key !== null && wanted.has(key)) found.set(key, person);
    }
    read += 1;
    onPage?.(read, pages);
    return found.size === wanted.size;
  };
  for await (const page of listPages(destination, { from: 1, signal })) {
    if (page.page === 1 && !page.again) pages = pagesOf(page);
    if (take(page)) break;
    if (read > mostPages || (pages ?? 0) > mostPages) throw tooLong(mostPages);
    // New people stand at one of the ends of most lists: a look there spares the rest, more often than not.
    if (read === 1 && pages !== null && pages > 2 && take(await destination.participants(pages, signal))) break;
  }
  return found;
}

function pagesOf(page: ParticipantPage): number | null {
  const size = sizeOf(page);
  return page.total === null || size === 0 ? null : Math.ceil(page.total / size);
}

function tooLong(mostPages: number): PanelsyncError {
  return new PanelsyncError({
    code: 'hub_list_too_long',
    recovery: 'retriable',
    message: `The Hub's list has more than ${mostPages} pages, which is too long to look people up in.`,
    hint: 'Look them up in the Hub by hand.',
  });
}
