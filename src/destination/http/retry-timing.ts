const secondsPattern = /^\d+(?:\.\d+)?$/;

// The three forms of RFC 9110. Anything else that Date.parse would take ("-5", "2") is not a date here.
const httpDatePattern =
  /^(?:\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT|\w{6,9}, \d{2}-\w{3}-\d{2} \d{2}:\d{2}:\d{2} GMT|\w{3} \w{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/**
 * How long a `Retry-After` header asks to wait, at most `capMs`. `null` where it asks for no wait that can be used:
 * absent, garbage, negative, zero or a moment that is over.
 */
export function retryAfterMs(header: string | undefined, nowMs: number, capMs: number): number | null {
  const text = header?.trim() ?? '';
  const waitMs = secondsPattern.test(text) ? Number(text) * 1000 : httpDatePattern.test(text) ? utcMs(text) - nowMs : 0;
  return waitMs > 0 ? Math.min(waitMs, capMs) : null;
}

/** The oldest form names no zone and would be read as local time. */
function utcMs(date: string): number {
  return Date.parse(date.endsWith('GMT') ? date : `${date} GMT`);
}
