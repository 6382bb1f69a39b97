import { PanelsyncError } from '../../core/errors.ts';
import { maxListSize } from '../../core/model/hub-person.ts';
import type { HubPerson, ParticipantPage } from '../../core/model/hub-person.ts';
import { emailKey } from '../../core/model/key.ts';
import { countPages } from '../list-end.ts';
import { listParticipants, sortEntries } from '../participant-list.ts';
import type { ListedPart, ParticipantLists } from '../participant-list.ts';

/** A longer list is not read for the sake of a few people: at 60 requests a minute this one takes over an hour. */
const defaultMaxPages = 5000;

export interface FindOptions {
  /** Keys of e-mails. */
  readonly wanted: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** A list of more pages is not read. */
  readonly maxPages?: number;
  /** Entries of the list that are read, and how many it has where that is known. */
  onProgress?(done: number, total: number | null): void;
}

/**
 * Finds people in the Hub's list by e-mail, which the Hub offers no other way for. Who is not in the answer is not in
 * the list. Rejects when the list cannot be read or is too long.
 */
export async function findParticipants(
  destination: ParticipantLists,
  { wanted, signal, maxPages = defaultMaxPages, onProgress }: FindOptions,
): Promise<ReadonlyMap<string, HubPerson>> {
  const found = new Map<string, HubPerson>();
  const collect = (people: readonly HubPerson[]): boolean => {
    for (const person of people) {
      const key = emailKey(person.email);
      if (key !== null && wanted.has(key)) found.set(key, person);
    }
    return found.size === wanted.size;
  };
  let isFirst = true;
  for await (const part of listParticipants(destination, { signal })) {
    onProgress?.(part.position, part.total);
    if (collect(part.people)) break;
    if (isFirst && (await findAtTheEnd(part, destination, { signal, maxPages, collect }))) break;
    isFirst = false;
  }
  return found;
}

interface EndOptions {
  readonly signal: AbortSignal;
  readonly maxPages: number;
  /** Whether all people are found. */
  collect(people: readonly HubPerson[]): boolean;
}

/** New people stand at one of the ends of most lists: a look there spares the rest, more often than not. */
async function findAtTheEnd(
  { people, unusable, total, isLast }: ListedPart,
  destination: ParticipantLists,
  { signal, maxPages, collect }: EndOptions,
): Promise<boolean> {
  let isDone = false;
  const onPage = ({ entries }: ParticipantPage): boolean => (isDone = collect(sortEntries(entries).people));
  const firstPage = { size: people.length + unusable.length, total, isLast };
  const pages = await countPages(firstPage, destination, { signal, maxPages, onPage });
  if (isDone) return true;
  if (pages === null || pages > maxPages) throw listTooLongError(maxPages);
  // Without a total the last page was read when it was looked for.
  if (total === null || pages <= 2) return false;
  return onPage(await destination.participants({ number: pages, size: maxListSize }, signal));
}

function listTooLongError(maxPages: number): PanelsyncError {
  return new PanelsyncError({
    code: 'hub_list_too_long',
    recovery: 'retriable',
    message: `The Hub's list has more than ${maxPages} pages, too many to look people up in.`,
    hint: 'Look the people up in the Hub, and use panelsync resolve.',
  });
}
