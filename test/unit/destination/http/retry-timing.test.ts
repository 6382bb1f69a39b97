import { expect } from 'chai';
import { retryAfterMs } from '../../../../src/destination/http/retry-timing.ts';

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
