import { PanelsyncError } from '../core/errors.ts';
import type { HubPerson, ParticipantPage } from '../core/hub-people.ts';
import { emailKey } from '../core/key.ts';
import type { Destination } from '../core/ports.ts';

/** A longer list is not read for the sake of a few people: at 60 requests a minute this one takes over an hour. */
const mostPages = 5000;

/** Somebody who leaves the list while it is read moves others to pages that were read before. */
const mostPasses = 3;

export interface Look {
  /** Keys of e-mails. */
  readonly wanted: ReadonlySet<string>;
  readonly signal: AbortSignal;
  onPage?(done: number, total: number | null): void;
}

/** A reading of the list under way. */
interface Reading {
  readonly destination: Pick<Destination, 'participants'>;
  readonly look: Look;
  readonly found: Map<string, HubPerson>;
  requests: number;
  pages: number | null;
  total: number | null;
  shrunk: boolean;
}

/**
 * Finds people in the Hub's list by e-mail, which the Hub offers no other way for. Who is not in the answer is not in
 * the list. Rejects when the list cannot be read, does not keep still or is too long.
 */
export async function findPeople(
  destination: Pick<Destination, 'participants'>,
  look: Look,
): Promise<ReadonlyMap<string, HubPerson>> {
  const found = new Map<string, HubPerson>();
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const reading = { destination, look, found, requests: 0, pages: null, total: null, shrunk: false };
    if (await readAll(reading)) return found;
  }
  throw new PanelsyncError({
    code: 'hub_list_unsteady',
    recovery: 'retriable',
    message: `The Hub's list lost people each of the ${mostPasses} times it was read, so nobody can be said to be missing there.`,
    hint: 'Run again when nobody is being deleted in the Hub.',
  });
}

/** One pass; false when somebody may have been missed. */
async function readAll(reading: Reading): Promise<boolean> {
  const first = await read(reading, 1);
  if (first.last || isDone(reading)) return true;
  // New people stand at one of the ends of most lists: a look there spares the rest, more often than not.
  if (reading.pages !== null && reading.pages > 2) await read(reading, reading.pages);
  for (let page = 2; !isDone(reading); page += 1) {
    if (reading.requests >= mostPages) throw tooLong();
    if ((await read(reading, page)).last) break;
  }
  return isDone(reading) || !reading.shrunk;
}

function isDone({ look, found }: Reading): boolean {
  return found.size === look.wanted.size;
}

async function read(reading: Reading, number: number): Promise<ParticipantPage> {
  const { destination, look, found } = reading;
  const page = await destination.participants(number, look.signal);
  for (const person of page.people) {
    const key = emailKey(person.email);
    if (key !== null && look.wanted.has(key)) found.set(key, person);
  }
  const entries = page.people.length + page.unusable.length;
  if (number === 1 && page.total !== null && entries > 0) reading.pages = Math.ceil(page.total / entries);
  if ((reading.pages ?? 0) > mostPages) throw tooLong();
  if (page.total !== null) {
    reading.shrunk ||= reading.total !== null && page.total < reading.total;
    reading.total = page.total;
  }
  reading.requests += 1;
  look.onPage?.(reading.requests, reading.pages);
  return page;
}

function tooLong(): PanelsyncError {
  return new PanelsyncError({
    code: 'hub_list_too_long',
    recovery: 'retriable',
    message: `The Hub's list has more than ${mostPages} pages, which is too long to look people up in.`,
    hint: 'Look them up in the Hub by hand.',
  });
}
