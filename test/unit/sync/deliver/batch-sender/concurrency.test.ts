import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import type { BatchOutcome } from '../../../../../src/core/ports/destination.ts';
import { openFence } from '../../../../../src/core/ports/fence.ts';
import { BatchSender } from '../../../../../src/sync/deliver/batch-sender.ts';
import type { SendScope } from '../../../../../src/sync/deliver/batch-sender.ts';
import type { Fragment } from '../../../../../src/sync/deliver/batches.ts';
import { TestDelivery } from '../../../../helpers/memory/delivery.ts';
import { testError, rowErrorOf, MemoryHub, outboxRows } from '../../../../helpers/memory/hub.ts';
import { MemoryLedger } from '../../../../helpers/memory/ledger.ts';
import { silentLog } from '../../../../helpers/postgres/postgres.ts';
import { newShutdownSignals } from '../../../../helpers/hub/scripted-hub.ts';

function stopWithItsNumber(request: number): BatchOutcome | undefined {
  return request === 1 ? undefined : { kind: 'stop', error: testError(`refused_${request}`, 'fatal') };
}

function cancelSecond(request: number): BatchOutcome | undefined {
  return request === 2 ? { kind: 'not_sent', error: testError('canceled', 'canceled') } : undefined;
}

describe('several senders', () => {
  it('work side by side as soon as the first row is accepted', async () => {
    const delivery = new TestDelivery({
      rows: outboxRows(40),
      batchSize: 10,
      hub: { delays: [4] },
      input: { concurrency: 3 },
    });
    const inFlight: number[] = [];
    delivery.hub.onRequest = () => {
      inFlight.push(delivery.ledger.states().filter((state) => state === null).length);
    };
    await delivery.run();
    expect(inFlight).to.deep.equal([1, 1, 2, 3]);
  });

  it('end with the error that came first', async () => {
    const delivery = new TestDelivery({
      rows: outboxRows(40),
      batchSize: 10,
      hub: { outcomeFor: stopWithItsNumber, delays: [4] },
      input: { concurrency: 3 },
    });
    const end = await delivery.run();
    expect(end.error).to.have.property('code', 'refused_2');
    expect(delivery.hub.batches).to.have.length(4);
  });

  it('are not complete when one was stopped before it sent the last batch', async () => {
    const delivery = new TestDelivery({ rows: outboxRows(20), batchSize: 10, input: { concurrency: 2 } });
    const { hub, ledger, stop } = delivery;
    const gate = new EventEmitter();
    const [slot, outbox] = [hub.acquire.bind(hub), ledger.outbox.bind(ledger)];
    hub.acquire = async (signal) => {
      if (hub.batches.length === 1) await once(gate, 'open');
      await slot(signal);
    };
    ledger.outbox = async (after, limit) => {
      const page = await outbox(after, limit);
      // One sender waits for its slot with the last batch; the other one finds nothing more.
      if (page.length === 0) {
        stop.drainer.abort();
        void setImmediate().then(() => gate.emit('open'));
      }
      return page;
    };
    expect(await delivery.run()).to.deep.equal({ error: null, complete: false, deferred: 0 });
    expect(hub.batches).to.have.length(1);
  });

  it('are not complete when the last batch was refused and its parts not sent', async () => {
    const tooLarge: BatchOutcome = { kind: 'too_large', reason: rowErrorOf('too large') };
    const answer = (request: number) => (request === 3 ? tooLarge : undefined);
    const delivery = new TestDelivery({
      rows: outboxRows(30),
      batchSize: 10,
      hub: { outcomeFor: answer },
      input: { concurrency: 2 },
    });
    const { hub, ledger, stop } = delivery;
    const send = hub.send.bind(hub);
    hub.send = async (payloads, by) => {
      const sent = await send(payloads, by);
      if (payloads !== hub.batches[2]) return sent;
      // The other sender finds meanwhile that no new batch is left.
      while (ledger.states()[1] === null) await setImmediate();
      await setImmediate();
      stop.drainer.abort();
      return sent;
    };
    expect(await delivery.run()).to.deep.equal({ error: null, complete: false, deferred: 0 });
    expect(ledger.states()).to.deep.equal(['accepted', 'accepted', 'refused']);
  });

  it('are not complete when the last batch was canceled', async () => {
    const delivery = new TestDelivery({
      rows: outboxRows(20),
      batchSize: 10,
      hub: { outcomeFor: cancelSecond, delays: [5] },
      input: { concurrency: 2 },
    });
    delivery.hub.onRequest = (request) => {
      if (request === 2) delivery.stop.drainer.abort();
    };
    expect(await delivery.run()).to.deep.equal({ error: null, complete: false, deferred: 0 });
    expect(delivery.ledger.states()).to.deep.equal(['accepted', 'not_sent']);
  });

  it('close the outbox when they end early', async () => {
    let closed = false;
    const fragments = async function* (): AsyncGenerator<Fragment> {
      try {
        for (const row of outboxRows(5)) yield { rows: [row], parent: null };
      } finally {
        closed = true;
      }
    };
    const sender = new BatchSender(scopeOf(new MemoryHub({ outcomeFor: stopWithItsNumber }), 1), {
      ledger: new MemoryLedger(),
      contractVerified: true,
      maxUnknownOutcomes: null,
      onSettled: () => undefined,
    });
    const end = await sender.send(fragments());
    expect([closed, end.complete]).to.deep.equal([true, false]);
  });

  it('number their batches on from those on record, and say whose parts they are', async () => {
    const ledger = new MemoryLedger([], 7);
    const rows = outboxRows(2);
    const fragments = async function* (): AsyncGenerator<Fragment> {
      yield { rows, parent: 3 };
    };
    const refuseFirst = (request: number): BatchOutcome | undefined =>
      request === 1 ? { kind: 'too_large', reason: { code: 'x', message: 'too large', field: null } } : undefined;
    const sender = new BatchSender(scopeOf(new MemoryHub({ outcomeFor: refuseFirst }), 2), {
      ledger,
      contractVerified: false,
      maxUnknownOutcomes: null,
      onSettled: () => undefined,
    });
    await sender.send(fragments());
    const batches = [...ledger.entries.values()].map(({ batch, settlement }) => [
      batch.number,
      batch.parent,
      settlement?.split,
    ]);
    expect(batches).to.deep.equal([
      [7, 3, true],
      [8, 7, false],
      [9, 7, false],
    ]);
  });
});

function scopeOf(destination: MemoryHub, concurrency: number): SendScope {
  const delivery = { concurrency, maxSplitRequests: 10 };
  return { destination, fence: openFence, shutdown: newShutdownSignals(), log: silentLog, delivery };
}
