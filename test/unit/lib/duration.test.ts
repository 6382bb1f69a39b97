import { expect } from 'chai';
import { parseDuration } from '../../../src/lib/duration.ts';

describe('a time span', () => {
  it('is a whole number of seconds, minutes, hours or days', () => {
    expect(['90s', '30m', '26h', '3d'].map(parseDuration)).to.deep.equal([90_000, 1_800_000, 93_600_000, 259_200_000]);
  });

  it('is nothing else', () => {
    for (const text of ['', '0s', '30', 'm', '1.5h', '-1h', ' 1h', '1h ', '1h30m', '1w', '1000000s'])
      expect(parseDuration(text), text).to.equal(null);
  });
});
