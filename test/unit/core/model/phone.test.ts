import { expect } from 'chai';
import { formats } from '../../../../src/core/formats.ts';
import { readPhoneText } from '../../../../src/core/model/phone.ts';

describe('a phone number that went through a number', () => {
  const texts: readonly [string, string | null, boolean][] = [
    ['+49 151 12345678', '+49 151 12345678', false],
    ['555.123.4567', '555.123.4567', false],
    ['4930.1234567', '4930.1234567', false],
    ["'+4915112345678", '+4915112345678', false],
    ['="015112345678"', '015112345678', false],
    ['4915112345678.0', '4915112345678', true],
    ['4915112345678.00', '4915112345678', true],
    ['4915112345678,0', '4915112345678', true],
    ['4,915,112,345,678.00', '4915112345678', true],
    ['4.915.112.345.678,00', '4915112345678', true],
    ['4.915112345678E+12', '4915112345678', true],
    ['4,915112345678e12', '4915112345678', true],
    ['+4.915112345678E+12', '+4915112345678', true],
    ['4.915E+12', null, false],
    ['5E+10', null, false],
    ['4.9151123456785E+12', null, false],
    ['4915112345678.5', null, false],
    ['015112345678.0', null, false],
    ['-4915112345678', null, false],
    ['NaN', null, false],
    ['########', null, false],
    ['#REF!', null, false],
    ['#N/A', null, false],
  ];
  for (const [raw, text, wasNumber] of texts) {
    it(`${raw} is ${text ?? 'lost'}`, () => {
      expect(readPhoneText(raw)).to.deep.equal(text === null ? null : { text, wasNumber });
    });
  }

  const numbers: readonly [string, string | null, string | null][] = [
    ['4915112345678.0', 'DE', '+4915112345678'],
    ['15112345678.0', 'DE', '+4915112345678'],
    ['4.915112345678E+12', 'DE', '+4915112345678'],
    ['2125550123.0', 'US', '+12125550123'],
    ['+4915112345678.0', null, '+4915112345678'],
    ["'+4915112345678", null, '+4915112345678'],
    ["'0151 12345678", 'DE', '+4915112345678'],
    ['4.915E+12', 'DE', null],
    // Which country it is of, nobody can tell any more.
    ['4915112345678.0', null, null],
    ['4915112345678.0', 'US', null],
    ['4915112345678', 'US', null],
    ['12125550123', 'DE', null],
    ['12125550123.0', 'DE', null],
    // Digits alone that are a number of the default country.
    ['15112345678', 'DE', '+4915112345678'],
    ['4915112345678', 'DE', '+4915112345678'],
    ['4921123456', 'DE', null],
    ['33612345678', 'FR', '+33612345678'],
    ['123456', 'DE', '+49123456'],
    ['393331234567', 'IT', '+393331234567'],
    // In Italy the zero in front belongs to the number, and a float has lost it.
    ['612345678.0', 'IT', null],
    ['612345678.0', 'FR', '+33612345678'],
  ];
  for (const [raw, country, expected] of numbers) {
    it(`${raw} in ${country ?? 'no country'} is ${expected ?? 'invalid'}`, () => {
      expect(formats.toE164(raw, country)).to.equal(expected);
    });
  }
});
