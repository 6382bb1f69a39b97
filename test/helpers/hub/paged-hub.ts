import type { ParticipantPage } from '../../../src/core/model/hub-person.ts';

/** The Hub's list in memory, by name; an empty name stands for nobody. It may change from one request to the next. */
export class PagedHub {
  names: string[];
  readonly requestedPages: number[] = [];
  /** Is told the number of each request once it is answered. */
  afterRequest: (request: number) => unknown = () => undefined;
  /** The page that is given when one is asked for. */
  servedPage: (page: number) => number = (page) => page;
  total: (request: number) => number | null = () => this.names.length;
  readonly #pageSize: number;

  constructor(names: readonly string[], pageSize: number) {
    this.names = [...names];
    this.#pageSize = pageSize;
  }

  async participants(page: number): Promise<ParticipantPage> {
    const request = this.requestedPages.push(page);
    const end = this.servedPage(page) * this.#pageSize;
    const entries = this.names.slice(end - this.#pageSize, end);
    const people = entries.flatMap((name) =>
      name === '' ? [] : [{ email: `${name}@example.test`, fields: {}, characteristics: {} }],
    );
    const unusable = entries.flatMap((name) => (name === '' ? [{ id: null, reason: 'it has no e-mail' }] : []));
    const response = { people, unusable, total: this.total(request), last: end >= this.names.length };
    this.afterRequest(request);
    return response;
  }
}
