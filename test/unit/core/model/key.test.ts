import { expect } from 'chai';
import * as fc from 'fast-check';
import { columnKey, emailKey } from '../../../../src/core/model/key.ts';

describe('key', () => {
  const emails: readonly [string | null, string | null][] = [
    [null, null],
    ['', null],
    [' \t\u00a0\u2003\ufeff', null],
    ['ada@example.test', 'ada@example.test'],
    ['Ada@Example.TEST', 'ada@example.test'],
    [' \u00a0Ada@example.test\u3000\n', 'ada@example.test'],
    ["O'Brien@example.test", "o'brien@example.test"],
    ['JOSE\u0301@example.test', 'jos\u00e9@example.test'],
    ['JOS\u00c9@example.test', 'jos\u00e9@example.test'],
    ['\u0130@example.test', 'i\u0307@example.test'],
    ['ÄÖÜẞ@example.test', 'äöüß@example.test'],
    ['\u{1f600}@example.test', '\u{1f600}@example.test'],
    ['a b@example.test', 'a b@example.test'],
    ["'anna@example.test", 'anna@example.test'],
    ["'Anna@example.test'", 'anna@example.test'],
    [" ’ 'anna@example.test", 'anna@example.test'],
    ["o'anna@example.test", "o'anna@example.test"],
    ["'", null],
    ['“Anna@example.test”', 'anna@example.test'],
    ['«anna@example.test»', 'anna@example.test'],
    ['ａｎｎａ＠ｅｘａｍｐｌｅ．ｔｅｓｔ', 'anna@example.test'],
    ['anna@example。test', 'anna@example.test'],
    ['anna+b@example.test', 'anna+b@example.test'],
    ['info@bücher.example', 'info@bücher.example'],
    ['info@BÜCHER.example', 'info@bücher.example'],
    ['info@xn--bcher-kva.example', 'info@bücher.example'],
    ['Info@XN--BCHER-KVA.example', 'info@bücher.example'],
    ['info@bu\u0308cher.example', 'info@bücher.example'],
    ['info@ｂücher.example', 'info@bücher.example'],
    ['xn--a@example.test', 'xn--a@example.test'],
    ['info@xn--a', 'info@xn--a'],
  ];
  for (const [email, key] of emails) {
    it(`makes ${JSON.stringify(key)} of the e-mail ${JSON.stringify(email)}`, () => {
      expect(emailKey(email)).to.equal(key);
    });
  }

  const values: readonly [string | null, string | null][] = [
    [null, null],
    ['', null],
    ['\u00a0', null],
    [' AB-12 ', 'AB-12'],
    ['ab-12', 'ab-12'],
    ['e\u0301', '\u00e9'],
    // As the source writes a number: two ways to write it are two keys.
    ['1.0', '1.0'],
    ['1.00', '1.00'],
    ['007', '007'],
  ];
  for (const [value, key] of values) {
    it(`makes ${JSON.stringify(key)} of ${JSON.stringify(value)} in another key column`, () => {
      expect(columnKey(value)).to.equal(key);
    });
  }

  it('is the same for every way to pad an e-mail and to write its case', () => {
    const blank = fc.constantFrom('', ' ', '\t', '\u00a0', '\u2009', '\ufeff');
    // Letters whose cases belong together one to one; what the others do is told above.
    const letters = fc.string({ unit: fc.constantFrom(...Array.from('abcxyz09.+-_@éüñжя')), minLength: 1 });
    fc.assert(
      fc.property(letters, blank, blank, (email, before, after) => {
        const key = emailKey(email);
        expect(emailKey(`${before}${email.toUpperCase()}${after}`)).to.equal(key);
        expect(emailKey(email.normalize('NFD'))).to.equal(key);
      }),
    );
  });

  it('is a key that stands for itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (email) => {
        const key = emailKey(email);
        expect(emailKey(key)).to.equal(key);
      }),
    );
  });
});
