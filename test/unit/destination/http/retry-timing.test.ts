import { expect } from 'chai';
import type { Attempt } from '../../../../src/destination/http/exchange.ts';
import { pauseMs, retryAfterMs, retryBackoffMs, retryDelayMs } from '../../../../src/destination/http/retry-timing.ts';

const nowMs = Date.parse('2026-11-06T08:49:37Z');
const capMs = 300_000;

describe('Retry-After', () => {
  const cases: readonly [string, string | undefined, number | null][] = [
    ['seconds', '7', 7000],
    ['seconds with blanks around', ' 7 ', 7000],
    ['parts of a second', '0.5', 500],
    ['more seconds than the cap', '301', capMs],
    ['an absurd number of seconds', '9'.repeat(400), capMs],
    ['a date', 'Fri, 06 Nov 2026 08:50:07 GMT', 30_000],
    ['a date beyond the cap', 'Fri, 06 Nov 2026 09:49:37 GMT', capMs],
    ['a date of RFC 850', 'Friday, 06-Nov-26 08:50:07 GMT', 30_000],
    ['a date of asctime, which is UTC', 'Fri Nov  6 08:50:07 2026', 30_000],
    ['a date that is over', 'Fri, 06 Nov 2026 08:49:07 GMT', null],
    ['the present moment', 'Fri, 06 Nov 2026 08:49:37 GMT', null],
    ['a date that does not exist', 'Fri, 99 Nov 2026 08:50:07 GMT', null],
    ['no header', undefined, null],
    ['an empty header', '', null],
    ['zero', '0', null],
    ['a negative number', '-5', null],
    ['a number with an exponent', '1e9', null],
    ['a date that is not of HTTP', '2026-11-06T08:50:07Z', null],
    ['garbage', 'soon', null],
  ];
  for (const [name, header, expected] of cases) {
    it(`reads ${name} as ${expected === null ? 'no wait' : `${expected} ms`}`, () => {
      expect(retryAfterMs(header, nowMs, capMs)).to.equal(expected);
    });
  }
});

describe('the time before a retry', () => {
  const random = (): number => 1;
  const answered = (status: number): Attempt => ({ kind: 'answered', response: { status, headers: {}, body: '' } });
  const timing = { nowMs, retryAfterCapMs: capMs, random };

  it('doubles with each failure up to a minute, and is left to chance as a whole', () => {
    expect([1, 2, 3, 8, 20].map((failures) => retryBackoffMs(failures, random))).to.deep.equal([
      500, 1000, 2000, 60_000, 60_000,
    ]);
    expect(retryBackoffMs(3, () => 0.25)).to.equal(500);
    expect(retryBackoffMs(3, () => 0)).to.equal(0);
  });

  it('is the pause of the rate limiter after a 429, and a backoff after everything else', () => {
    expect(retryDelayMs(answered(429), 2, random)).to.equal(0);
    expect(retryDelayMs(answered(503), 2, random)).to.equal(1000);
    expect(retryDelayMs({ kind: 'failed', failure: 'timeout', cause: null }, 2, random)).to.equal(1000);
  });

  it('is the same for all senders where the Hub asks for a pause', () => {
    const asked = { 'retry-after': '7' };
    expect(pauseMs({ status: 429, headers: asked }, 1, timing)).to.equal(7000);
    expect(pauseMs({ status: 503, headers: asked }, 1, timing)).to.equal(7000);
    expect(pauseMs({ status: 429, headers: {} }, 2, timing)).to.equal(1000);
    expect(pauseMs({ status: 503, headers: {} }, 2, timing)).to.equal(null);
    expect(pauseMs({ status: 500, headers: asked }, 1, timing)).to.equal(null);
  });
});
