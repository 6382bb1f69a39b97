/** The one gate for answers that show people: it masks them unless the caller may see them. */

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { maskPeople } from './mask.ts';

export type PeopleVisibility = 'shown' | 'masked';

/** Returns the document of an answer, or an export. It does not answer itself: what it returns passes the gate. */
export type PeopleAnswer = (request: Request, response: Response, visibility: PeopleVisibility) => Promise<unknown>;

/** Marks an endpoint whose answers hold people. Addresses with access `people` accept no other. */
export interface PeopleEndpoint {
  readonly people: PeopleAnswer;
}

export function people(answer: PeopleAnswer): PeopleEndpoint {
  return { people: answer };
}

/** All rows of a list as text. Rows pass the gate before `format` sees them. */
export class PeopleExport {
  readonly contentType: string;
  readonly fileName: string;
  readonly head: string;
  readonly #rows: AsyncIterable<object>;
  readonly #format: (row: object) => string;

  constructor({ contentType, fileName, head, rows, format }: PeopleExportOptions) {
    this.contentType = contentType;
    this.fileName = fileName;
    this.head = head;
    this.#rows = rows;
    this.#format = format;
  }

  async *text(mask: (row: object) => object): AsyncGenerator<string> {
    yield this.head;
    for await (const row of this.#rows) yield this.#format(mask(row));
  }
}

export interface PeopleExportOptions {
  readonly contentType: string;
  /** Without characters that a header must quote. */
  readonly fileName: string;
  /** What comes before the rows, with its line break. */
  readonly head: string;
  readonly rows: AsyncIterable<object>;
  /** One line, with its line break. */
  readonly format: (row: object) => string;
}

/** Answers through the gate: masked, unless the caller sees people. */
export async function answerPeople(
  { people: answer }: PeopleEndpoint,
  { request, response, visibility }: { request: Request; response: Response; visibility: PeopleVisibility },
): Promise<void> {
  const result = await answer(request, response, visibility);
  const mask = (document: unknown): unknown => (visibility === 'shown' ? document : maskPeople(document));
  if (result instanceof PeopleExport) await sendExport(response, result, (row) => mask(row) as object);
  else response.json(mask(result));
}

async function sendExport(response: Response, file: PeopleExport, mask: (row: object) => object): Promise<void> {
  response.set('Content-Type', file.contentType);
  response.set('Content-Disposition', `attachment; filename="${file.fileName}"`);
  await pipeline(Readable.from(file.text(mask)), response);
}
