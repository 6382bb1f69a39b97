import { expect } from 'chai';
import { shutdownWithSession } from '../../../src/sync/record-run.ts';
import { newShutdownSignals } from '../../helpers/hub/scripted-hub.ts';

describe('stop', () => {
  const cases: readonly ['drainer' | 'aborter' | 'lost', boolean, boolean][] = [
    ['drainer', true, false],
    ['aborter', true, true],
    ['lost', true, true],
  ];
  for (const [cause, drained, aborted] of cases) {
    it(`that comes from ${cause} ${aborted ? 'drops everything' : 'lets batches in flight finish'}`, () => {
      const stop = newShutdownSignals();
      const lost = new AbortController();
      const { drain, abort } = shutdownWithSession(stop, lost.signal);
      expect([drain.aborted, abort.aborted]).to.deep.equal([false, false]);
      (cause === 'lost' ? lost : stop[cause]).abort();
      expect([drain.aborted, abort.aborted]).to.deep.equal([drained, aborted]);
    });
  }
});
