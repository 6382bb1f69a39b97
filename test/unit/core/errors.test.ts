import { expect } from 'chai';
import { toPanelsyncError, PanelsyncError } from '../../../src/core/errors.ts';

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
});
