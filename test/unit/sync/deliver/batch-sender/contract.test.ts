import { expect } from 'chai';
import * as fc from 'fast-check';
import { TestDelivery } from '../../../../helpers/memory/delivery.ts';
import type { TestDeliveryOptions } from '../../../../helpers/memory/delivery.ts';
import { rowErrorOf, outboxRow, outboxRows, seqOf, lettersOf } from '../../../../helpers/memory/hub.ts';

/** A Hub that refuses these rows all for the same reason. */
function refusingAlike(isBad: (seq: number) => boolean): NonNullable<TestDeliveryOptions['hub']> {
  return { rowError: (payload) => (isBad(seqOf(payload)) ? rowErrorOf(`${seqOf(payload)} is no plan`, 'plan') : null) };
}

const everybody = refusingAlike(() => true);

describe('delivery before anything was accepted', () => {
  for (const { contractVerified, batches } of [
    { contractVerified: false, batches: 3 },
    { contractVerified: true, batches: 10 },
  ]) {
    it(`stops when the first ${batches} batches are refused alike, proven before: ${String(contractVerified)}`, async () => {
      const delivery = new TestDelivery({
        rows: outboxRows(2000),
        hub: everybody,
        input: { contractVerified, concurrency: 4 },
      });
      const end = await delivery.run();
      expect(end.error).to.have.property('code', 'contract_refused');
      expect(end.error).to.have.property('recovery', 'fatal');
      expect(end.complete).to.equal(false);
      expect(delivery.ledger.rejected).to.deep.equal([]);
      expect(delivery.ledger.accepted).to.deep.equal([]);
      expect(new Set(delivery.ledger.states())).to.deep.equal(new Set(['refused']));
      const asked = new Set(delivery.hub.batches.flat().map(seqOf));
      expect(Math.max(...asked), 'only the first batches are looked into').to.equal(batches * 100);
      expect(delivery.hub.batches.length).to.be.at.most(batches * 13);
    });
  }

  it('names the reason that all refusals share, and nobody', async () => {
    const end = await new TestDelivery({
      rows: outboxRows(300),
      hub: everybody,
      input: { contractVerified: false },
    }).run();
    expect(end.error?.message).to.equal(
      'The Hub accepted no row and refused all 9 rows for the same reason: … is no plan (plan)',
    );
  });

  it('stops an unproven contract when all there is was refused alike, having asked about every row', async () => {
    const delivery = new TestDelivery({ rows: outboxRows(7), hub: everybody, input: { contractVerified: false } });
    const end = await delivery.run();
    expect(end.error).to.have.property('code', 'contract_refused');
    expect(delivery.ledger.rejected).to.deep.equal([]);
    expect(delivery.hub.batches.length).to.equal(13);
  });

  it('rejects a few rows that are refused alike when the contract is proven', async () => {
    const delivery = new TestDelivery({ rows: outboxRows(7), hub: everybody });
    expect(await delivery.run()).to.deep.equal({ error: null, complete: true, deferred: 0 });
    expect(delivery.ledger.rejectedSeqs()).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
  });

  it('rejects rows of a proven contract that were refused alike before, however many', async () => {
    const rows = Array.from({ length: 350 }, (_, at) => outboxRow(at + 1, true));
    const delivery = new TestDelivery({ rows, hub: everybody, input: { concurrency: 3 } });
    expect(await delivery.run()).to.deep.equal({ error: null, complete: true, deferred: 0 });
    expect(delivery.ledger.rejectedSeqs()).to.deep.equal(rows.map(({ seq }) => seq));
  });

  it('stops a proven contract that nobody is accepted by any more, though a few were refused before', async () => {
    const rows = Array.from({ length: 2000 }, (_, at) => outboxRow(at + 1, at === 42));
    const delivery = new TestDelivery({ rows, hub: { ...everybody, reportedRows: 'all' } });
    expect((await delivery.run()).error).to.have.property('code', 'contract_refused');
    expect(delivery.ledger.rejected).to.deep.equal([]);
  });

  it('stops an unproven contract although all rows were refused before', async () => {
    const rows = Array.from({ length: 350 }, (_, at) => outboxRow(at + 1, true));
    const end = await new TestDelivery({ rows, hub: everybody, input: { contractVerified: false } }).run();
    expect(end.error).to.have.property('code', 'contract_refused');
  });

  it('goes on when the first batches are refused for different reasons', async () => {
    const hub = {
      rowError: (payload: string) => (seqOf(payload) <= 300 ? rowErrorOf(lettersOf(seqOf(payload))) : null),
    };
    const delivery = new TestDelivery({ rows: outboxRows(400), hub, input: { contractVerified: false } });
    expect(await delivery.run()).to.deep.equal({ error: null, complete: true, deferred: 0 });
    expect(delivery.ledger.rejectedSeqs()).to.deep.equal(outboxRows(300).map(({ seq }) => seq));
    expect(delivery.acceptedSeqs()).to.have.length(100);
  });

  it('takes rows that are named for no sign against the contract before the rest was tried', async () => {
    const hub = { ...refusingAlike((seq) => seq % 100 <= 5), reportedRows: 'all' as const };
    const delivery = new TestDelivery({ rows: outboxRows(400), hub, input: { contractVerified: false } });
    expect(await delivery.run()).to.deep.equal({ error: null, complete: true, deferred: 0 });
    expect(delivery.hub.batches.length).to.equal(8);
  });

  it('takes the rest of a batch apart with all senders as soon as one row is accepted', async () => {
    const hub = { ...refusingAlike((seq) => seq === 1), delays: [3] };
    const delivery = new TestDelivery({ rows: outboxRows(8), hub, input: { concurrency: 2 } });
    let most = 0;
    delivery.hub.onRequest = () => {
      most = Math.max(most, delivery.ledger.states().filter((state) => state === null).length);
    };
    await delivery.run();
    expect(most).to.equal(2);
  });

  it('is complete when the stop comes with the answer about the last row', async () => {
    // Three of four rows are bad: the last one is asked about when nothing else is left.
    const delivery = new TestDelivery({ rows: outboxRows(4), hub: refusingAlike((seq) => seq <= 3) });
    delivery.hub.onRequest = (request) => {
      if (request === 7) delivery.stop.drainer.abort();
    };
    expect(await delivery.run()).to.deep.equal({ error: null, complete: true, deferred: 0 });
    expect([delivery.acceptedSeqs(), delivery.ledger.rejectedSeqs()]).to.deep.equal([[4], [1, 2, 3]]);
  });

  it('puts what it withheld on record as soon as one row is accepted', async () => {
    const delivery = new TestDelivery({ rows: outboxRows(100), hub: refusingAlike((seq) => seq <= 2) });
    let rejectedThen = -1;
    delivery.hub.onRequest = (request) => {
      if (delivery.hub.stored.length === 0) rejectedThen = delivery.ledger.rejected.length;
      expect(request).to.be.at.most(27);
    };
    await delivery.run();
    expect(rejectedThen).to.equal(0);
    expect(delivery.ledger.rejectedSeqs()).to.deep.equal([1, 2]);
    const numbers = [...delivery.ledger.entries.values()].map(({ batch }) => batch.number);
    expect(numbers).to.deep.equal(numbers.map((_, at) => at + 1));
  });

  it('counts a batch whose rows were all refused with a 2xx as refused, not as accepted', async () => {
    const delivery = new TestDelivery({ rows: outboxRows(5), hub: { ...everybody, partial: true } });
    expect(await delivery.run()).to.deep.equal({ error: null, complete: true, deferred: 0 });
    expect(delivery.acceptedSeqs()).to.deep.equal([]);
    expect(delivery.ledger.rejectedSeqs()).to.deep.equal([1, 2, 3, 4, 5]);
    expect(delivery.ledger.states()).to.deep.equal(['refused']);
  });

  it('takes a 2xx that stored nothing for no proof', async () => {
    const hub = { ...everybody, partial: true };
    const delivery = new TestDelivery({ rows: outboxRows(5), hub, input: { contractVerified: false } });
    expect((await delivery.run()).error).to.have.property('code', 'contract_refused');
    expect(delivery.ledger.rejected).to.deep.equal([]);
  });

  it('rejects nobody when it is drained before it can judge', async () => {
    const delivery = new TestDelivery({ rows: outboxRows(2), batchSize: 1, hub: everybody });
    const outbox = delivery.ledger.outbox.bind(delivery.ledger);
    delivery.ledger.outbox = async (after, limit) => {
      const rows = await outbox(after, limit);
      if (rows.length === 0) delivery.stop.drainer.abort();
      return rows;
    };
    expect(await delivery.run()).to.deep.equal({ error: null, complete: false, deferred: 0 });
    expect(delivery.ledger.rejected).to.deep.equal([]);
  });

  it('uses one sender until a row is accepted, then all of them', async () => {
    const hub = { ...refusingAlike((seq) => seq <= 3), delays: [3] };
    const delivery = new TestDelivery({ rows: outboxRows(1000), hub, input: { concurrency: 3 } });
    let most = { before: 0, after: 0 };
    delivery.hub.onRequest = () => {
      const inFlight = delivery.ledger.states().filter((state) => state === null).length;
      if (delivery.hub.stored.length === 0) most = { ...most, before: Math.max(most.before, inFlight) };
      else most = { ...most, after: Math.max(most.after, inFlight) };
    };
    await delivery.run();
    expect(most).to.deep.equal({ before: 1, after: 3 });
  });

  it('is complete at once when there is nothing to send', async () => {
    for (const contractVerified of [true, false]) {
      const delivery = new TestDelivery({ rows: [], input: { contractVerified } });
      expect(await delivery.run()).to.deep.equal({ error: null, complete: true, deferred: 0 });
      expect(delivery.hub.batches).to.deep.equal([]);
    }
  });

  it('rejects nobody or settles everybody, whichever rows are refused alike', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        async (bad, batchSize, contractVerified) => {
          const hub = refusingAlike((seq) => bad[seq - 1] === true);
          const delivery = new TestDelivery({
            rows: outboxRows(bad.length),
            hub,
            batchSize,
            input: { contractVerified },
          });
          const { error, complete } = await delivery.run();
          const fates = [...delivery.acceptedSeqs(), ...delivery.ledger.rejectedSeqs()].toSorted((a, b) => a - b);
          expect(delivery.acceptedSeqs()).to.deep.equal(delivery.storedSeqs());
          if (error === null) expect(fates).to.deep.equal(outboxRows(bad.length).map(({ seq }) => seq));
          else expect([error.code, fates, complete]).to.deep.equal(['contract_refused', [], false]);
        },
      ),
      { numRuns: 200 },
    );
  });
});
