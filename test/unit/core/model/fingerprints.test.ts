import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  addKeyToRowHash,
  bucketBitsFor,
  Fingerprints,
  keyHash,
  rowHashWords,
} from '../../../../src/core/model/fingerprints.ts';

/** A row of the tests: the hash of its key, and the words of the hash of its line. */
type Row = readonly [number, readonly [number, number, number, number]];

const word = fc.integer({ min: 0, max: 0xffffffff });
const rowsOf = fc.array(fc.tuple(fc.integer(), fc.tuple(word, word, word, word)), { maxLength: 60 });

function keyWords([key]: Row): Uint32Array {
  return Uint32Array.of(key, ~key);
}

function rowWords(row: Row): Uint32Array {
  const words = new Uint32Array(rowHashWords);
  words.set(row[1]);
  addKeyToRowHash(words, keyWords(row));
  return words;
}

function fingerprintsOf(rows: readonly Row[], bits: number): Fingerprints {
  const fingerprints = Fingerprints.empty(bits);
  for (const row of rows) fingerprints.add(fingerprints.bucketOf(row[0]), rowWords(row));
  return fingerprints;
}

/** Which of the rows are all that makes their one bucket another than that of the rows before. */
function singleRows(after: readonly Row[], before: readonly Row[]): readonly Row[] {
  const former = { before: fingerprintsOf(before, 0), bucket: 0 };
  const current = fingerprintsOf(after, 0);
  return after.filter((row) => current.changedOnlyBy(rowWords(row), keyWords(row), former));
}

function equalBuckets(one: Fingerprints, other: Fingerprints): readonly boolean[] {
  return Array.from({ length: one.bucketCount }, (_, bucket) => one.isEqual(other, bucket));
}

describe('fingerprints', () => {
  it('do not depend on the order of the rows', () => {
    fc.assert(
      fc.property(rowsOf, (rows) => {
        expect(fingerprintsOf(rows.toReversed(), 3).toBytes()).to.deep.equal(fingerprintsOf(rows, 3).toBytes());
      }),
    );
  });

  it('differ in the bucket of a row that is new, gone or different, and in no other', () => {
    const rows: readonly Row[] = [
      [8, [1, 2, 3, 4]],
      [8, [5, 6, 7, 8]],
      [9, [1, 1, 1, 1]],
    ];
    const before = fingerprintsOf(rows, 3);
    const others = {
      new: [...rows, [16, [9, 9, 9, 9]]],
      gone: rows.slice(1),
      different: [[8, [1, 2, 3, 5]], ...rows.slice(1)],
    } satisfies Record<string, readonly Row[]>;
    for (const changed of Object.values(others)) {
      const equal = equalBuckets(before, fingerprintsOf(changed, 3));
      expect(equal).to.deep.equal(equal.map((_, bucket) => bucket !== 0));
    }
  });

  it('count rows, so that two rows whose hashes cancel out show all the same', () => {
    const canceling: readonly Row[] = [
      [1, [1, 0, 0, 0]],
      [1, [0xffffffff, 0xffffffff, 0, 0]],
    ];
    expect(fingerprintsOf([], 0).isEqual(fingerprintsOf(canceling, 0), 0)).to.equal(false);
    expect(fingerprintsOf([], 0).isEqual(fingerprintsOf([], 0), 0)).to.equal(true);
  });

  it('sum hashes, so that rows which change while their number stays show', () => {
    const swapped: readonly Row[] = [
      [1, [1, 0, 0, 0]],
      [1, [0, 1, 0, 0]],
    ];
    const merged: readonly Row[] = [
      [1, [1, 1, 0, 0]],
      [1, [0, 0, 0, 1]],
    ];
    expect(fingerprintsOf(swapped, 0).isEqual(fingerprintsOf(merged, 0), 0)).to.equal(false);
  });

  describe('tell which row of a bucket changed', () => {
    const rows = fc.uniqueArray(fc.tuple(fc.integer(), fc.tuple(word, word, word, word)), {
      minLength: 3,
      maxLength: 30,
      selector: ([key]) => key,
    });
    const values = fc.tuple(word, word, word, word);

    it('if it is one', () => {
      fc.assert(
        fc.property(rows, values, ([first, ...others], changed) => {
          if (first === undefined) return;
          const row: Row = [first[0], changed];
          fc.pre(String(changed) !== String(first[1]));
          expect(singleRows([...others, row], [first, ...others]), 'changed').to.deep.equal([row]);
          expect(singleRows([...others, row], others), 'new').to.deep.equal([row]);
        }),
      );
    });

    it('and not if there are others, or it came in the place of another one', () => {
      fc.assert(
        fc.property(rows, values, values, ([first, second, ...others], changed, changedToo) => {
          if (first === undefined || second === undefined) return;
          fc.pre(String(changed) !== String(first[1]) && String(changedToo) !== String(second[1]));
          const [one, two]: [Row, Row] = [
            [first[0], changed],
            [second[0], changedToo],
          ];
          expect(singleRows([one, two, ...others], [first, second, ...others]), 'two changed').to.deep.equal([]);
          expect(singleRows([one, second, ...others], others), 'two are new').to.deep.equal([]);
          expect(singleRows([one, second, ...others], [first, ...others]), 'new and changed').to.deep.equal([]);
          expect(singleRows([one, ...others], [second, ...others]), 'left and new').to.deep.equal([]);
          expect(singleRows([second, ...others], [first, second, ...others]), 'left').to.deep.equal([]);
        }),
      );
    });

    it('first by the first words of its hash and its key, which two changes can have in common', () => {
      const [one, other]: [Row, Row] = [
        [1, [1, 2, 3, 4]],
        [2, [5, 6, 7, 8]],
      ];
      const [changed, changedToo]: [Row, Row] = [
        [1, [9, 2, 3, 4]],
        [2, [5, 6, 0, 8]],
      ];
      const before = fingerprintsOf([one, other], 0);
      const current = fingerprintsOf([changed, changedToo], 0);
      const mayBe = ([key, [first]]: Row): boolean => current.mayBeChangedOnlyBy(first, key, { before, bucket: 0 });
      expect([changed, changedToo].map(mayBe)).to.deep.equal([true, false]);
      expect(singleRows([changed, changedToo], [one, other])).to.deep.equal([]);
    });

    it('but not where the bucket was unstable', () => {
      const before = fingerprintsOf([[1, [1, 2, 3, 4]]], 0);
      before.markUnstable(0);
      const row: Row = [1, [1, 2, 3, 5]];
      const current = fingerprintsOf([row], 0);
      expect(current.changedOnlyBy(rowWords(row), keyWords(row), { before, bucket: 0 })).to.equal(false);
    });
  });

  it('have nothing but a keyed hash in the place of their sums, where they are keyed', () => {
    const rows: readonly Row[] = [
      [0, [1, 2, 3, 4]],
      [1, [5, 6, 7, 8]],
    ];
    const asked: string[] = [];
    const keyed = fingerprintsOf(rows, 2).keyed((text) => {
      asked.push(text);
      return '0000000100000002000000030000000f';
    });
    const bytes = keyed.toBytes();
    expect(new Uint32Array(bytes.buffer, bytes.byteOffset, 16)).to.deep.equal(
      Uint32Array.of(1, 0, 1, 2, 3, 15, 0, 0, 1, 0, 1, 2, 3, 15, 0, 0),
    );
    expect(new Set(asked).size).to.equal(2);
    for (const [at, row] of rows.entries()) expect(asked[at]).to.include([...rowWords(row)].join(' '));
  });

  it('never equal anything in a bucket that is unstable, not even themselves', () => {
    const fingerprints = fingerprintsOf([[2, [1, 2, 3, 4]]], 2);
    fingerprints.markUnstable(2);
    expect(equalBuckets(fingerprints, fingerprints)).to.deep.equal([true, true, false, true]);
    expect(equalBuckets(fingerprintsOf([[2, [1, 2, 3, 4]]], 2), fingerprints)).to.deep.equal([true, true, false, true]);
  });

  it('are the same after they were stored', () => {
    fc.assert(
      fc.property(rowsOf, fc.integer({ min: 0, max: 5 }), (rows, bits) => {
        const fingerprints = fingerprintsOf(rows, bits);
        fingerprints.addSkipped(0, 3);
        const stored = Fingerprints.fromBytes(Buffer.concat([Buffer.alloc(1), fingerprints.toBytes()]).subarray(1));
        expect(stored?.toBytes()).to.deep.equal(fingerprints.toBytes());
        expect(stored?.state(0).skipped).to.equal(3);
      }),
    );
  });

  it('are the same after what changed was stored', () => {
    fc.assert(
      fc.property(rowsOf, rowsOf, rowsOf, (kept, gone, come) => {
        const before = fingerprintsOf([...kept, ...gone], 4);
        const after = fingerprintsOf([...kept, ...come], 4);
        after.markUnstable(3);
        after.addSkipped(5, 2);
        const changes = after.changesSince(before) ?? Buffer.alloc(0);
        expect(changes.length).to.be.at.least(2 * 36);
        const stored = Fingerprints.fromBytes(Buffer.from(before.toBytes()), changes);
        expect(stored?.toBytes()).to.deep.equal(after.toBytes());
        const back = before.changesSince(after) ?? Buffer.alloc(0);
        const twice = Fingerprints.fromBytes(Buffer.from(before.toBytes()), Buffer.concat([changes, back]));
        expect(twice?.toBytes(), 'the last counts').to.deep.equal(before.toBytes());
      }),
    );
    const some = fingerprintsOf([[1, [1, 2, 3, 4]]], 4);
    expect(some.changesSince(some)).to.deep.equal(Buffer.alloc(0));
    expect(some.changesSince(Fingerprints.empty(3)), 'other buckets').to.equal(null);
  });

  it('are not read from bytes that are no such list', () => {
    for (const length of [0, 1, 24, 31, 33, 96])
      expect(Fingerprints.fromBytes(Buffer.alloc(length)), `${length}`).to.equal(null);
    for (const changes of [Buffer.alloc(35), Buffer.alloc(37), Buffer.alloc(36, 1)])
      expect(Fingerprints.fromBytes(Buffer.alloc(64), changes), `${changes.length} of changes`).to.equal(null);
    expect(Fingerprints.fromBytes(Buffer.alloc(64), Buffer.alloc(36))).to.not.equal(null);
  });

  it('folded into fewer buckets are those of the rows in fewer buckets, and unstable where one was', () => {
    fc.assert(
      fc.property(rowsOf, (rows) => {
        expect(fingerprintsOf(rows, 5).fold(2).toBytes()).to.deep.equal(fingerprintsOf(rows, 2).toBytes());
      }),
    );
    const fingerprints = fingerprintsOf([[1, [1, 2, 3, 4]]], 3);
    fingerprints.markUnstable(5);
    const folded = fingerprints.fold(2);
    expect(equalBuckets(folded, folded)).to.deep.equal([true, false, true, true]);
    expect(fingerprints.fold(3)).to.equal(fingerprints);
  });

  it('have 15 to 30 rows a bucket, up to a million buckets', () => {
    expect([0, 1, 15, 29, 30, 1000, 1_000_000, 15 * 2 ** 20, 10 ** 9].map(bucketBitsFor)).to.deep.equal([
      0, 0, 0, 0, 1, 6, 16, 20, 20,
    ]);
  });

  for (const by of ['hashtext', 'sha256'] as const)
    it(`spread keys evenly by ${by}`, () => {
      const counts = Array.from({ length: 64 }, () => 0);
      for (let n = 0; n < 6400; n += 1) {
        const bucket = keyHash(`person${n}@example.test`, by) & 63;
        counts[bucket] = (counts[bucket] ?? 0) + 1;
      }
      expect(Math.min(...counts)).to.be.above(50);
      expect(Math.max(...counts)).to.be.below(160);
    });
});
