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

/**
 * A hash of `bytes` from `start` up to `end` under a seed; the 128 bits are left in `out` as four unsigned words. Called
 * for every row, it takes and makes no objects.
 */
export function createMurmur3(seed: number, out: Uint32Array): (bytes: DataView, start: number, end: number) => void {
  return (bytes, start, end) => {
    let h1 = seed;
    let h2 = seed;
    let h3 = seed;
    let h4 = seed;
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
    const length = end - start;
    out[0] = h1 ^ length;
    out[1] = h2 ^ length;
    out[2] = h3 ^ length;
    out[3] = h4 ^ length;
    finish(out);
  };
}

function finish(out: Uint32Array): void {
  let h1 = out[0] as number;
  let h2 = out[1] as number;
  let h3 = out[2] as number;
  let h4 = out[3] as number;
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

/** Spreads each bit of a word over all of them. */
export function mix(value: number): number {
  let mixed = value;
  mixed ^= mixed >>> 16;
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
