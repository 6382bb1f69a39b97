import { EventEmitter, once } from 'node:events';
import { expect } from 'chai';
import type { BatchOutcome } from '../../../../../src/core/ports/destination.ts';
import { TestDelivery } from '../../../../helpers/memory/delivery.ts';
import { testError, rowErrorOf, outboxRows, seqOf, lettersOf } from '../../../../helpers/memory/hub.ts';

const oddRowsBad = {
  rowError: (payload: string) => (seqOf(payload) % 2 === 1 ? rowErrorOf(lettersOf(seqOf(payload))) : null),
};

function stopAtSecond(request: number): BatchOutcome | undefined {
  return request === 2 ? { kind: 'stop', error: testError('key_refused', 'fatal') } : undefined;
}

function cancel(): BatchOutcome {
  return { kind: 'not_sent', error: testError('canceled', 'canceled') };
}

describe('delivery that ends early', () => {
  const endings: readonly [BatchOutcome, 'unknown' | 'not_sent'][] = [
    [{ kind: 'unknown', error: testError('hub_timeout', 'retriable') }, 'unknown'],
    [{ kind: 'not_sent', error: testError('rate_limited', 'retriable') }, 'not_sent'],
    [{ kind: 'stop', error: testError('key_refused', 'fatal') }, 'not_sent'],
  ];
  for (const [meaning, state] of endings) {
    for (const request of [1, 4]) {
      it(`ends all senders when answer ${request} means "${meaning.kind}"`, async () => {
        const answer = (number: number) => (number === request ? meaning : undefined);
        const delivery = new TestDelivery({
          rows: outboxRows(200),
          batchSize: 10,
          hub: { outcomeFor: answer, delays: [2] },
          input: { concurrency: 3 },
        });
        const end = await delivery.run();
        expect(end.error).to.have.property('code', 'error' in meaning ? meaning.error.code : '');
        expect(end.complete).to.equal(false);
        const states = delivery.ledger.states();
        expect(states.filter((one) => one === state)).to.have.length(1);
        expect(states, 'everything recorded is settled').not.to.include(null);
        expect(delivery.hub.batches.length, 'batches in flight are finished, none is begun').to.be.at.most(request + 2);
        expect(delivery.ledger.rejected).to.deep.equal([]);
        expect(delivery.acceptedSeqs()).to.deep.equal(delivery.storedSeqs());
      });
    }
  }

  it('sends nothing more from a sender that waited for its slot when another one failed', async () => {
    const delivery = new TestDelivery({
      rows: outboxRows(50),
      batchSize: 10,
      hub: { outcomeFor: stopAtSecond },
      input: { concurrency: 2 },
    });
    let waiting = 0;
    const { hub } = delivery;
    const slot = hub.acquire.bind(hub);
    const gate = new EventEmitter();
    hub.acquire = async (signal) => {
      waiting += 1;
      // The third slot is asked for while the second request is under way, and given after its answer.
      if (waiting === 3) await once(gate, 'open');
      await slot(signal);
    };
    const settle = delivery.ledger.settle.bind(delivery.ledger);
    delivery.ledger.settle = async (batch, settlement) => {
      await settle(batch, settlement);
      if (settlement.state === 'not_sent') setImmediate(() => gate.emit('open'));
    };
    const end = await delivery.run();
    expect(end.error).to.have.property('code', 'key_refused');
    expect(hub.batches).to.have.length(2);
    expect(end.complete).to.equal(false);
  });

  it('finishes what is in flight and takes nothing new on when it is drained', async () => {
    const delivery = new TestDelivery({
      rows: outboxRows(100),
      batchSize: 10,
      hub: { delays: [2] },
      input: { concurrency: 2 },
    });
    delivery.hub.onRequest = (request) => {
      if (request === 3) delivery.stop.drainer.abort();
    };
    const end = await delivery.run();
    expect(end).to.deep.equal({ error: null, complete: false, deferred: 0 });
    expect(delivery.ledger.states()).to.deep.equal(delivery.ledger.states().map(() => 'accepted'));
    expect(delivery.hub.batches.length).to.be.at.most(4);
    expect(delivery.acceptedSeqs()).to.deep.equal(delivery.storedSeqs());
  });

  it('takes a canceled request for a drain, not for an error', async () => {
    const delivery = new TestDelivery({ rows: outboxRows(3), hub: { outcomeFor: cancel } });
    delivery.hub.onRequest = () => delivery.stop.drainer.abort();
    expect(await delivery.run()).to.deep.equal({ error: null, complete: false, deferred: 0 });
    expect(delivery.ledger.states()).to.deep.equal(['not_sent']);
  });

  it('is not complete when it is drained while refusals are withheld', async () => {
    const delivery = new TestDelivery({ rows: outboxRows(1), hub: oddRowsBad });
    delivery.hub.onRequest = () => delivery.stop.drainer.abort();
    expect(await delivery.run()).to.deep.equal({ error: null, complete: false, deferred: 0 });
    expect(delivery.ledger.rejected).to.deep.equal([]);
  });

  it('is not complete when it is drained between the batches it looks into', async () => {
    // Both batches are refused; the stop comes when the outbox is asked for a third.
    const delivery = new TestDelivery({
      rows: outboxRows(12),
      batchSize: 6,
      hub: { rowError: () => rowErrorOf('no') },
    });
    const outbox = delivery.ledger.outbox.bind(delivery.ledger);
    delivery.ledger.outbox = async (after, limit) => {
      const rows = await outbox(after, limit);
      if (rows.length === 0) delivery.stop.drainer.abort();
      return rows;
    };
    expect(await delivery.run()).to.deep.equal({ error: null, complete: false, deferred: 0 });
  });

  it('ends with the error of a slot that is refused for another reason than a stop', async () => {
    const delivery = new TestDelivery({ rows: outboxRows(3) });
    delivery.hub.onAcquire = () => {
      throw testError('pace_broken', 'fatal');
    };
    const end = await delivery.run();
    expect(end.error).to.have.property('code', 'pace_broken');
    expect(end.complete).to.equal(false);
    expect(delivery.hub.batches).to.deep.equal([]);
  });
});
