import { expect } from 'chai';
import { useFakeTimers } from 'sinon';
import type { SinonFakeTimers } from 'sinon';
import { PanelsyncError } from '../../../../src/core/errors.ts';
import type { RateLimitStore } from '../../../../src/core/ports/rate-limit-store.ts';
import { InMemoryRateLimitStore } from '../../../../src/destination/rate-limiter/in-memory-rate-limit-store.ts';
import { RateLimiter } from '../../../../src/destination/rate-limiter/rate-limiter.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

describe('pacer', () => {
  let clock: SinonFakeTimers;
  const never = new AbortController().signal;

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    clock.restore();
  });

  /** Asks for `count` tokens at once; the list fills with the moments at which they are given. */
  function takeMany(pacer: RateLimiter, count: number): number[] {
    const moments: number[] = [];
    for (let i = 0; i < count; i += 1) {
      pacer.acquire(never).then(
        () => moments.push(performance.now()),
        () => undefined,
      );
    }
    return moments;
  }

  it('spaces requests evenly, the first one at once', async () => {
    const moments = takeMany(new RateLimiter(60, new InMemoryRateLimitStore()), 4);
    await clock.tickAsync(3000);
    expect(moments).to.deep.equal([0, 1000, 2000, 3000]);
  });

  it('does not save up tokens while nobody asks', async () => {
    const pacer = new RateLimiter(60, new InMemoryRateLimitStore());
    await clock.tickAsync(60_000);
    const moments = takeMany(pacer, 3);
    await clock.tickAsync(2000);
    expect(moments).to.deep.equal([60_000, 61_000, 62_000]);
  });

  for (const rate of [6, 42, 600, 606, 6000, 90_000]) {
    it(`keeps the average of ${rate} requests a minute with several senders`, async () => {
      const pacer = new RateLimiter(rate, new InMemoryRateLimitStore());
      const leaver = new AbortController();
      let taken = 0;
      const sender = async (): Promise<void> => {
        for (;;) {
          await pacer.acquire(leaver.signal);
          taken += 1;
        }
      };
      const senders = Promise.allSettled(Array.from({ length: 12 }, sender));
      await clock.tickAsync(10_000);
      leaver.abort();
      await senders;
      const burst = Math.max(1, rate / 600);
      expect(taken).to.be.within(Math.floor(rate / 6), Math.ceil(rate / 6 + burst));
    });
  }

  it('costs no timer while tokens are there', async () => {
    const pacer = new RateLimiter(1_000_000, new InMemoryRateLimitStore());
    await Promise.all(Array.from({ length: 1000 }, () => pacer.acquire(never)));
    expect(clock.countTimers()).to.equal(0);
  });

  it('serves those who wait in the order they came', async () => {
    const pacer = new RateLimiter(60, new InMemoryRateLimitStore());
    const order: string[] = [];
    await pacer.acquire(never);
    void pacer.acquire(never).then(() => order.push('first'));
    void pacer.acquire(never).then(() => order.push('second'));
    await clock.tickAsync(2000);
    expect(order).to.deep.equal(['first', 'second']);
  });

  it('gives nothing during a pause, then spaces evenly again', async () => {
    const pacer = new RateLimiter(60, new InMemoryRateLimitStore());
    pacer.pause(5000);
    const moments = takeMany(pacer, 3);
    await clock.tickAsync(4999);
    expect(moments).to.deep.equal([]);
    await clock.tickAsync(2001);
    expect(moments).to.deep.equal([5000, 6000, 7000]);
  });

  it('stops those who wait already when a pause begins', async () => {
    const pacer = new RateLimiter(60, new InMemoryRateLimitStore());
    const moments = takeMany(pacer, 2);
    await clock.tickAsync(500);
    pacer.pause(10_000);
    await clock.tickAsync(10_000);
    expect(moments).to.deep.equal([0, 10_500]);
  });

  it('never shortens a pause', async () => {
    const pacer = new RateLimiter(60, new InMemoryRateLimitStore());
    pacer.pause(5000);
    pacer.pause(100);
    const moments = takeMany(pacer, 1);
    await clock.tickAsync(6000);
    expect(moments).to.deep.equal([5000]);
  });

  it('waits out a pause longer than a timer can hold', async () => {
    const pacer = new RateLimiter(60, new InMemoryRateLimitStore());
    const pauseMs = 2 ** 31 + 1000;
    pacer.pause(pauseMs);
    const moments = takeMany(pacer, 1);
    await clock.tickAsync(pauseMs);
    expect(moments).to.deep.equal([pauseMs]);
  });

  it('rejects when the signal aborts, and gives the place to the next', async () => {
    const pacer = new RateLimiter(60, new InMemoryRateLimitStore());
    await pacer.acquire(never);
    const leaver = new AbortController();
    const left = thrownError(pacer.acquire(leaver.signal));
    const moments = takeMany(pacer, 1);
    leaver.abort();
    expect(await left)
      .to.be.instanceOf(PanelsyncError)
      .with.property('recovery', 'canceled');
    await clock.tickAsync(1000);
    expect(moments).to.deep.equal([1000]);
  });

  it('leaves no timer behind when the last one who waits leaves', async () => {
    const pacer = new RateLimiter(60, new InMemoryRateLimitStore());
    await pacer.acquire(never);
    const leaver = new AbortController();
    const left = thrownError(pacer.acquire(leaver.signal));
    await clock.tickAsync(0);
    expect(clock.countTimers()).to.equal(1);
    leaver.abort();
    await left;
    expect(clock.countTimers()).to.equal(0);
  });

  it('takes no token for a signal that is aborted already', async () => {
    const pacer = new RateLimiter(60, new InMemoryRateLimitStore());
    expect(await thrownError(pacer.acquire(AbortSignal.abort()))).to.have.property('code', 'canceled');
    const moments = takeMany(pacer, 1);
    await clock.tickAsync(0);
    expect(moments).to.deep.equal([0]);
  });

  it('turns everybody away on close and leaves no timer behind', async () => {
    const pacer = new RateLimiter(60, new InMemoryRateLimitStore());
    await pacer.acquire(never);
    const waiting = [thrownError(pacer.acquire(never)), thrownError(pacer.acquire(never))];
    pacer.close();
    for (const error of await Promise.all(waiting)) expect(error).to.have.property('code', 'canceled');
    expect(await thrownError(pacer.acquire(never))).to.have.property('code', 'canceled');
    pacer.pause(1000);
    expect(clock.countTimers()).to.equal(0);
  });

  describe('in a queue that others share', () => {
    /** Gives every place at once, unless told to wait, and knows of a pause that others met. */
    class OthersPace implements RateLimitStore {
      waitMs = 0;
      leftMs = 0;
      answersAfterMs = 0;
      readonly reserved: number[] = [];
      readonly pauses: number[] = [];
      failure: Error | null = null;

      async reserve(count: number): Promise<number> {
        const { waitMs } = this;
        await new Promise((resolve) => setTimeout(resolve, this.answersAfterMs));
        if (this.failure !== null) throw this.failure;
        this.reserved.push(count);
        return waitMs;
      }

      async pause(durationMs: number): Promise<void> {
        this.pauses.push(durationMs);
      }

      async pausedMs(): Promise<number> {
        return this.leftMs;
      }
    }

    it('looks again after a long wait, and books anew when somebody met a pause meanwhile', async () => {
      const pace = new OthersPace();
      pace.waitMs = 1000;
      const moments = takeMany(new RateLimiter(60, pace), 1);
      await clock.tickAsync(500);
      pace.leftMs = 10;
      await clock.tickAsync(600);
      expect([moments, pace.reserved]).to.deep.equal([[], [1, 1]]);
      pace.leftMs = 0;
      await clock.tickAsync(1000);
      expect(moments).to.have.length(1);
    });

    it('does not use a place that it was given while a pause of its own began', async () => {
      const pace = new OthersPace();
      pace.answersAfterMs = 100;
      const pacer = new RateLimiter(60, pace);
      const moments = takeMany(pacer, 1);
      await clock.tickAsync(50);
      pacer.pause(5000);
      await clock.tickAsync(5000);
      expect([moments, pace.pauses]).to.deep.equal([[], [5000]]);
      await clock.tickAsync(200);
      expect(moments).to.have.length(1);
    });

    it('keeps a place for whoever comes next, when the one who waited for it leaves', async () => {
      const pace = new OthersPace();
      pace.waitMs = 200;
      const pacer = new RateLimiter(60, pace);
      const leaver = new AbortController();
      const left = thrownError(pacer.acquire(leaver.signal));
      await clock.tickAsync(100);
      leaver.abort();
      await left;
      const moments = takeMany(pacer, 1);
      await clock.tickAsync(200);
      expect([moments, pace.reserved]).to.deep.equal([[200], [1]]);
    });

    it('lets all who wait know when the queue cannot be asked, and asks again for those who come later', async () => {
      const pace = new OthersPace();
      pace.failure = new PanelsyncError({ code: 'state_unreachable', recovery: 'retriable', message: '', hint: '' });
      const pacer = new RateLimiter(60, pace);
      const waiting = [thrownError(pacer.acquire(never)), thrownError(pacer.acquire(never))];
      await clock.tickAsync(0);
      for (const error of await Promise.all(waiting)) expect(error).to.have.property('code', 'state_unreachable');
      pace.failure = null;
      const moments = takeMany(pacer, 1);
      await clock.tickAsync(0);
      expect(moments).to.have.length(1);
    });
  });
});
