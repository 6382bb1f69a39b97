/** Text that came from the Hub, made fit for people, logs and the state database. Pure. */

const longestText = 500;

/** One line of at most `length` characters, without control characters and half surrogate pairs. */
export function plainLine(text: string, length = longestText): string {
  return text
    .slice(0, length * 4)
    .replaceAll(/[\p{Cc}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, length)
    .replaceAll(/\p{Cs}/gu, '\u{FFFD}');
}

/** E-mails replaced by `***@***`. Whole words go, so that an odd address leaves nothing of itself behind. */
export function maskEmails(text: string): string {
  return text.replaceAll(/[^\s"'<>(),;:[\]{}]+/g, (word) => (/@|%40/.test(word) ? '***@***' : word));
}
