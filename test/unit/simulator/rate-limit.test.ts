import { expect } from 'chai';
import { RateLimit, rateLimitedReply } from '../../../src/simulator/api/rate-limit.ts';

describe('the limiter of the simulator', () => {
  it('lets no more than its number through in any window, and says when the next may come', () => {
    const limit = new RateLimit(2, 1_000);
    expect(limit.tryAcquire(0)).to.equal(0);
    expect(limit.tryAcquire(400)).to.equal(0);
    expect(limit.tryAcquire(900)).to.equal(100);
    expect(limit.tryAcquire(1_000)).to.equal(0);
    expect(limit.tryAcquire(1_399)).to.equal(1);
    expect(limit.tryAcquire(1_400)).to.equal(0);
    expect(limit.tryAcquire(9_999)).to.equal(0);
  });

  it('never sends anybody back too early', () => {
    expect(rateLimitedReply('seconds', 1.2).headers['retry-after']).to.equal('2');
    const beforeMs = Date.now();
    const date = rateLimitedReply('date', 5).headers['retry-after'] ?? '';
    expect(Date.parse(date)).to.be.at.least(beforeMs + 5_000);
  });
});
