import { hash } from 'node:crypto';

/** 128 bits of SHA-256: collisions are out of the question, and it is as narrow as a uuid. */

/**
 * Hash of a row as the source gave it, under the fingerprint of everything that shapes its payload.
 * Sixteen bytes as a latin1 string: a million of them are made in a run, and this form is the cheapest to make and store.
 */
export function rowHash(fingerprint: string, line: string): string {
  return hash('sha256', fingerprint + line, 'binary').slice(0, 16);
}

/** Hash of a text as 32 hexadecimal digits. */
export function textHash(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32);
}
