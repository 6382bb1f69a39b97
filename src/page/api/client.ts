/** Requests to the API of the daemon that served the page. */

import type { RunError } from '../../core/model/terms.ts';
import type { Page } from './documents.ts';

interface ErrorOfAnswer extends RunError {
  readonly runId?: string | null;
}

/** What the daemon answered instead of a document, or that it did not answer. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  /** The run that the error is about; `null`: none is named. */
  readonly runId: string | null;

  constructor(status: number, { code, message, hint, runId = null }: ErrorOfAnswer) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.runId = runId;
  }

  /** No answer at all: the daemon is down, or the network is. */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

/** Hears `ended` when the daemon does not know the session any more. */
export const sessionEvents = new EventTarget();

export function getJson<Document>(path: string, signal?: AbortSignal): Promise<Document> {
  return request<Document>(path, signal === undefined ? {} : { signal });
}

/** An array whose next page is in the Link header, as a page like those of all other lists. */
export async function getLinkedPage<Item>(path: string, signal?: AbortSignal): Promise<Page<Item>> {
  let link: string | null = null;
  const init = {
    ...(signal === undefined ? {} : { signal }),
    onAnswer: ({ headers }: Response) => (link = headers.get('Link')),
  };
  const items = await request<readonly Item[]>(path, init);
  const next = /<([^>]+)>; *rel="?next/.exec(link ?? '')?.[1];
  const nextCursor = next === undefined ? null : new URL(next, window.location.href).searchParams.get('cursor');
  return { items, nextCursor };
}

export function postJson<Document>(path: string, body: object = {}): Promise<Document> {
  const headers = { 'Content-Type': 'application/json' };
  return request<Document>(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** An address of the API with its parameters; empty ones are left out. */
export function apiPath(path: string, parameters: Readonly<Record<string, string | number | null>> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, unreachable);
}

const unreachable: RunError = {
  code: 'unreachable',
  message: 'The daemon does not answer.',
  hint: 'Check that panelsync start is running. This page tries again by itself.',
};

// oxlint-disable-next-line no-unnecessary-type-parameters -- the caller names the document that it expects
async function request<Document>(
  path: string,
  { onAnswer, ...init }: RequestInit & { readonly onAnswer?: (response: Response) => void },
): Promise<Document> {
  const response = await fetch(path, { ...init, credentials: 'same-origin' }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, unreachable);
  });
  onAnswer?.(response);
  const text = await response.text().catch(() => '');
  if (response.status === 401) sessionEvents.dispatchEvent(new Event('ended'));
  if (!response.ok) throw new ApiError(response.status, readError(text, response.status));
  try {
    const document: Document = JSON.parse(text);
    return document;
  } catch {
    throw new ApiError(response.status, foreignAnswer(response.status));
  }
}

/** A proxy in between may answer with a document of its own. */
function readError(text: string, status: number): ErrorOfAnswer {
  try {
    const { error, runId = null }: { readonly error?: RunError; readonly runId?: string | null } = JSON.parse(text);
    if (typeof error?.message === 'string') return { ...error, runId };
  } catch {
    // No JSON: not an answer of the daemon.
  }
  return foreignAnswer(status);
}

function foreignAnswer(status: number): RunError {
  return {
    code: 'unexpected_answer',
    message: `The answer was HTTP ${status}, and not from panelsync.`,
    hint: 'Check what stands between this browser and the daemon.',
  };
}
