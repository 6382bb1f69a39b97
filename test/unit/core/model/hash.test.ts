import { expect } from 'chai';
import * as fc from 'fast-check';
import { rowHash, textHash } from '../../../../src/core/model/hash.ts';

describe('hash', () => {
  it('of a text is the first half of its SHA-256, in hexadecimal digits', () => {
    expect(textHash('')).to.equal('e3b0c44298fc1c149afbf4c8996fb924');
    expect(textHash('é\u{1f600}')).to.match(/^[0-9a-f]{32}$/);
  });

  it('of a row is the same half, one character a byte', () => {
    const bytes = Buffer.from(rowHash('0123456789abcdef', 'ada@example.test\tAda'), 'latin1');
    expect(bytes.toString('hex')).to.equal(textHash('0123456789abcdefada@example.test\tAda'));
    expect(bytes).to.have.length(16);
  });

  it('changes with the fingerprint and with the line', () => {
    expect(rowHash('a', 'line')).not.to.equal(rowHash('b', 'line'));
    expect(rowHash('a', 'line')).not.to.equal(rowHash('a', 'Line'));
  });

  it('tells any two lines apart', () => {
    const line = fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString('latin1'));
    fc.assert(
      fc.property(line, line, (one, other) => {
        expect(rowHash('f', one) === rowHash('f', other)).to.equal(one === other);
        expect(textHash(one) === textHash(other)).to.equal(one === other);
      }),
    );
  });
});
