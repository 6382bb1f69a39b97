import { expect } from 'chai';
import { toPanelsyncError, PanelsyncError, systemCode } from '../../../src/core/errors.ts';

describe('errors', () => {
  it('of ours stay as they are', () => {
    const error = new PanelsyncError({ code: 'busy', recovery: 'busy', message: 'One.', hint: 'Two.' });
    expect(toPanelsyncError(error)).to.equal(error);
    expect([error.name, error.message, error.hint, 'cause' in error]).to.deep.equal([
      'PanelsyncError',
      'One.',
      'Two.',
      false,
    ]);
  });

  it('of others keep their text to themselves', () => {
    const cause = new TypeError('password is hunter2');
    const error = toPanelsyncError(cause);
    expect([error.code, error.recovery, error.cause]).to.deep.equal(['unexpected', 'fatal', cause]);
    expect(`${error.message} ${error.hint}`).not.to.contain('hunter2');
    expect(error.hint).to.contain('--log-level debug');
    expect(error.message).to.contain('TypeError');
    expect(toPanelsyncError('hunter2').message).to.contain('string').and.not.to.contain('hunter2');
  });

  const codes: readonly [unknown, string | null][] = [
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [{ code: '42P01' }, '42P01'],
    [{ code: 42 }, null],
    [new Error('x'), null],
    [null, null],
    ['ECONNREFUSED', null],
  ];
  for (const [error, code] of codes) {
    it(`have the system's code ${String(code)} when they are ${JSON.stringify(error)}`, () => {
      expect(systemCode(error)).to.equal(code);
    });
  }
});
