import type { Request, Response } from 'express';
import type { Page, PageRequest } from '../api.ts';
import type { Cursors } from './cursors.ts';
import { readWholeNumber } from './query.ts';

const maxLimit = 1000;

/** The one place that reads and writes cursors: lists page by page. */
export class Pages {
  readonly #cursors: Cursors;

  constructor(cursors: Cursors) {
    this.#cursors = cursors;
  }

  /** The secret that masked lists are ordered by. */
  get shuffleKey(): string {
    return this.#cursors.shuffleKey;
  }

  /** What the query asks for; a cursor of another list would silently leave out part of this one. */
  read(
    list: string,
    { limit, cursor }: { readonly limit?: string | undefined; readonly cursor?: string | undefined },
    defaultLimit: number,
  ): PageRequest {
    return {
      limit: readWholeNumber(limit, 'limit', { defaultValue: defaultLimit, max: maxLimit }),
      after: cursor === undefined ? null : this.#cursors.decode(list, cursor),
    };
  }

  /** A page as JSON: `{items, nextCursor}`. */
  document<Item>(list: string, { items, next }: Page<Item>): object {
    return { items, nextCursor: next === null ? null : this.#cursors.encode(list, next) };
  }

  /** Points to the next page in the Link header, for lists that are plain arrays. */
  link(list: string, next: string | null, { request, response }: { request: Request; response: Response }): void {
    if (next === null) return;
    const url = new URL(request.originalUrl, 'http://localhost');
    url.searchParams.set('cursor', this.#cursors.encode(list, next));
    response.set('Link', `<${url.pathname}${url.search}>; rel="next"`);
  }
}
