import { maxListSize } from '../core/model/hub-person.ts';
import type { ParticipantPage } from '../core/model/hub-person.ts';
import type { ParticipantLists } from './participant-list.ts';

/** What the first page of `maxListSize` entries shows. */
export interface FirstPage {
  /** How many entries it has. */
  readonly size: number;
  readonly total: number | null;
  readonly isLast: boolean;
}

export interface FindEndOptions {
  readonly signal: AbortSignal;
  /** Longer lists are not measured. */
  readonly maxPages: number;
  /** Is given every page that is read on the way; `true`: nothing more is needed. */
  onPage?(page: ParticipantPage, number: number): boolean;
}

/**
 * How many pages of `maxListSize` entries the list has, of which the first is known. Where the Hub gives no total, pages
 * are probed by doubling, then by halving: 26 requests for a million people. `null`: `onPage` needs nothing more, or the
 * list is longer than `maxPages`.
 */
export async function countPages(
  first: FirstPage,
  destination: ParticipantLists,
  { signal, maxPages, onPage }: FindEndOptions,
): Promise<number | null> {
  if (first.isLast) return 1;
  if (first.total !== null) return Math.ceil(first.total / Math.max(1, first.size));
  let [filled, empty] = [1, maxPages + 2];
  for (let isBounded = false; empty - filled > 1;) {
    const number: number = isBounded ? Math.floor((filled + empty) / 2) : Math.min(filled * 2, maxPages + 1);
    const page = await destination.participants({ number, size: maxListSize }, signal);
    if (onPage?.(page, number) === true) return null;
    if (page.entries.length > 0 && page.last === true) filled = empty = number;
    else if (page.entries.length > 0) filled = number;
    else [isBounded, empty] = [true, number];
  }
  return filled > maxPages ? null : filled;
}
