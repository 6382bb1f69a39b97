import { expect } from 'chai';
import type { Fence } from '../../../src/core/ports/destination.ts';
import { shutdownWithSession } from '../../../src/sync/shutdown-signals.ts';
import { newShutdownSignals } from '../../helpers/hub/scripted-hub.ts';

describe('stop', () => {
  const hold: Fence = { isHeld: () => true, renew: () => Promise.resolve(true) };
  const cases: readonly ['drainer' | 'aborter' | 'lost', boolean, boolean][] = [
    ['drainer', true, false],
    ['aborter', true, true],
    ['lost', true, true],
  ];
  for (const [cause, drained, aborted] of cases) {
    it(`that comes from ${cause} ${aborted ? 'drops everything' : 'lets batches in flight finish'}`, () => {
      const stop = newShutdownSignals();
      const lost = new AbortController();
      const { drain, abort } = shutdownWithSession(stop, { lost: lost.signal, fence: hold });
      expect([drain.aborted, abort.aborted]).to.deep.equal([false, false]);
      (cause === 'lost' ? lost : stop[cause]).abort();
      expect([drain.aborted, abort.aborted]).to.deep.equal([drained, aborted]);
    });
  }

  it('of a session asks whether its lock is held', () => {
    const { signal } = new AbortController();
    expect(shutdownWithSession(newShutdownSignals(), { lost: signal, fence: hold }).fence).to.equal(hold);
  });
});
