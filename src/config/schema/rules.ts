import { isPhoneCountry } from '../../core/formats.ts';
import { isLoopbackHost } from '../../lib/loopback.ts';

/** Names of syncs and sources. */
export const namePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
/** Slugs of characteristics, as the Hub shows them. */
export const slugPattern = /^\S(.*\S)?$/;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
export const controlCharacterPattern = /[\u0000-\u001f\u007f]/;
/** A Postgres name that needs no quotes; `pg_` is reserved for Postgres. */
export const identifierPattern = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;
/** What an HTTP header may contain: printable ASCII, here without spaces. */
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
  return /^[A-Za-z]{2}$/.test(text) && isPhoneCountry(text.toUpperCase());
}

// URL parsing drops tabs and line breaks without a word, so they are looked for first.
const invalidInUrl = /[\s\p{Cc}]/u;

/** A rule that was broken, and what to do about it. */
interface RuleProblem {
  readonly message: string;
  readonly hint: string;
}

const encodeHint = 'Percent-encode special characters of the user and the password, such as %23 for #.';

/** What is wrong with the address of a Postgres, without a word of it. */
export function postgresUrlProblem(text: string): RuleProblem | null {
  if (!/^postgres(ql)?:\/\//.test(text) || invalidInUrl.test(text)) return invalidUrlProblem;
  const character = unencodedCharacter(text);
  if (character !== null) {
    return {
      message: `seems to have a password with an unencoded \`${character}\``,
      hint: `Write ${encodeURIComponent(character)} for it; in a URL a bare \`${character}\` ends the password.`,
    };
  }
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) {
    return { message: 'has a `%` that encodes no character', hint: 'Write %25 for a `%` of the password.' };
  }
  // `user:password@/database?host=/socket` has no host; the driver reads it all the same.
  return URL.canParse(text) || URL.canParse(text.replace('@/', '@localhost/')) ? null : invalidUrlProblem;
}

const invalidUrlProblem: RuleProblem = {
  message: 'must be a URL that starts with postgres:// or postgresql://, without spaces or line breaks',
  hint: encodeHint,
};

/**
 * The character that cuts a password short: the first `/`, `?` or `#` ends what a URL takes for user, password and
 * host, so an `@` after it tells that it stood in the password. An `@` in the value of a parameter is none of that.
 */
function unencodedCharacter(url: string): string | null {
  const [, authority = '', rest = ''] = /^[^/]*\/\/([^/?#]*)(.*)$/s.exec(url) ?? [];
  const isPort = /^(?:\[[^\]]*\]|[^:]*)(?::\d*)?$/.test(authority.replace(/^.*@/, ''));
  const isParameter = isPort && /^(?:\/[^?@]*)?\?[^@]*=/.test(rest);
  if (rest.includes('@') && !isParameter) return rest.charAt(0);
  return rest.includes('#') ? '#' : null;
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

/** A webhook, or a mail server. */
export function isAlertUrl(text: string): boolean {
  return isHttpUrl(text) || isMailServer(text);
}

export function isMailServer(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && ['smtp:', 'smtps:'].includes(url.protocol) && url.hostname !== '';
}

/** An address alone, without a name: it goes into the envelope of a message. */
export const addressPattern = /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/;

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
