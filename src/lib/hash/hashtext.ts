import { partialWord, rotate, word } from './words.ts';

/**
 * Postgres' `hashtext()` of a text under a deterministic collation: Bob Jenkins' lookup3 over its UTF-8 bytes, as in
 * src/common/hashfn.c of its source. With it a process and the database name the same bucket for a key, and neither has
 * to store it. The function is not documented to stay as it is, so whoever relies on it asks the database first whether
 * both still agree.
 *
 * Called for every row, it leaves all 64 bits that the function computes in `out`, as two unsigned words: those of
 * `hashtextextended()` with seed 0, the lower first.
 *
 * @returns the hash as Postgres gives it, a signed 32-bit number
 */
export function hashtext(bytes: DataView, start: number, end: number, out: Uint32Array): number {
  let a = (0x9e3779b9 + (end - start) + 3923095) | 0;
  let b = a;
  let c = a;
  let at = start;
  for (const lastBlock = end - 12; at <= lastBlock; at += 12) {
    a = (a + word(bytes, at)) | 0;
    b = (b + word(bytes, at + 4)) | 0;
    c = (c + word(bytes, at + 8)) | 0;
    a = ((a - c) | 0) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = ((a - c) | 0) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  a = (a + partialWord(bytes, at, end)) | 0;
  b = (b + partialWord(bytes, at + 4, end)) | 0;
  // The lowest byte of the last word is left free for the length.
  c = (c + (partialWord(bytes, at + 8, end) << 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  out[0] = c;
  out[1] = b;
  return c;
}
