import { domainToASCII, domainToUnicode } from 'node:url';

/** What identifies a row. Only this file makes keys, because JavaScript, Postgres and warehouses lower and trim differently. */

/** Longer keys are invalid: an e-mail has at most 254 characters, and an index entry holds at most 2,700 bytes. */
export const maxKeyLength = 320;

/** Printable ASCII without blanks, capitals and outer quotes: most e-mails, which are keys as they are. */
const canonicalPattern =
  /^[\x21-\x26\x28-\x40\x5b-\x5f\x61-\x7e](?:[\x21-\x40\x5b-\x7e]*[\x21-\x26\x28-\x40\x5b-\x5f\x61-\x7e])?$/;

const outerQuotes = /^['‘’‛ʼ`´“”„«»‹›]+|['‘’‛ʼ`´“”„«»‹›]+$/g;

/** Letters, digits and signs as wide as an ideograph, as some keyboards type them; no mailbox has any. */
const fullWidth = /[\uff01-\uff5e\u3002]/g;

/**
 * An e-mail as key: trimmed, without outer quotes, NFC, lower-cased, an internationalized domain in Unicode; `null`
 * when nothing is left.
 */
export function emailKey(email: string | null): string | null {
  if (email === null) return null;
  if (canonicalPattern.test(email) && !email.includes('xn--')) return email;
  const key = withUnicodeDomain(cleanEmail(email).normalize('NFC').toLowerCase());
  return key === '' ? null : key;
}

/**
 * Without the quotes that a spreadsheet, a document or a hasty export puts around an e-mail: `'anna@example.com`. No
 * domain ends with a quote, and no known mailbox begins with one.
 */
export function cleanEmail(email: string): string {
  if (canonicalPattern.test(email)) return email;
  let [text, previous] = [withoutFullWidth(email).trim(), ''];
  while (text !== previous) [text, previous] = [text.replace(outerQuotes, '').trim(), text];
  return text;
}

function withoutFullWidth(email: string): string {
  return email.replace(fullWidth, (form) => (form === '。' ? '.' : form.normalize('NFKC')));
}

/** `xn--bcher-kva.example` and `bücher.example` are one domain; both become the second. */
function withUnicodeDomain(email: string): string {
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1);
  if (at < 0 || !/xn--|[^\x20-\x7e]/.test(domain)) return email;
  const unicode = domainToUnicode(domainToASCII(domain));
  return unicode === '' ? email : email.slice(0, at + 1) + unicode;
}

/** A value of another key column: trimmed and NFC, its case kept; `null` when nothing is left. */
export function columnKey(value: string | null): string | null {
  if (value === null) return null;
  const key = value.trim().normalize('NFC');
  return key === '' ? null : key;
}

/**
 * How a byte of a key's UTF-8 form stands in the canonical key: as it is, or not certain to (a capital, a quote). An
 * e-mail with two hyphens in a row may have a domain in punycode. A key of plain bytes need not be made.
 */
export const keyByte = { irregular: 0, plain: 1, hyphen: 2 } as const;

/** By the value of the byte. */
export function keyBytes(ofEmail: boolean): Uint8Array {
  const kinds = new Uint8Array(256).fill(keyByte.plain, 0x21, 0x7f);
  if (!ofEmail) return kinds;
  kinds.fill(keyByte.irregular, 'A'.charCodeAt(0), 'Z'.charCodeAt(0) + 1);
  for (const quote of ["'", '`']) kinds[quote.charCodeAt(0)] = keyByte.irregular;
  kinds['-'.charCodeAt(0)] = keyByte.hyphen;
  return kinds;
}

/**
 * A regular expression, in what SQL dialects and JavaScript have in common, that finds something in every key that is not
 * certain to be its own canonical form (an e-mail: its own form in lower case). A key without a match, not empty and not
 * longer than `maxKeyLength`, is regular: it is printable ASCII, so it has one lower case in all warehouses.
 */
export function irregularKeyPattern(ofEmail: boolean): string {
  return ofEmail ? '[^!-&(-_a-~]|--' : '[^!-~]';
}
