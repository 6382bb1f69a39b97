import { expect } from 'chai';
import { useFakeTimers } from 'sinon';
import type { SinonFakeTimers } from 'sinon';
import { AttemptThrottle } from '../../../../src/server/access/attempt-throttle.ts';

const neverAborted = new AbortController().signal;

describe('wrong tokens', () => {
  let clock: SinonFakeTimers;
  let throttle: AttemptThrottle;
  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    throttle = new AttemptThrottle();
  });
  afterEach(() => clock.restore());

  function fail(address: string, times: number): void {
    for (let count = 0; count < times; count += 1) throttle.recordFailure(address);
  }

  it('cost nothing a few times, and then a growing delay before the next token is looked at', async () => {
    fail('a', 4);
    expect(await throttle.awaitTurn('a', neverAborted)).to.equal(true);
    const delays: number[] = [];
    for (let failures = 5; failures < 12; failures += 1) {
      fail('a', 1);
      const startedMs = Date.now();
      const turn = throttle.awaitTurn('a', neverAborted).then(() => delays.push(Date.now() - startedMs));
      await clock.runAllAsync();
      await turn;
    }
    expect(delays).to.deep.equal([250, 500, 1000, 2000, 4000, 4000, 4000]);
  });

  it('are looked at one by one, and turned away when too many wait', async () => {
    fail('a', 5);
    const served: number[] = [];
    const turns = Array.from({ length: 12 }, async () => {
      const allowed = await throttle.awaitTurn('a', neverAborted);
      if (allowed) served.push(Date.now());
      return allowed;
    });
    await clock.runAllAsync();
    const answers = await Promise.all(turns);
    expect(answers.filter((allowed) => !allowed)).to.have.length(2);
    expect(new Set(served).size, 'each has a turn of its own').to.equal(10);
  });

  it('slow down their own address only, and are forgotten after a while', async () => {
    fail('a', 20);
    expect(await throttle.awaitTurn('b', neverAborted)).to.equal(true);
    clock.setSystemTime(Date.now() + 6 * 60_000);
    expect(await throttle.awaitTurn('a', neverAborted)).to.equal(true);
  });

  it('do not keep a request waiting whose client has gone', async () => {
    fail('a', 5);
    const closed = new AbortController();
    const turn = throttle.awaitTurn('a', closed.signal);
    closed.abort();
    expect(await turn).to.equal(true);
  });
});
