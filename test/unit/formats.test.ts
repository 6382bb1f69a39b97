import { expect } from 'chai';
import { formats } from '../../src/lib/formats.ts';

describe('formats', () => {
  const phones: readonly [string, string | null, string | null][] = [
    ['+1 (415) 555-2671', null, '+14155552671'],
    ['(415) 555-2671', 'US', '+14155552671'],
    ['(415) 555-2671', null, null],
    ['030 123456', 'DE', '+4930123456'],
    ['+49 30 123456', 'US', '+4930123456'],
    ['415-555-2671 ext. 12', 'US', '+14155552671'],
    ['12', 'US', null],
    ['call me', 'US', null],
    ['+999 123 456 789', null, null],
    ['', 'US', null],
  ];
  for (const [text, country, number] of phones) {
    it(`read the phone "${text}" in ${country ?? 'no country'} as ${String(number)}`, () => {
      expect(formats.phone(text, country)).to.equal(number);
    });
  }

  it('know an e-mail when they see one', () => {
    expect(formats.isEmail('ada@example.test')).to.equal(true);
    expect(formats.isEmail('ada@localhost')).to.equal(false);
    expect(formats.isEmail('')).to.equal(false);
  });
});
