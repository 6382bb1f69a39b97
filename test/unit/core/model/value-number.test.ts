import { expect } from 'chai';
import * as fc from 'fast-check';
import { convert } from '../../../../src/core/model/value.ts';
import { conversionResult } from '../../../helpers/fixtures/conversion-result.ts';

describe('numbers of a source', () => {
  const texts: readonly [string, unknown][] = [
    ['0', '0'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['+7', '7'],
    ['007', '7'],
    ['1.0', '1'],
    ['1.00', '1'],
    ['1.50', '1.5'],
    ['-1.50', '-1.5'],
    ['.5', '0.5'],
    ['-.5', '-0.5'],
    ['5.', '5'],
    ['10', '10'],
    ['100.010', '100.01'],
    ['1e3', '1000'],
    ['1E+3', '1000'],
    ['1.5e3', '1500'],
    ['1.2345e2', '123.45'],
    ['12345e-2', '123.45'],
    ['5e-3', '0.005'],
    ['.5e1', '5'],
    ['0e9', '0'],
    [' 12 ', '12'],
    ['9007199254740993', '9007199254740993'],
    ['123456789012345678901234567890.123456789', '123456789012345678901234567890.123456789'],
    ['1.7976931348623157e+308', `17976931348623157${'0'.repeat(292)}`],
    ['NaN', 'not_finite'],
    ['Infinity', 'not_finite'],
    ['-Infinity', 'not_finite'],
    ['', 'not_finite'],
    ['.', 'not_finite'],
    ['e5', 'not_finite'],
    ['1e', 'not_finite'],
    ['1e99999', 'not_finite'],
    ['0x10', 'not_finite'],
    ['1,5', 'not_finite'],
    ['--1', 'not_finite'],
  ];
  for (const [raw, expected] of texts) {
    it(`writes ${JSON.stringify(raw)} as ${JSON.stringify(expected)}`, () => {
      expect(conversionResult(convert(raw, 'number', 'text'))).to.equal(expected);
    });
  }

  const numbers: readonly [string, unknown][] = [
    ['1.50', 1.5],
    ['-3', -3],
    ['1e3', 1000],
    ['0.1', 0.1],
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['9007199254740992', 'number_too_large'],
    ['-9007199254740992', 'number_too_large'],
    ['1e9999', 'number_too_large'],
    ['1e-9999', 0],
  ];
  for (const [raw, expected] of numbers) {
    it(`takes ${raw} for ${JSON.stringify(expected)} where a number is wanted, as a number and as text`, () => {
      expect(conversionResult(convert(raw, 'number', 'number'))).to.equal(expected);
      expect(conversionResult(convert(raw, 'text', 'number'))).to.equal(expected);
    });
  }

  const floats: readonly [string, unknown, unknown][] = [
    ['49.94999999999999', '49.95', 49.95],
    ['49.95000000000001', '49.95', 49.95],
    ['0.1', '0.1', 0.1],
    ['0.30000000000000004', '0.3', 0.3],
    ['-1.0000000000000002', '-1', -1],
    ['47.142857142857146', '47.1428571428571', 47.1428571428571],
    ['4.9949999999999930', '4.995', 4.995],
    ['0.3333333333333333', '0.333333333333333', 0.333333333333333],
    ['12345678901.234', '12345678901.234', 12345678901.234],
    ['1e-20', '0.00000000000000000001', 1e-20],
    ['2.9999999999999996e-7', '0.0000003', 3e-7],
    ['3.4028235e+38', `34028235${'0'.repeat(31)}`, 'number_too_large'],
    ['9007199254740991', '9007199254740991', 9007199254740991],
    ['-0', '0', 0],
    ['NaN', 'not_finite', 'not_finite'],
    ['Infinity', 'not_finite', 'not_finite'],
    ['', 'not_finite', 'not_finite'],
  ];
  for (const [raw, text, number] of floats) {
    it(`takes ${JSON.stringify(raw)} of a float column for ${JSON.stringify(text)}, to 15 significant digits`, () => {
      expect(conversionResult(convert(raw, 'float', 'text'))).to.equal(text);
      expect(conversionResult(convert(raw, 'float', 'number'))).to.equal(number);
    });
  }

  for (const raw of ['twelve', '12 %', '1,234', 'NaN', 'Infinity', '1_000', '١٢']) {
    it(`takes the text "${raw}" for no number`, () => {
      expect(conversionResult(convert(raw, 'text', 'number'))).to.equal('not_a_number');
    });
  }

  it('takes a text behind the apostrophe of a spreadsheet for the number that it is', () => {
    expect(conversionResult(convert("'007", 'text', 'number'))).to.equal(7);
    expect(conversionResult(convert('="12.5"', 'text', 'number'))).to.equal(12.5);
  });

  it('keeps every whole number that JSON keeps', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        expect(convert(String(number), 'number', 'number')).to.deep.equal({ value: number === 0 ? 0 : number });
        expect(conversionResult(convert(String(number), 'number', 'text'))).to.equal(String(number === 0 ? 0 : number));
      }),
    );
  });

  it('keeps every digit of a double, however it is written', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = String(conversionResult(convert(String(number), 'number', 'text')));
        expect(text).to.match(/^(-?(0|[1-9]\d*)(\.\d*[1-9])?)$/);
        expect(Number(text)).to.equal(number === 0 ? 0 : number);
        expect(conversionResult(convert(number.toExponential(), 'number', 'text'))).to.equal(text);
      }),
    );
  });

  it('looks the same with any scale and any exponent', () => {
    const digits = fc.stringMatching(/^[0-9]{1,30}$/);
    fc.assert(
      fc.property(digits, digits, fc.integer({ min: 0, max: 12 }), (whole, fraction, shift) => {
        const plain = conversionResult(convert(`${whole}.${fraction}`, 'number', 'text'));
        const forms = [
          `${whole}.${fraction}${'0'.repeat(shift)}`,
          `${'0'.repeat(shift)}${whole}.${fraction}`,
          `+${whole}.${fraction}e0`,
          `${whole}${fraction}${'0'.repeat(shift)}e-${fraction.length + shift}`,
          `0.${'0'.repeat(shift)}${whole}${fraction}e${whole.length + shift}`,
        ];
        for (const form of forms) expect(conversionResult(convert(form, 'number', 'text')), form).to.equal(plain);
      }),
    );
  });
});
