import { expect } from 'chai';
import { leaseLost, stateConnectionLost } from '../../../src/core/lost-errors.ts';

describe('losing what a run hangs on', () => {
  it('is an error that a later run can get over, when it was the state database', () => {
    const error = stateConnectionLost();
    expect(error).to.deep.include({ code: 'state_lost', recovery: 'retriable' });
    expect(error.message).to.contain('state database was lost');
    expect(error.hint).to.match(/^Run again /);
  });

  it('is a matter of another process at work, when that one has taken the lock', () => {
    const error = leaseLost();
    expect(error).to.deep.include({ code: 'lock_lost', recovery: 'busy' });
    expect(error.message).to.contain('stopped sending');
    expect(error.hint).to.contain('panelsync runs');
  });
});
