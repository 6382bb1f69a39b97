import { expect } from 'chai';
import type { UnknownBatch } from '../../../../src/core/ports/run/unknown-outcomes.ts';
import { resolveByHand } from '../../../../src/sync/recover/resolve-by-hand.ts';
import type { ManualResolutionResult, ManualResolution } from '../../../../src/sync/recover/resolve-by-hand.ts';
import { outboxRows } from '../../../helpers/memory/hub.ts';
import { MemoryState } from '../../../helpers/memory/state.ts';
import { errorCodeOf } from '../../../helpers/thrown-error.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { testError } from '../../../helpers/memory/hub.ts';

function batchOf(runId: string, number: number, people: number): UnknownBatch {
  return { runId, number, mode: 'insert', rows: outboxRows(people), deleted: [] };
}

function settled(verdict: ManualResolution, state = new MemoryState()): Promise<ManualResolutionResult> {
  state.unknown = [batchOf('5', 1, 3), batchOf('5', 2, 4), batchOf('6', 1, 5)];
  return resolveByHand(defaultSync, verdict, state);
}

describe('batches that a person settles', () => {
  it('are all of a run, or one of it, as sent or as unsent', async () => {
    const state = new MemoryState();
    expect(await settled({ runId: '5', batch: null, outcome: 'sent' }, state)).to.deep.equal({
      batches: [1, 2],
      people: 7,
    });
    expect(state.calls).to.deep.equal([
      'lock panel',
      'unknown batches',
      'resolve 5/1: 3 arrived, 0 taken, 0 absent',
      'resolve 5/2: 4 arrived, 0 taken, 0 absent',
      'retally 5',
      'withhold unknown',
      'close',
    ]);
    const other = new MemoryState();
    expect(await settled({ runId: '5', batch: 1, outcome: 'unsent' }, other)).to.deep.equal({
      batches: [1],
      people: 3,
    });
    expect(other.calls).to.include('resolve 5/1: 0 arrived, 0 taken, 3 absent');
  });

  it('are none where the run has none', async () => {
    expect(await settled({ runId: '9', batch: null, outcome: 'sent' })).to.deep.equal({ batches: [], people: 0 });
    expect(await settled({ runId: '6', batch: 2, outcome: 'sent' })).to.deep.equal({ batches: [], people: 0 });
  });

  it('give the lock back when the state is lost', async () => {
    const state = new MemoryState();
    state.onCall = (call) => {
      if (call.startsWith('resolve')) throw testError('state_lost', 'fatal');
    };
    expect(await errorCodeOf(settled({ runId: '5', batch: null, outcome: 'sent' }, state))).to.equal('state_lost');
    expect(state.calls.at(-1)).to.equal('close');
  });
});
