/** Text that came from the Hub, made fit for people, logs and the state database. Pure. */

const defaultMaxLength = 500;

/** One line of at most `length` characters, without control characters and half surrogate pairs. */
export function sanitizeLine(text: string, maxLength = defaultMaxLength): string {
  return text
    .slice(0, maxLength * 4)
    .replaceAll(/[\p{Cc}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, maxLength)
    .replaceAll(/\p{Cs}/gu, '\u{FFFD}');
}

/** E-mails replaced by `***@***`. Whole words go, so that an odd address leaves nothing of itself behind. */
export function redactEmails(text: string): string {
  return text.replaceAll(/[^\s"'<>(),;:[\]{}]+/g, (word) => (/@|%40/.test(word) ? '***@***' : word));
}
