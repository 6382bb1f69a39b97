import { systemCode } from '../lib/system-code.ts';
import type { AlertSettings } from '../core/settings.ts';
import { linkSignals } from '../lib/async/linked-signal.ts';

const defaultTimeoutMs = 10_000;

/** As much of an answer as helps to find out what is wrong. */
const maxExcerptCharacters = 200;

/** What came of a message. */
export interface PostResult {
  readonly ok: boolean;
  /** In words that hold nothing of the address but its host. */
  readonly told: string;
}

/** A webhook's address and format. */
export type Webhook = Pick<AlertSettings, 'name' | 'url' | 'format'>;

/**
 * Sends one message. The address is a secret, so it goes nowhere but there: no redirect is followed, and no error of
 * the client leaves this file.
 */
export async function post(
  { url }: Pick<Webhook, 'url'>,
  body: string,
  { signal, timeoutMs = defaultTimeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<PostResult> {
  const { host } = new URL(url);
  const link = linkSignals([signal]);
  const timer = setTimeout(link.abort, timeoutMs);
  try {
    const headers = { 'content-type': 'application/json', 'user-agent': 'panelsync' };
    const response = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal: link.signal });
    const excerpt = redactAddress(await readExcerpt(response), url);
    const redirectNote = response.status >= 300 && response.status < 400 ? '; redirects are not followed' : '';
    return {
      ok: response.ok,
      told: `${host} answered ${response.status}${redirectNote}${excerpt === '' ? '' : `: ${excerpt}`}`,
    };
  } catch (error) {
    if (signal.aborted) return { ok: false, told: `${host} was not waited for` };
    return { ok: false, told: `${host} ${link.signal.aborted ? 'did not answer in time' : describeFailure(error)}` };
  } finally {
    clearTimeout(timer);
    link.release();
  }
}

/** One line of no more than is shown: an answer may be huge. */
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

/** Servers like to repeat the path that they do not know, and the path is what lets one post. */
function redactAddress(text: string, url: string): string {
  const { pathname, search } = new URL(url);
  const parts = [pathname, ...pathname.split('/'), ...search.split(/[?&=]/)].filter((part) => part.length > 3);
  return parts.reduce((masked, part) => masked.replaceAll(part, '***'), text);
}

/** fetch says what is wrong in the cause of its error. */
function describeFailure(error: unknown): string {
  const code = error instanceof Error ? systemCode(error.cause) : null;
  return `cannot be reached${code === null ? '' : ` (${code})`}`;
}
