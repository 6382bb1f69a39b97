import { expect } from 'chai';
import * as fc from 'fast-check';
import { TestDelivery } from '../../../../helpers/memory/delivery.ts';
import { rowErrorOf, outboxRows, seqOf, lettersOf } from '../../../../helpers/memory/hub.ts';

function refusing(bad: readonly number[]): { rowError(payload: string): ReturnType<typeof rowErrorOf> | null } {
  return { rowError: (payload) => (bad.includes(seqOf(payload)) ? rowErrorOf(lettersOf(seqOf(payload))) : null) };
}

describe('the budget for taking batches apart', () => {
  it('leaves the rows of refused batches unsent once it is used up, and says how many', async () => {
    const delivery = new TestDelivery({
      rows: outboxRows(40),
      batchSize: 10,
      hub: refusing([12, 32]),
      input: { maxSplitRequests: 2 },
    });
    const end = await delivery.run();
    // The second batch is halved once; the part with the bad row and the whole fourth batch are held back.
    expect(end).to.deep.equal({ error: null, complete: true, deferred: 15 });
    expect(delivery.ledger.rejected).to.deep.equal([]);
    expect(delivery.acceptedSeqs()).to.deep.equal(
      outboxRows(40)
        .map(({ seq }) => seq)
        .filter((seq) => (seq < 11 || seq > 15) && seq <= 30),
    );
    expect(delivery.hub.batches.length).to.equal(6);
  });

  it('sends every batch once and takes none apart without a budget', async () => {
    const delivery = new TestDelivery({
      rows: outboxRows(40),
      batchSize: 10,
      hub: refusing([12]),
      input: { maxSplitRequests: 0, concurrency: 2 },
    });
    expect(await delivery.run()).to.deep.equal({ error: null, complete: true, deferred: 10 });
    expect(delivery.hub.batches).to.have.length(4);
    expect(delivery.acceptedSeqs()).to.have.length(30);
  });

  it('accounts for every row: accepted, rejected or held back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.integer({ min: 0, max: 5 }).map((number) => number === 0),
          { minLength: 1, maxLength: 150 },
        ),
        fc.record({
          batchSize: fc.integer({ min: 1, max: 50 }),
          maxSplitRequests: fc.integer({ min: 0, max: 40 }),
          concurrency: fc.integer({ min: 1, max: 4 }),
          names: fc.constantFrom('all', 'first', 'none'),
        }),
        async (flags, { batchSize, maxSplitRequests, concurrency, names }) => {
          const bad = flags.flatMap((flag, at) => (flag ? [at + 1] : []));
          const rows = outboxRows(flags.length);
          const hub = { ...refusing(bad), reportedRows: names };
          const delivery = new TestDelivery({ rows, batchSize, hub, input: { maxSplitRequests, concurrency } });
          const end = await delivery.run();
          const { ledger } = delivery;
          const batches = Math.ceil(rows.length / batchSize);
          expect(delivery.hub.batches.length).to.be.at.most(batches + maxSplitRequests);
          expect(delivery.acceptedSeqs()).to.deep.equal(delivery.storedSeqs());
          expect(new Set(ledger.accepted).size).to.equal(ledger.accepted.length);
          for (const seq of ledger.rejectedSeqs()) expect(bad).to.include(seq);
          if (end.error !== null) return;
          expect(end.complete).to.equal(true);
          expect(ledger.accepted.length + ledger.rejected.length + end.deferred).to.equal(rows.length);
        },
      ),
      { numRuns: 300 },
    );
  });
});
