import { expect } from 'chai';
import * as fc from 'fast-check';
import type { OutboxRow } from '../../../../src/core/ports/run/ledger.ts';
import { batchesOf, toBatches } from '../../../../src/sync/deliver/batches.ts';
import { MemoryLedger } from '../../../helpers/memory/ledger.ts';
import { outboxRow, outboxRows } from '../../../helpers/memory/hub.ts';

const mostBytes = 900_000;

function seqs(batches: Iterable<readonly OutboxRow[]>): readonly (readonly number[])[] {
  return [...batches].map((rows) => rows.map(({ seq }) => seq));
}

function sized(bytes: number, at: number): OutboxRow {
  return { ...outboxRow(at + 1), payload: 'é'.repeat(bytes / 2) };
}

async function collected(
  rows: readonly OutboxRow[],
  batchSize: number,
  limit: number,
): Promise<(readonly OutboxRow[])[]> {
  const batches: (readonly OutboxRow[])[] = [];
  for await (const batch of batchesOf(new MemoryLedger(rows), batchSize, limit)) batches.push(batch);
  return batches;
}

describe('batches', () => {
  it('hold at most so many rows', () => {
    expect(seqs(toBatches(outboxRows(5), 2))).to.deep.equal([[1, 2], [3, 4], [5]]);
    expect(seqs(toBatches(outboxRows(4), 2))).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
    expect(seqs(toBatches([], 2))).to.deep.equal([]);
  });

  it('stay under the body limit, counted in bytes; a row that is longer travels alone', () => {
    const rows = [500_000, 400_000, 2, 1_000_000, 2].map(sized);
    expect(seqs(toBatches(rows, 100))).to.deep.equal([[1, 2], [3], [4], [5]]);
    expect(seqs(toBatches([1_000_000, 2].map(sized), 100))).to.deep.equal([[1], [2]]);
    expect(seqs(toBatches([500_000, 500_000, 300_000].map(sized), 100))).to.deep.equal([[1], [2, 3]]);
  });

  it('never mix rows that were refused before with others', () => {
    const rows = [false, false, true, true, true, false].map((suspect, at) => outboxRow(at + 1, suspect));
    expect(seqs(toBatches(rows, 2))).to.deep.equal([[1, 2], [3, 4], [5], [6]]);
  });

  it('keep all rows in their order, whatever their size', () => {
    const row = fc.record({ bytes: fc.integer({ min: 0, max: 600_000 }), suspect: fc.boolean() });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (shapes, batchSize) => {
        const rows = shapes.map(({ bytes, suspect }, at) => ({
          ...outboxRow(at + 1, suspect),
          payload: 'x'.repeat(bytes),
        }));
        const batches = [...toBatches(rows, batchSize)];
        expect(batches.flat()).to.deep.equal(rows);
        for (const batch of batches) {
          const bytes = batch.reduce((sum, { payload }) => sum + payload.length, 0);
          expect(batch.length).to.be.within(1, batchSize);
          if (batch.length > 1) expect(bytes).to.be.at.most(mostBytes);
          expect(new Set(batch.map(({ previouslyRejected: suspect }) => suspect)).size).to.equal(1);
        }
      }),
      { numRuns: 50 },
    );
  });

  for (const batchSize of [1, 7, 100]) {
    it(`of ${batchSize} are filled across the pages of the outbox`, async () => {
      const rows = outboxRows(4321);
      const batches = await collected(rows, batchSize, Number.POSITIVE_INFINITY);
      expect(batches.flat()).to.deep.equal(rows);
      expect(batches).to.have.length(Math.ceil(4321 / batchSize));
    });
  }

  it('end at the limit', async () => {
    for (const limit of [0, 1, 150, 2000, 2050]) {
      const batches = await collected(outboxRows(3000), 100, limit);
      expect(batches.flat().map(({ seq }) => seq)).to.deep.equal(outboxRows(limit).map(({ seq }) => seq));
    }
  });

  it('start where the sequence numbers do, with gaps', async () => {
    const rows = [3, 17, 2 ** 40 + 1].map((seq) => outboxRow(seq, seq > 2 ** 40));
    expect(seqs(await collected(rows, 100, 100))).to.deep.equal([[3, 17], [2 ** 40 + 1]]);
  });
});
