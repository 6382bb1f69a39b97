import { systemCode } from '../lib/system-code.ts';
import { linkSignals } from '../lib/async/linked-signal.ts';

const defaultTimeoutMs = 10_000;

/** Enough of a response to find out what is wrong. */
const maxExcerptCharacters = 200;

/** The result of a message. */
export interface PostResult {
  readonly ok: boolean;
  /** The response or the failure, as text that names only the host of the address. */
  readonly response: string;
}

interface PostOptions {
  readonly signal: AbortSignal;
  /** In the body, and kept out of the result as the address is. */
  readonly secret?: string;
  readonly timeoutMs?: number;
}

/**
 * Sends one message. The address is a secret, so it goes nowhere else: redirects are not followed, and no error of the
 * client leaves this file.
 */
export async function post(
  url: string,
  body: string,
  { signal, secret = '', timeoutMs = defaultTimeoutMs }: PostOptions,
): Promise<PostResult> {
  const { host } = new URL(url);
  const link = linkSignals([signal]);
  const timer = setTimeout(link.abort, timeoutMs);
  try {
    const headers = { 'content-type': 'application/json', 'user-agent': 'panelsync' };
    const response = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal: link.signal });
    const excerpt = redactSecrets(await readExcerpt(response), url, secret);
    const redirectNote = response.status >= 300 && response.status < 400 ? '; redirects are not followed' : '';
    return {
      ok: response.ok,
      response: `${host} answered ${response.status}${redirectNote}${excerpt === '' ? '' : `: ${excerpt}`}`,
    };
  } catch (error) {
    if (signal.aborted) return { ok: false, response: `${host} was not waited for` };
    return {
      ok: false,
      response: `${host} ${link.signal.aborted ? 'did not answer in time' : describeFailure(error)}`,
    };
  } finally {
    clearTimeout(timer);
    link.release();
  }
}

/** The start of a response as one line: a response may be huge. */
async function readExcerpt({ body }: Response): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxExcerptCharacters) break;
  }
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.slice(0, maxExcerptCharacters);
}

/** Servers often repeat a path that they do not know, and the path is the secret. */
function redactSecrets(text: string, url: string, secret: string): string {
  const { pathname, search } = new URL(url);
  const parts = [secret, pathname, ...pathname.split('/'), ...search.split(/[?&=]/)].filter((part) => part.length > 3);
  return parts.reduce((masked, part) => masked.replaceAll(part, '***'), text);
}

/** fetch puts the actual error into the cause of its own. */
function describeFailure(error: unknown): string {
  const code = error instanceof Error ? systemCode(error.cause) : null;
  return `cannot be reached${code === null ? '' : ` (${code})`}`;
}
