import { expect } from 'chai';
import type { UnknownBatch } from '../../../src/core/ports/run/unknown-outcomes.ts';
import type { BatchOutcome } from '../../../src/core/ports/destination.ts';
import { resentNotes } from '../../../src/sync/notes.ts';
import { testError } from '../../helpers/memory/hub.ts';
import { payloadOf, peopleIn, TestRun } from '../../helpers/memory/run.ts';

/** A batch of an earlier run, of one person, whose outcome nobody knows. */
function batchOf(runId: string, number: number, name: string): UnknownBatch {
  const row = {
    seq: number,
    key: `${name}@example.test`,
    payload: payloadOf(name, 'Oslo'),
    previouslyRejected: false,
    isRemoval: false,
  };
  return { runId, number, mode: 'upsert', rows: [row], deleted: [] };
}

function scene(hub: ConstructorParameters<typeof TestRun>[0]['hub'] = {}): TestRun {
  const test = new TestRun({ rows: peopleIn('Oslo', 'new'), hub });
  test.state.unknown = [batchOf('5', 3, 'first'), batchOf('6', 1, 'second')];
  return test;
}

describe('run after one whose batches have an unknown outcome', () => {
  it('sends them again first, oldest first, with the same body, and counts their runs again', async () => {
    const test = scene();
    let openedAfter = -1;
    const open = test.source.open.bind(test.source);
    test.source.open = async (...parts) => {
      openedAfter = test.hub.stored.length;
      return open(...parts);
    };
    expect(await test.run()).to.have.property('status', 'succeeded');
    expect(test.hub.stored).to.deep.equal(['first', 'second', 'new'].map((name) => payloadOf(name, 'Oslo')));
    expect(openedAfter, 'sent before the model is read').to.equal(2);
    expect(test.state.calls).to.include.members(['retally 5', 'retally 6']);
    const parents = ['5', '6', '7'].map((runId) => [...test.state.ledger(runId).entries.values()][0]?.batch.parent);
    expect(parents, 'the batch that each follows').to.deep.equal([3, 1, null]);
  });

  it('says so in the report, run by run, as the batches count in their own', async () => {
    const { notes } = await scene().run();
    expect(notes.slice(0, 2)).to.deep.equal(
      resentNotes(['5', '6'].map((runId) => ({ runId, batches: 1, people: 1, requests: 1 }))),
    );
  });

  it('says so in the log, with the run and the batch they are of', async () => {
    const test = scene();
    await test.run();
    const warnings = test.log.filter(([level]) => level === 'warn');
    expect(warnings).to.deep.equal([
      ['warn', 'batch with unknown outcome is sent again', { runId: '5', batch: 3, rows: 1 }],
      ['warn', 'batch with unknown outcome is sent again', { runId: '6', batch: 1, rows: 1 }],
    ]);
  });

  it('shows them in no progress: nobody asked for them', async () => {
    const test = scene();
    await test.run();
    expect(test.progress.filter((step) => step.startsWith('send'))).to.deep.equal(['send 0/1', 'send 1/1']);
  });

  it('fails when the Hub cannot be reached for them, and takes their outcome for unknown still', async () => {
    const answer = (): BatchOutcome => ({ kind: 'not_sent', error: testError('hub_down', 'retriable') });
    const test = scene({ outcomeFor: answer });
    const report = await test.run();
    expect(report).to.have.property('status', 'failed');
    expect(report.error).to.have.property('code', 'hub_down');
    expect(test.state.ledger('5').states()).to.deep.equal(['unknown']);
    expect(test.state.calls, 'the second batch waits').to.include('retally 5').and.not.to.include('retally 6');
    expect(test.source.calls, 'the model is not read').to.deep.equal([]);
  });

  it('leaves the rest of them to the next run when it is drained', async () => {
    const canceled = (): BatchOutcome => ({ kind: 'not_sent', error: testError('canceled', 'canceled') });
    const test = scene({ outcomeFor: canceled });
    test.hub.onRequest = () => test.stop.drainer.abort();
    expect(await test.run()).to.deep.include({ status: 'canceled', error: null });
    expect(test.hub.batches).to.have.length(1);
    expect(test.state.calls).not.to.include('retally 6');
  });
});
