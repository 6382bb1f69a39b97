import { isSupportedCountry } from 'libphonenumber-js/min';
import { isLoopbackHost } from '../../lib/loopback.ts';

/** Names of syncs and sources. */
export const namePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
/** A Postgres name that needs no quotes; `pg_` is kept for Postgres itself. */
export const identifierPattern = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;
/** What may stand in an HTTP header: printable ASCII, here without spaces. */
export const headerPattern = /^[\x21-\x7e]+$/;
export const daysPattern = /^[1-9][0-9]{0,4}d$/;
export const hostPattern = /^[A-Za-z0-9.:_%-]+$/;

export function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Two letters, in any case, of a country whose phone numbers are known. */
export function isCountry(text: string): boolean {
  return /^[A-Za-z]{2}$/.test(text) && isSupportedCountry(text.toUpperCase());
}

// URL parsing drops tabs and line breaks without a word, so they are looked for first.
const invalidInUrl = /[\s\p{Cc}]/u;

export function isPostgresUrl(text: string): boolean {
  if (!/^postgres(ql)?:\/\//.test(text) || invalidInUrl.test(text)) return false;
  // `user:password@/database?host=/socket` has no host; the driver reads it all the same.
  return URL.canParse(text) || URL.canParse(text.replace('@/', '@localhost/'));
}

/** What the driver knows; it would take any other word for TLS. */
export const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const;

export function hasKnownSslMode(text: string): boolean {
  const modes = [...text.matchAll(/[?&]sslmode=([^&#]*)/g)].map(([, mode]) => mode);
  return modes.every((mode) => sslModes.some((known) => known === mode));
}

/**
 * The driver checks certificates in full for `prefer`, `require` and `verify-ca`, too, and warns on standard error that
 * a later version of it will not: they are named by what is done.
 */
export function withExplicitSslMode(url: string): string {
  if (/[?&]uselibpqcompat=true(?:&|$)/.test(url)) return url;
  return url.replaceAll(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/g, '$1verify-full');
}

export function isHttpUrl(text: string): boolean {
  return httpUrl(text) !== null;
}

/** No user, password, query or fragment. */
export function isPlainUrl(text: string): boolean {
  return httpUrl(text) === null || (hasNoCredentials(text) && !/[?#]/.test(text));
}

export function hasNoCredentials(text: string): boolean {
  const url = httpUrl(text);
  return url === null || (url.username === '' && url.password === '');
}

/** https, or http to this machine: the key travels with every request. */
export function isSafeUrl(text: string): boolean {
  const url = httpUrl(text);
  return url === null || url.protocol === 'https:' || isLoopbackHost(url.hostname);
}

function httpUrl(text: string): URL | null {
  return /^https?:\/\//i.test(text) && !invalidInUrl.test(text) && URL.canParse(text) ? new URL(text) : null;
}
