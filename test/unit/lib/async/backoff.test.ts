import { expect } from 'chai';
import { backoffMs } from '../../../../src/lib/async/backoff.ts';

describe('backoff', () => {
  it('doubles with each failure, up to a limit', () => {
    const random = (): number => 1;
    expect([1, 2, 3, 6, 100].map((failures) => backoffMs(failures, { random }))).to.deep.equal([
      1000, 2000, 4000, 30_000, 30_000,
    ]);
    expect(backoffMs(4, { random, baseMs: 10, maxMs: 50 })).to.equal(50);
  });

  it('leaves half of the wait to chance, or as much as it is given', () => {
    expect(backoffMs(1, { random: () => 0 })).to.equal(500);
    expect(backoffMs(1, { random: () => 0, jitter: 1 })).to.equal(0);
    expect(backoffMs(1, { random: () => 0.5, jitter: 0 })).to.equal(1000);
  });
});
