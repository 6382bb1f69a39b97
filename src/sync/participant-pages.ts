import { PanelsyncError } from '../core/errors.ts';
import type { ParticipantPage } from '../core/model/hub-person.ts';
import type { Destination } from '../core/ports/destination.ts';

export interface ListedPage extends ParticipantPage {
  /** From 1. */
  readonly page: number;
  /** It is read again, for people who may have moved onto it. */
  readonly isReread: boolean;
}

interface ListOptions {
  /** The first page that is read. */
  readonly firstPage: number;
  readonly signal: AbortSignal;
}

/**
 * The Hub's list, page by page. Somebody who is deleted while it is read moves everybody behind forward, over the edge
 * of a page that was read before: where the total has shrunk, the pages before are read once more. So people may come
 * twice, but nobody is missed as long as the Hub returns a total.
 */
export async function* listPages(
  destination: Pick<Destination, 'participants'>,
  { firstPage, signal }: ListOptions,
): AsyncGenerator<ListedPage> {
  let previous: ParticipantPage | null = null;
  for (let page = firstPage; ; page += 1) {
    const current = await destination.participants(page, signal);
    if (previous !== null && isRepeated(previous, current)) throw listStuckError(page);
    yield { ...current, page, isReread: false };
    for (let earlier = Math.max(1, page - pagesShifted(previous, current)); earlier < page; earlier += 1) {
      yield { ...(await destination.participants(earlier, signal)), page: earlier, isReread: true };
    }
    if (current.last) return;
    previous = current;
  }
}

/** How many pages back those may have moved who stood on this page a moment ago; below zero where people came. */
function pagesShifted(previous: ParticipantPage | null, current: ParticipantPage): number {
  if (previous === null || current.total === null) return 0;
  return Math.ceil(((previous.total ?? 0) - current.total) / Math.max(1, pageSize(previous)));
}

/**
 * A Hub that does not count its pages would give the first of them for ever. Where a page of people has just come, the
 * same page comes once more for a good reason, and the total has grown.
 */
function isRepeated(previous: ParticipantPage, current: ParticipantPage): boolean {
  const emails = (page: ParticipantPage): string => JSON.stringify(page.people.map(({ email }) => email));
  return current.people.length > 0 && previous.total === current.total && emails(previous) === emails(current);
}

export function pageSize({ people, unusable }: ParticipantPage): number {
  return people.length + unusable.length;
}

function listStuckError(page: number): PanelsyncError {
  return new PanelsyncError({
    code: 'hub_list_stuck',
    recovery: 'fatal',
    message: `The Hub returned page ${page - 1} of its list again when asked for page ${page}.`,
    hint: 'Its list cannot be read page by page. Use panelsync baseline --from csv with an export of it.',
  });
}
