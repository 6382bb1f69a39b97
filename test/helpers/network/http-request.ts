import { request as sendRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface HttpOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request on a connection of its own; every header may be set, those that fetch forbids included. */
export function http(
  url: string,
  { method = 'GET', headers = {}, body = '' }: HttpOptions = {},
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const request = sendRequest(url, { method, agent: false, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.once('error', reject);
    });
    request.once('error', reject);
    request.end(body);
  });
}

/** The JSON of an answer, as the caller expects it. */
// oxlint-disable-next-line no-unnecessary-type-parameters -- the caller names the document that it expects
export function parseJson<Document = unknown>({ text }: HttpResponse): Document {
  const parsed: Document = JSON.parse(text);
  return parsed;
}
