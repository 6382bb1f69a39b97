import { expect } from 'chai';
import { systemCode } from '../../../src/lib/system-code.ts';

describe('the system code of an error', () => {
  const codes: readonly [unknown, string | null][] = [
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [{ code: '42P01' }, '42P01'],
    [{ code: 42 }, null],
    [new Error('x'), null],
    [null, null],
    ['ECONNREFUSED', null],
  ];
  for (const [error, code] of codes) {
    it(`is ${String(code)} for ${JSON.stringify(error)}`, () => {
      expect(systemCode(error)).to.equal(code);
    });
  }
});
