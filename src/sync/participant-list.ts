/** Reads the Hub's list from its beginning to its end while people come and go. */

import { PanelsyncError } from '../core/errors.ts';
import { maxListSize } from '../core/model/hub-person.ts';
import type { HubPerson, ListEntry, ListRange, ParticipantPage, UnusableEntry } from '../core/model/hub-person.ts';
import type { Destination } from '../core/ports/destination.ts';

/** Entries of the list, sorted into people and others. */
export interface SortedEntries {
  readonly people: readonly HubPerson[];
  readonly unusable: readonly UnusableEntry[];
}

/** What one request brought that no request before it had. */
export interface ListedPart extends SortedEntries {
  /** Where this part begins, counted from 0, and where reading can continue after it. */
  readonly start: number;
  readonly position: number;
  /** How many entries the list has, where the Hub says so. */
  readonly total: number | null;
  readonly isLast: boolean;
  /** The list was found to have shifted. */
  readonly hasShifted: boolean;
}

export type ParticipantLists = Pick<Destination, 'participants'>;

interface ListOptions {
  /** `position` of the part after which to continue; 0 is the beginning. */
  readonly from?: number;
  readonly signal: AbortSignal;
}

/** How many entries are remembered, to know them again; the list may shift by so many between two requests. */
const maxRecent = 10 * maxListSize;

/** So many requests in a row may bring nobody new before the list counts as unreadable: enough to go back and return. */
const maxFruitless = 25;

/**
 * The Hub's list, part by part. Somebody who is deleted while it is read moves everybody behind forward, over the edge
 * of what was read before. So each request begins with an entry that is known already: if another one stands there, the
 * list has shifted, and reading goes back until it meets a known entry. Nobody is missed who is in the list all the time,
 * and nobody comes twice in a short while.
 */
export async function* listParticipants(
  destination: ParticipantLists,
  { from = 0, signal }: ListOptions,
): AsyncGenerator<ListedPart> {
  const cursor = new ListCursor(from);
  while (!cursor.hasEnded) {
    const range = cursor.nextRange();
    const part = cursor.accept(await destination.participants(range, signal), range);
    if (part !== null) yield part;
  }
}

export function sortEntries(entries: readonly ListEntry[]): SortedEntries {
  return {
    people: entries.flatMap((entry) => ('person' in entry ? [entry.person] : [])),
    unusable: entries.flatMap((entry) => ('unusable' in entry ? [entry.unusable] : [])),
  };
}

class ListCursor {
  hasEnded = false;
  #position: number;
  /** Entries that were read last, oldest first. */
  readonly #recent = new Set<string>();
  #lastId: string | null = null;
  /** The most entries that the Hub returns at once. */
  #maxSize = maxListSize;
  /** How far to go back when the next request meets nobody known. */
  #stepBack = maxListSize / 2;
  #hasShifted = false;
  #fruitless = 0;

  constructor(position: number) {
    this.#position = position;
  }

  nextRange(): ListRange {
    return this.#position === 0 ? { number: 1, size: this.#maxSize } : overlappingRange(this.#position, this.#maxSize);
  }

  /** Takes what a request brought; `null`: reading goes back. */
  accept({ entries, total, last }: ParticipantPage, range: ListRange): ListedPart | null {
    const start = (range.number - 1) * range.size;
    if (!this.#continues(entries, start)) {
      this.#goBack();
      this.#countFruitless(range);
      return null;
    }
    const isFirst = this.#recent.size === 0;
    const fresh = entries.filter(({ id }, index) =>
      isFirst ? start + index >= this.#position : !this.#recent.has(id),
    );
    this.#checkSize(entries, range, last);
    this.hasEnded = last ?? this.#isBehindTheLast(entries, fresh, range);
    if (fresh.length > 0 || this.hasEnded) this.#fruitless = 0;
    else this.#countFruitless(range);
    this.#position = start + entries.length;
    this.#remember(entries);
    const hasShifted = this.#hasShifted;
    this.#hasShifted = false;
    return { ...sortEntries(fresh), start, position: this.#position, total, isLast: this.hasEnded, hasShifted };
  }

  /** Whether no entry can be between what was read before and these. */
  #continues(entries: readonly ListEntry[], start: number): boolean {
    if (start === 0 || start >= this.#position || this.#recent.size === 0) return true;
    return entries[0] !== undefined && this.#recent.has(entries[0].id);
  }

  #goBack(): void {
    this.#position = Math.max(0, this.#position - this.#stepBack);
    this.#stepBack *= 2;
    this.#hasShifted = true;
  }

  /** A Hub that returns fewer entries than it is asked for shows this on the first page. */
  #checkSize(entries: readonly ListEntry[], range: ListRange, last: boolean | null): void {
    const isShort = range.number === 1 && entries.length > 0 && entries.length < range.size;
    if (isShort && last !== true) this.#maxSize = entries.length;
  }

  /** Where the Hub does not say that a list ends: nothing follows the entry that came last before. */
  #isBehindTheLast(entries: readonly ListEntry[], fresh: readonly ListEntry[], range: ListRange): boolean {
    return fresh.length === 0 && entries.length < range.size && entries.at(-1)?.id === this.#lastId;
  }

  /** A Hub that does not count its pages would give one of them for ever; people who came in front bring one again. */
  #countFruitless(range: ListRange): void {
    this.#fruitless += 1;
    if (this.#fruitless >= maxFruitless) throw listStuckError(range);
  }

  #remember(entries: readonly ListEntry[]): void {
    for (const { id } of entries) {
      this.#recent.delete(id);
      this.#recent.add(id);
    }
    this.#lastId = entries.at(-1)?.id ?? this.#lastId;
    const surplus = [...this.#recent].slice(0, Math.max(0, this.#recent.size - maxRecent));
    for (const id of surplus) this.#recent.delete(id);
    this.#stepBack = maxListSize / 2;
  }
}

/**
 * The range that begins at or before the last entry read, and reaches furthest behind it. A Hub that returns just a few
 * entries at once may leave no room for that: then a range that begins right behind it.
 */
export function overlappingRange(position: number, maxSize: number): ListRange {
  let best = { range: { number: position + 1, size: 1 }, end: position };
  for (let size = maxSize; size >= Math.ceil(maxSize / 2); size -= 1) {
    const number = Math.floor((position - 1) / size) + 1;
    if (number * size > best.end) best = { range: { number, size }, end: number * size };
  }
  return best.range;
}

function listStuckError({ number, size }: ListRange): PanelsyncError {
  return new PanelsyncError({
    code: 'hub_list_stuck',
    recovery: 'fatal',
    message: `The Hub keeps returning entries of its list that it returned before (asked for page ${number} of ${size} entries).`,
    hint: 'Its list cannot be read page by page. Use panelsync baseline --from csv with an export of it.',
  });
}
