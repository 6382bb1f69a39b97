import * as fc from 'fast-check';
import { expect } from 'chai';
import { formatNumber } from '../../../src/lib/format.ts';

describe('numbers for people', () => {
  it('read as the language has them', () => {
    expect([0, 999, 1000, 1234567, -1234, 12.3456, 1234.5].map(formatNumber)).to.deep.equal([
      '0',
      '999',
      '1,000',
      '1,234,567',
      '-1,234',
      '12.346',
      '1,234.5',
    ]);
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(formatNumber(value)).to.equal(value.toLocaleString('en'));
      }),
    );
  });
});
