import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

type Headers = Readonly<Record<string, string>>;

/** `rows`: how many rows the request had, `null` where they were not counted. */
interface RowCount {
  readonly rows: number | null;
}

export interface BufferedReply extends RowCount {
  readonly kind: 'whole';
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface StreamedReply extends RowCount {
  readonly kind: 'streamed';
  readonly status: number;
  readonly headers: Headers;
  readonly chunks: Iterable<Buffer>;
}

/** No response (`partial` is `null`), or the first half of one; then the connection is cut. */
export interface AbortedReply extends RowCount {
  readonly kind: 'cut';
  readonly partial: BufferedReply | null;
}

export type Reply = BufferedReply | StreamedReply | AbortedReply;

export interface ApiError {
  readonly title: string;
  readonly detail: string;
  readonly source?: { readonly pointer: string };
}

export const jsonType: Headers = { 'content-type': 'application/json; charset=utf-8' };

export function jsonReply(status: number, value: unknown, rows: number | null = null): BufferedReply {
  return { kind: 'whole', status, headers: jsonType, body: JSON.stringify(value), rows };
}

export function errorListReply(
  status: number,
  apiErrors: readonly ApiError[],
  rows: number | null = null,
): BufferedReply {
  return jsonReply(status, { errors: apiErrors }, rows);
}

export function errorReply(status: number, title: string, detail: string): BufferedReply {
  return errorListReply(status, [{ title, detail }]);
}

export function textReply(status: number, type: 'plain' | 'html', body: string): BufferedReply {
  return { kind: 'whole', status, headers: { 'content-type': `text/${type}; charset=utf-8` }, body, rows: null };
}

export function withHeaders(reply: BufferedReply, headers: Headers): BufferedReply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

/** Writes the response; a client that has disconnected is no error. */
export async function writeReply(reply: Reply, response: ServerResponse, requestId: string): Promise<void> {
  switch (reply.kind) {
    case 'whole':
      response.writeHead(reply.status, headersWithLength(reply, requestId));
      response.end(reply.body);
      return;
    case 'streamed':
      response.writeHead(reply.status, { ...reply.headers, 'x-request-id': requestId });
      await pipeline(Readable.from(reply.chunks), response).catch(() => response.destroy());
      return;
    case 'cut':
      writeAbortedReply(reply.partial, response, requestId);
  }
}

function headersWithLength(reply: BufferedReply, requestId: string): Headers {
  const baseHeaders = { ...reply.headers, 'x-request-id': requestId };
  return reply.status === 204
    ? baseHeaders
    : { ...baseHeaders, 'content-length': String(Buffer.byteLength(reply.body)) };
}

function writeAbortedReply(partial: BufferedReply | null, response: ServerResponse, requestId: string): void {
  if (partial === null) {
    response.destroy();
    return;
  }
  const bytes = Buffer.from(partial.body);
  response.writeHead(partial.status, headersWithLength(partial, requestId));
  // Cutting before the first half is written would cut the headers too.
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}
