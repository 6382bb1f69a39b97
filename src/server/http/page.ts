import type { Request, Response } from 'express';
import type { Page } from '../api.ts';
import { badRequestError } from './error-response.ts';
import { readWholeNumber } from './query.ts';

const maxLimit = 1000;

/** What a cursor carries: the last item of the page before, and the list that it belongs to. */
export interface Cursor {
  readonly list: string;
  readonly after: string;
}

export function readLimit(value: string | undefined, defaultLimit: number): number {
  return readWholeNumber(value, 'limit', { defaultValue: defaultLimit, max: maxLimit });
}

export function readCursor(value: string | undefined): Cursor | null {
  if (value === undefined) return null;
  const cursor = decodeCursor(value);
  if (cursor !== null) return cursor;
  throw badRequestError('The cursor is invalid.', 'Use a cursor as the answer before gave it, or start without one.');
}

/** A cursor of another list would silently leave out part of this one. */
export function readCursorOf(list: string, value: string | undefined): string | null {
  const cursor = readCursor(value);
  if (cursor === null || cursor.list === list) return cursor?.after ?? null;
  throw badRequestError('The cursor belongs to another list.', 'Use a cursor with the address that it came from.');
}

/** A page as JSON: `{items, nextCursor}`. */
export function pageDocument<Item>(list: string, { items, next }: Page<Item>): object {
  return { items, nextCursor: next === null ? null : encodeCursor({ list, after: next }) };
}

/** Points to the next page in the Link header, for lists that are plain arrays. */
export function linkNextPage(request: Request, response: Response, cursor: Cursor | null): void {
  if (cursor === null) return;
  const url = new URL(request.originalUrl, 'http://localhost');
  url.searchParams.set('cursor', encodeCursor(cursor));
  response.set('Link', `<${url.pathname}${url.search}>; rel="next"`);
}

function encodeCursor({ list, after }: Cursor): string {
  return Buffer.from(JSON.stringify([list, after])).toString('base64url');
}

function decodeCursor(text: string): Cursor | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (!Array.isArray(value)) return null;
    const [list, after]: readonly unknown[] = value;
    return typeof list === 'string' && typeof after === 'string' ? { list, after } : null;
  } catch {
    return null;
  }
}
