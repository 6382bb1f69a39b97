import { expect } from 'chai';
import * as fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { CountryCode } from 'libphonenumber-js/min';
import isEmail from 'validator/lib/isEmail.js';
import { formats } from '../../../src/core/formats.ts';

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
      expect(formats.toE164(text, country)).to.equal(number);
    });
  }

  it('know an e-mail when they see one', () => {
    expect(formats.isEmail('ada@example.test')).to.equal(true);
    expect(formats.isEmail('ada@localhost')).to.equal(false);
    expect(formats.isEmail('')).to.equal(false);
  });

  it('read North American numbers just as the package does, in whatever way they are written', () => {
    const countries: readonly (CountryCode | null)[] = [null, 'US', 'CA', 'AG', 'JM', 'GB', 'DE', 'RU', 'MX'];
    const digits = (length: number): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: length, maxLength: length });
    const separator = fc.constantFrom('', ' ', '-', '.', ') ', ')', ')-');
    const parts = fc.tuple(
      fc.constantFrom('', '+1', '+1 ', '+1-', '+1.', '1', '1 '),
      fc.constantFrom('', '('),
      digits(3),
      separator,
      digits(3),
      separator,
      digits(4),
    );
    let read = 0;
    fc.assert(
      fc.property(parts, fc.constantFrom(...countries), (texts, country) => {
        const text = texts.join('');
        // Digits alone may have lost the plus of another country, which only panelsync minds.
        fc.pre(country === null || country === 'US' || country === 'CA' || /\D/.test(text));
        const number = parsePhoneNumberFromString(text, country ?? undefined);
        const expected = number?.isPossible() === true ? number.number : null;
        expect(formats.toE164(text, country), text).to.equal(expected);
        read += expected === null ? 0 : 1;
      }),
      { numRuns: 5000 },
    );
    expect(read).to.be.greaterThan(1000);
  });

  it('know an e-mail just as the package does, wherever its lengths and signs stand at a limit', () => {
    const text = (signs: string, lengths: readonly number[]): fc.Arbitrary<string> =>
      fc
        .constantFrom(...lengths)
        .chain((length) =>
          fc.string({ unit: fc.constantFrom(...signs.split('')), minLength: length, maxLength: length, size: 'max' }),
        );
    const letters = 'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789';
    const local = fc.oneof(text(letters, [1, 2, 63, 64, 65]), text(`${letters}._+-`, [0, 1, 3, 9, 64, 65]));
    const label = fc.oneof(text(letters, [1, 2, 62, 63, 64]), text(`${letters}-`, [0, 1, 3, 63, 64]));
    const top = fc.constantFrom('com', 'COM', 'co', 'c', 'c1', 'a-b', '123', 'xn--p1ai', 'museum', 'a'.repeat(64));
    let known = 0;
    fc.assert(
      fc.property(local, fc.array(label, { maxLength: 3 }), top, (name, labels, last) => {
        const email = `${name}@${[...labels, last].join('.')}`;
        const expected = isEmail.default(email);
        expect(formats.isEmail(email), email).to.equal(expected);
        known += expected ? 1 : 0;
      }),
      { numRuns: 5000 },
    );
    expect(known).to.be.greaterThan(500);
  });
});
