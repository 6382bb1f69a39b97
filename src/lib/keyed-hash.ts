import { createHmac } from 'node:crypto';

/**
 * HMAC-SHA-256 of several texts under a secret, cut to 128 bits: 32 hexadecimal digits. Each text stands behind its
 * length, so that no two lists of texts run together.
 */
export function keyedHash(secret: string, ...texts: readonly string[]): string {
  const hmac = createHmac('sha256', secret);
  for (const text of texts) hmac.update(`${text.length}:${text}`);
  return hmac.digest('hex').slice(0, 32);
}
