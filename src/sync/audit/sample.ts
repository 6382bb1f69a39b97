import { maxListSize } from '../../core/model/hub-person.ts';
import type { ParticipantPage } from '../../core/model/hub-person.ts';
import { countPages } from '../list-end.ts';
import { sortEntries } from '../participant-list.ts';
import type { ParticipantLists, SortedEntries } from '../participant-list.ts';

/** A list of more pages is sampled from its first pages: twenty million people. */
const maxPages = 100_000;

interface SampleOptions {
  /** How many people to look at, at least; rounded up to whole pages. */
  readonly minPeople: number;
  readonly signal: AbortSignal;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Pages of the Hub's list drawn at random: the list is all there is to look people up in. */
export async function* samplePages(
  destination: ParticipantLists,
  { minPeople, signal, random }: SampleOptions,
): AsyncGenerator<SortedEntries & Pick<ParticipantPage, 'total'>> {
  /** Pages that were read to find the end of the list. */
  const known = new Map<number, ParticipantPage>();
  const read = async (number: number): Promise<ParticipantPage> =>
    known.get(number) ?? destination.participants({ number, size: maxListSize }, signal);
  const first = await read(1);
  known.set(1, first);
  const onPage = (page: ParticipantPage, number: number): boolean => known.set(number, page).size === 0;
  const size = first.entries.length;
  const firstPage = { size, total: first.total, isLast: first.last === true };
  const pages = (await countPages(firstPage, destination, { signal, maxPages, onPage })) ?? maxPages;
  const pagesToRead = Math.min(pages, Math.ceil(minPeople / Math.max(1, size)));
  for (const number of drawPages(pagesToRead, pages, random)) {
    yield { ...sortEntries((await read(number)).entries), total: first.total };
  }
}

/** `count` of the numbers from 1 to `max`, each as likely as any other, in rising order. */
function drawPages(count: number, max: number, random: () => number): readonly number[] {
  const chosen = new Set<number>();
  // Floyd's way: no list of all numbers is needed, and none is drawn in vain.
  for (let upper = max - count + 1; upper <= max; upper += 1) {
    const pick = 1 + Math.floor(random() * upper);
    chosen.add(chosen.has(pick) ? upper : pick);
  }
  return [...chosen].toSorted((a, b) => a - b);
}
