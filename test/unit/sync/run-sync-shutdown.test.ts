import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import type { BatchOutcome } from '../../../src/core/ports/destination.ts';
import { testError } from '../../helpers/memory/hub.ts';
import { peopleIn, TestRun } from '../../helpers/memory/run.ts';
import { thrownError } from '../../helpers/thrown-error.ts';

const three = peopleIn('Oslo', 'a', 'b', 'c');

describe('run that ends early', () => {
  it('fails with the error of the source, having counted what it read', async () => {
    const test = new TestRun({ rows: three });
    test.source.onRows = (given) => {
      if (given === 2) throw testError('model_failed', 'fatal');
    };
    const report = await test.run();
    expect(report).to.deep.include({
      status: 'failed',
      error: { code: 'model_failed', message: 'It is model_failed.', hint: 'Wait.' },
    });
    expect(test.state.runEnds[0]).to.have.nested.property('work.rowsRead', 2);
    expect(test.state.writer.calls).to.include('cancel');
    expect(test.source.calls.at(-1)).to.equal('close');
    expect(test.state.calls.slice(-2)).to.deep.equal(['finish 7', 'close']);
    expect(test.hub.batches).to.deep.equal([]);
  });

  it('keeps the words of an error that is not meant for people out of report and log', async () => {
    for (const [thrown, cause] of [
      [new TypeError('hunter2'), 'TypeError'],
      ['hunter2', null],
    ] as const) {
      const test = new TestRun({ rows: three });
      test.source.onRows = () => {
        throw thrown;
      };
      const report = await test.run();
      expect(report.error).to.have.property('code', 'unexpected');
      const failure = test.log.find(([level]) => level === 'error');
      expect(failure?.slice(0, 2)).to.deep.equal(['error', 'run failed']);
      expect(failure?.[2]).to.deep.include({ sync: 'panel', runId: '7', code: 'unexpected', cause });
      expect(failure?.[2]).to.have.property('reason', report.error?.message);
      expect(JSON.stringify([report, test.log])).not.to.contain('hunter2');
    }
  });

  it('undoes its plan when it cannot be recorded', async () => {
    const test = new TestRun({ rows: [...three, [null, 'Oslo']] });
    const plan = test.state.plan.bind(test.state);
    test.state.plan = async (runId) => {
      const recorder = await plan(runId);
      recorder.commit = async () => {
        throw testError('state_full', 'retriable');
      };
      return recorder;
    };
    const report = await test.run();
    expect(report.error).to.have.property('code', 'state_full');
    expect(report.notes).to.deep.equal([]);
    expect(test.state.runEnds[0], 'rows read, planned or not').to.have.nested.property('work.rowsRead', 4);
    expect(test.state.recorder.pages, 'what is left of the plan').to.deep.equal([]);
    expect(test.hub.batches).to.deep.equal([]);
  });

  it('fails with the first error of the delivery', async () => {
    const refuseKey = (): BatchOutcome => ({ kind: 'stop', error: testError('key_refused', 'fatal') });
    const test = new TestRun({ rows: three, hub: { outcomeFor: refuseKey } });
    expect(await test.run()).to.deep.include({
      status: 'failed',
      error: { code: 'key_refused', message: 'It is key_refused.', hint: 'Wait.' },
    });
    const told = { sync: 'panel', runId: '7', code: 'key_refused', reason: 'It is key_refused.', hint: 'Wait.' };
    expect(test.log.filter(([level]) => level === 'error')).to.deep.equal([
      ['error', 'run failed', { ...told, cause: null }],
    ]);
  });

  it('is canceled, not failed, when it is stopped while it reads', async () => {
    const test = new TestRun({ rows: three });
    test.source.onRows = (given) => {
      if (given === 2) test.stop.drainer.abort();
    };
    expect(await test.run()).to.deep.include({ status: 'canceled', error: null, notes: [] });
    expect(test.state.runEnds[0]).to.have.nested.property('work.rowsRead', 2);
    expect(
      test.log.filter(([level]) => level === 'error'),
      'nothing is wrong',
    ).to.deep.equal([]);
  });

  it('is canceled, with its plan on record, when it is stopped before it sends', async () => {
    const test = new TestRun({ rows: three });
    test.state.onCall = (call) => {
      if (call === 'plan 7') test.stop.drainer.abort();
    };
    expect(await test.run()).to.deep.include({ status: 'canceled', error: null });
    expect(test.state.recorder.committed).to.have.property('inserts', 3);
    expect(test.hub.batches).to.deep.equal([]);
  });

  it('is canceled when it is drained while it sends, and settles what is in flight', async () => {
    const test = new TestRun({ rows: three });
    test.hub.onRequest = () => test.stop.drainer.abort();
    expect(await test.run()).to.deep.include({ status: 'canceled', error: null });
    expect(test.state.ledger('7').states()).to.deep.equal(['accepted']);
  });

  it('is complete when the stop came too late to keep anything back', async () => {
    const test = new TestRun({ rows: three });
    const send = test.hub.send.bind(test.hub);
    test.hub.send = async (payloads, stop) => {
      const delivery = await send(payloads, stop);
      if (payloads !== test.hub.batches[2]) return delivery;
      // The other sender finds meanwhile that nothing is left.
      while (test.state.ledger('7').states()[1] === null) await setImmediate();
      await setImmediate();
      test.stop.drainer.abort();
      return delivery;
    };
    const delivery = {
      batchSize: 1,
      concurrency: 2,
      maxAttempts: 1,
      maxSplitRequests: 0,
      checkCharacteristics: 'stop' as const,
    };
    expect(await test.run({ delivery })).to.have.property('status', 'succeeded');
    expect(test.stop.drain.aborted).to.equal(true);
  });

  it('sends nothing more and is not put on record once the state database is lost', async () => {
    const test = new TestRun({ rows: three });
    test.hub.onRequest = () => test.state.lostController.abort();
    const thrown = await thrownError(test.run());
    expect(thrown).to.have.property('code', 'state_lost');
    expect(test.hub.batches).to.have.length(1);
    expect(test.state.runEnds).to.deep.equal([]);
    expect(test.state.calls.at(-1)).to.equal('close');
  });

  it('throws what keeps it from beginning, and lets the session go', async () => {
    for (const step of ['lock panel', 'begin']) {
      const test = new TestRun({ rows: three });
      test.state.onCall = (call) => {
        if (call === step) throw testError('running', 'busy');
      };
      const thrown = await thrownError(test.run());
      expect(thrown).to.have.property('code', 'running');
      expect(test.state.calls.includes('close')).to.equal(step === 'begin');
      expect(test.source.calls).to.deep.equal([]);
    }
  });
});
