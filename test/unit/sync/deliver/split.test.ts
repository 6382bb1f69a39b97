import { expect } from 'chai';
import * as fc from 'fast-check';
import type { BatchOutcome } from '../../../../src/core/ports/destination.ts';
import { splitRefused } from '../../../../src/sync/deliver/split.ts';
import { rowErrorOf, outboxRows } from '../../../helpers/memory/hub.ts';

const fault = rowErrorOf('no');

function seqs(rows: readonly { readonly seq: number }[]): readonly number[] {
  return rows.map(({ seq }) => seq);
}

describe('splitting of a refused batch', () => {
  it('sets the rows aside that the Hub named and keeps the rest together, in order', () => {
    const refusals = [
      { ...rowErrorOf('bad city', 'city'), index: 3 },
      { ...rowErrorOf('bad title', 'title'), index: 0 },
    ];
    const verdict = splitRefused(outboxRows(5), { kind: 'rows_refused', refusals });
    expect(verdict.rejected.map(({ row, error: { message } }) => [row.seq, message])).to.deep.equal([
      [1, 'bad title'],
      [4, 'bad city'],
    ]);
    expect(verdict.remaining.map(seqs)).to.deep.equal([[2, 3, 5]]);
  });

  it('has nothing to send again when all rows were named', () => {
    const refusals = [0, 1].map((index) => ({ ...fault, index }));
    const verdict = splitRefused(outboxRows(2), { kind: 'rows_refused', refusals });
    expect([verdict.rejected.length, verdict.remaining]).to.deep.equal([2, []]);
  });

  const halves: readonly [number, readonly (readonly number[])[]][] = [
    [2, [[1], [2]]],
    [3, [[1, 2], [3]]],
    [
      4,
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      5,
      [
        [1, 2, 3],
        [4, 5],
      ],
    ],
  ];
  for (const kind of ['batch_refused', 'too_large'] as const) {
    for (const [count, again] of halves) {
      it(`halves ${count} rows after ${kind}, rejecting nobody`, () => {
        const verdict = splitRefused(outboxRows(count), { kind, reason: fault });
        expect([verdict.rejected, verdict.remaining.map(seqs)]).to.deep.equal([[], again]);
      });
    }

    it(`rejects a row that stands alone after ${kind}`, () => {
      const [row] = outboxRows(1);
      expect(splitRefused(outboxRows(1), { kind, reason: fault })).to.deep.equal({
        rejected: [{ row, error: fault }],
        remaining: [],
      });
    });
  }

  it('keeps every row exactly once', () => {
    const refused = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        refused,
        fc.constantFrom('rows_refused', 'batch_refused', 'too_large'),
        (count, indexes, kind) => {
          const meaning: Extract<BatchOutcome, { kind: typeof kind }> =
            kind === 'rows_refused'
              ? { kind, refusals: indexes.map((index) => ({ ...fault, index })) }
              : { kind, reason: fault };
          const { rejected, remaining: again } = splitRefused(outboxRows(count), meaning);
          const all = [...seqs(rejected.map(({ row }) => row)), ...again.flatMap(seqs)].toSorted((a, b) => a - b);
          expect(all).to.deep.equal(seqs(outboxRows(count)));
          for (const part of again) expect(part).not.to.deep.equal([]);
        },
      ),
    );
  });
});
