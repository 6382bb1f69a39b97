import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

type Headers = Readonly<Record<string, string>>;

/** `rows`: how many rows the request held, `null` where that was not looked at. */
interface Rows {
  readonly rows: number | null;
}

export interface WholeAnswer extends Rows {
  readonly kind: 'whole';
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface StreamedAnswer extends Rows {
  readonly kind: 'streamed';
  readonly status: number;
  readonly headers: Headers;
  readonly chunks: Iterable<Buffer>;
}

/** No answer (`start` is `null`), or the first half of one, and the connection is cut. */
export interface CutAnswer extends Rows {
  readonly kind: 'cut';
  readonly start: WholeAnswer | null;
}

export type Answer = WholeAnswer | StreamedAnswer | CutAnswer;

export interface ApiError {
  readonly title: string;
  readonly detail: string;
  readonly source?: { readonly pointer: string };
}

export const jsonType: Headers = { 'content-type': 'application/json; charset=utf-8' };

export function json(status: number, value: unknown, rows: number | null = null): WholeAnswer {
  return { kind: 'whole', status, headers: jsonType, body: JSON.stringify(value), rows };
}

export function errors(status: number, list: readonly ApiError[], rows: number | null = null): WholeAnswer {
  return json(status, { errors: list }, rows);
}

export function refusal(status: number, title: string, detail: string): WholeAnswer {
  return errors(status, [{ title, detail }]);
}

export function text(status: number, type: 'plain' | 'html', body: string): WholeAnswer {
  return { kind: 'whole', status, headers: { 'content-type': `text/${type}; charset=utf-8` }, body, rows: null };
}

export function withHeaders(answer: WholeAnswer, headers: Headers): WholeAnswer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** Puts the answer on the wire; a client that has left is no error. */
export async function deliver(answer: Answer, response: ServerResponse, requestId: string): Promise<void> {
  switch (answer.kind) {
    case 'whole':
      response.writeHead(answer.status, wholeHeaders(answer, requestId));
      response.end(answer.body);
      return;
    case 'streamed':
      response.writeHead(answer.status, { ...answer.headers, 'x-request-id': requestId });
      await pipeline(Readable.from(answer.chunks), response).catch(() => response.destroy());
      return;
    case 'cut':
      cut(answer.start, response, requestId);
  }
}

function wholeHeaders(answer: WholeAnswer, requestId: string): Headers {
  const always = { ...answer.headers, 'x-request-id': requestId };
  return answer.status === 204 ? always : { ...always, 'content-length': String(Buffer.byteLength(answer.body)) };
}

function cut(start: WholeAnswer | null, response: ServerResponse, requestId: string): void {
  if (start === null) {
    response.destroy();
    return;
  }
  const bytes = Buffer.from(start.body);
  response.writeHead(start.status, wholeHeaders(start, requestId));
  // Cutting before the half is on its way would cut the headers too.
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}
