/** What identifies a row: made here and nowhere else, because JavaScript, Postgres and warehouses lower and trim differently. */

/** Longer keys are invalid: an e-mail has at most 254 characters, and an index holds no more than 2,700 bytes. */
export const maxKeyLength = 320;

/** Printable ASCII without blanks and capitals: nothing to trim, to normalise or to lower, and most e-mails are of it. */
const canonicalPattern = /^[\x21-\x40\x5b-\x7e]+$/;

/** An e-mail as key: trimmed, NFC, lower-cased; `null` when nothing is left. */
export function emailKey(email: string | null): string | null {
  if (email === null) return null;
  if (canonicalPattern.test(email)) return email;
  const key = email.trim().normalize('NFC').toLowerCase();
  return key === '' ? null : key;
}

/** A value of another key column: trimmed and NFC, its case kept; `null` when nothing is left. */
export function columnKey(value: string | null): string | null {
  if (value === null) return null;
  const key = value.trim().normalize('NFC');
  return key === '' ? null : key;
}
