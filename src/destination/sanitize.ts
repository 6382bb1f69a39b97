/** Makes text of the Hub safe for terminals, logs and the state database. Pure. */

const defaultMaxLength = 500;

/** One line of at most `maxLength` characters, without control characters and half surrogate pairs. */
export function sanitizeLine(text: string, maxLength = defaultMaxLength): string {
  return text
    .slice(0, maxLength * 4)
    .replaceAll(/[\p{Cc}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, maxLength)
    .replaceAll(/\p{Cs}/gu, '\u{FFFD}');
}

/** Replaces e-mails with `***@***`: the whole word, so that nothing of an unusual address remains. */
export function redactEmails(text: string): string {
  return text.replaceAll(/[^\s"'<>(),;:[\]{}]+/g, (word) => (/@|%40/.test(word) ? '***@***' : word));
}
