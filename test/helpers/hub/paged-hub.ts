import type { HubPerson, ListEntry, ListRange, ParticipantPage } from '../../../src/core/model/hub-person.ts';

export const firstPage: ListRange = { number: 1, size: 200 };

/** What the pages of a list say about its end. */
export type ListEnd = 'more' | 'total' | 'nothing';

/** The Hub's list in memory, by name; an empty name stands for nobody. It may change from one request to the next. */
export class PagedHub {
  names: string[];
  readonly requested: ListRange[] = [];
  /** Is told the number of each request once it is answered. */
  afterRequest: (request: number) => unknown = () => undefined;
  /** The page that is given when one is asked for. */
  servedNumber: (number: number) => number = (number) => number;
  total: (request: number) => number | null = () => (this.#end === 'total' ? this.names.length : null);
  readonly #maxSize: number;
  readonly #end: ListEnd;

  constructor(names: readonly string[], { maxSize = 200, end = 'more' }: { maxSize?: number; end?: ListEnd } = {}) {
    this.names = [...names];
    this.#maxSize = maxSize;
    this.#end = end;
  }

  get requestedNumbers(): readonly number[] {
    return this.requested.map(({ number }) => number);
  }

  async participants(range: ListRange): Promise<ParticipantPage> {
    const request = this.requested.push(range);
    const size = Math.min(range.size, this.#maxSize);
    const end = this.servedNumber(range.number) * size;
    const entries = this.names.slice(Math.max(0, end - size), end).map(toEntry);
    const last = this.#end === 'nothing' ? entries.length === 0 || null : end >= this.names.length;
    const response = { entries, total: this.total(request), last };
    this.afterRequest(request);
    return response;
  }
}

/** An entry of the list for a person. */
export function toListEntry(person: HubPerson): ListEntry {
  return { id: person.email, person };
}

function toEntry(name: string, index: number): ListEntry {
  if (name === '') return { id: `nobody ${index}`, unusable: { id: null, reason: 'it has no e-mail' } };
  return { id: name, person: { email: `${name}@example.test`, fields: {}, characteristics: {} } };
}
