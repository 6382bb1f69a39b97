import { PanelsyncError } from '../core/errors.ts';
import type { ParticipantPage } from '../core/model/hub-person.ts';
import type { Destination } from '../core/ports/ports.ts';

export interface ListedPage extends ParticipantPage {
  /** From 1. */
  readonly page: number;
  /** It is read once more, for those who may have moved onto it. */
  readonly again: boolean;
}

interface ListOptions {
  /** The first page that is read. */
  readonly from: number;
  readonly signal: AbortSignal;
}

/**
 * The Hub's list, page by page. Somebody who is deleted while it is read moves everybody behind forward, over the edge
 * of a page that was read before: where the total has shrunk, the pages before are read once more. So people may come
 * twice, but nobody is missed as long as the Hub tells its total.
 */
export async function* listPages(
  destination: Pick<Destination, 'participants'>,
  { from, signal }: ListOptions,
): AsyncGenerator<ListedPage> {
  let before: ParticipantPage | null = null;
  for (let page = from; ; page += 1) {
    const current = await destination.participants(page, signal);
    if (before !== null && isRepeated(before, current)) throw stuck(page);
    yield { ...current, page, again: false };
    for (let back = Math.max(1, page - pagesMoved(before, current)); back < page; back += 1) {
      yield { ...(await destination.participants(back, signal)), page: back, again: true };
    }
    if (current.last) return;
    before = current;
  }
}

/** How many pages back those may have moved who stood on this page a moment ago; below zero where people came. */
function pagesMoved(before: ParticipantPage | null, current: ParticipantPage): number {
  if (before === null || current.total === null) return 0;
  return Math.ceil(((before.total ?? 0) - current.total) / Math.max(1, sizeOf(before)));
}

/**
 * A Hub that does not count its pages would give the first of them for ever. Where a page of people has just come, the
 * same page comes once more for a good reason, and the total has grown.
 */
function isRepeated(before: ParticipantPage, current: ParticipantPage): boolean {
  const emails = (page: ParticipantPage): string => JSON.stringify(page.people.map(({ email }) => email));
  return current.people.length > 0 && before.total === current.total && emails(before) === emails(current);
}

export function sizeOf({ people, unusable }: ParticipantPage): number {
  return people.length + unusable.length;
}

function stuck(page: number): PanelsyncError {
  return new PanelsyncError({
    code: 'hub_list_stuck',
    recovery: 'fatal',
    message: `The Hub gave page ${page - 1} of its list again when it was asked for page ${page}.`,
    hint: 'Its list cannot be read by pages; panelsync baseline --from csv takes an export of it instead.',
  });
}
