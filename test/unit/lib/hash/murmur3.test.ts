import { expect } from 'chai';
import * as fc from 'fast-check';
import { createMurmur3 } from '../../../../src/lib/hash/murmur3.ts';
import { viewOf } from '../../../../src/lib/hash/words.ts';

function hexOf(text: string, seed = 0): string {
  const bytes = Buffer.from(text);
  const words = new Uint32Array(4);
  createMurmur3(seed, words)(viewOf(bytes), 0, bytes.length);
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('');
}

describe('MurmurHash3 of 128 bits', () => {
  // Made with the reference implementation (x86_128).
  const vectors: readonly (readonly [string, number, string])[] = [
    ['', 0, '00000000000000000000000000000000'],
    ['The quick brown fox jumps over the lazy dog', 0, '2f1583c3ecee2c675d7bf66ce5e91d2c'],
  ];
  for (const [text, seed, hash] of vectors) {
    it(`of "${text}" under ${seed} is that of the reference`, () => {
      expect(hexOf(text, seed)).to.equal(hash);
    });
  }

  it('sees every byte of a text of any length, and the seed', () => {
    for (let length = 1; length <= 40; length += 1) {
      const text = 'x'.repeat(length);
      const changed = Array.from({ length }, (_, at) => `${text.slice(0, at)}y${text.slice(at + 1)}`);
      expect(new Set([text, ...changed, `${text}x`].map((one) => hexOf(one)))).to.have.property('size', length + 2);
      expect(hexOf(text, 1)).not.to.equal(hexOf(text, 0));
    }
  });

  it('of a part is that of the part by itself, wherever it stands', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (before, part) => {
        const whole = Buffer.concat([before, part, before]);
        const [inside, alone] = [new Uint32Array(4), new Uint32Array(4)];
        createMurmur3(7, inside)(viewOf(whole), before.length, before.length + part.length);
        createMurmur3(7, alone)(viewOf(part), 0, part.length);
        expect(inside).to.deep.equal(alone);
      }),
    );
  });
});
