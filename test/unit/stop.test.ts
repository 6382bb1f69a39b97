import { expect } from 'chai';
import { lostState, withLost } from '../../src/sync/stop.ts';
import { newStop } from '../helpers/scripted-hub.ts';

describe('stop', () => {
  const cases: readonly ['drainer' | 'aborter' | 'lost', boolean, boolean][] = [
    ['drainer', true, false],
    ['aborter', true, true],
    ['lost', true, true],
  ];
  for (const [cause, drained, aborted] of cases) {
    it(`that comes from ${cause} ${aborted ? 'drops everything' : 'lets batches in flight finish'}`, () => {
      const stop = newStop();
      const lost = new AbortController();
      const { drain, abort } = withLost(stop, lost.signal);
      expect([drain.aborted, abort.aborted]).to.deep.equal([false, false]);
      (cause === 'lost' ? lost : stop[cause]).abort();
      expect([drain.aborted, abort.aborted]).to.deep.equal([drained, aborted]);
    });
  }

  it('for a lost state database is an error that a later run can get over', () => {
    const error = lostState();
    expect(error).to.deep.include({ code: 'state_lost', recovery: 'retriable' });
    expect(error.message).to.contain('state database was lost');
    expect(error.hint).to.match(/^Run again /);
  });
});
