import { partialWord, rotate, word } from './words.ts';

/**
 * MurmurHash3 (x86, 128 bits) over bytes, after Austin Appleby's public-domain reference. It is no cryptographic hash:
 * it serves to compare millions of rows in a process, where nobody gains by finding two that collide. A call
 * into node:crypto costs several times as much for a line of a hundred bytes.
 */

const c1 = 0x239b961b;
const c2 = 0xab0e9789;
const c3 = 0x38b34ae5;
const c4 = 0xa1e38b93;

/** Hashes `bytes` from `start` up to `end`; the 128 bits are left in `out` as four unsigned words. */
export function murmur3(
  bytes: Uint8Array,
  { start, end, seed }: { readonly start: number; readonly end: number; readonly seed: number },
  out: Uint32Array,
): void {
  let h1 = seed;
  let h2 = seed;
  let h3 = seed;
  let h4 = seed;
  const length = end - start;
  let at = start;
  for (const lastBlock = end - 16; at <= lastBlock; at += 16) {
    h1 ^= Math.imul(rotate(Math.imul(word(bytes, at), c1), 15), c2);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(word(bytes, at + 4), c2), 16), c3);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(word(bytes, at + 8), c3), 17), c4);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(word(bytes, at + 12), c4), 18), c1);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  if (at < end) {
    h4 ^= Math.imul(rotate(Math.imul(partialWord(bytes, at + 12, end), c4), 18), c1);
    h3 ^= Math.imul(rotate(Math.imul(partialWord(bytes, at + 8, end), c3), 17), c4);
    h2 ^= Math.imul(rotate(Math.imul(partialWord(bytes, at + 4, end), c2), 16), c3);
    h1 ^= Math.imul(rotate(Math.imul(partialWord(bytes, at, end), c1), 15), c2);
  }
  finish([h1, h2, h3, h4], length, out);
}

function finish([a, b, c, d]: readonly [number, number, number, number], length: number, out: Uint32Array): void {
  let [h1, h2, h3, h4] = [a ^ length, b ^ length, c ^ length, d ^ length];
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = mix((h2 + h1) | 0);
  h3 = mix((h3 + h1) | 0);
  h4 = mix((h4 + h1) | 0);
  h1 = mix(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  out[0] = h1;
  out[1] = h2 + h1;
  out[2] = h3 + h1;
  out[3] = h4 + h1;
}

function mix(value: number): number {
  let mixed = value;
  mixed ^= mixed >>> 16;
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
