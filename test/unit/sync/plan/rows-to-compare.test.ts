import { expect } from 'chai';
import * as fc from 'fast-check';
import { keyHash } from '../../../../src/core/model/fingerprints.ts';
import type { Fingerprints } from '../../../../src/core/model/fingerprints.ts';
import { viewOf } from '../../../../src/lib/hash/words.ts';
import { createRowHasher } from '../../../../src/sync/plan/stage/row-hasher.ts';
import { hashedCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { hasKey, model, modelLine, projection, stageLines, textOf } from '../../../helpers/fixtures/staged-lines.ts';
import type { Line, StagedRow } from '../../../helpers/fixtures/staged-lines.ts';

/** What may happen to a line of the model, given another one. */
const edits: Readonly<Record<string, (former: Line, other: Line) => readonly Line[]>> = {
  change: ([address], [, city]) => [[address, city]],
  respell: ([address, city]) => [[address.toUpperCase(), city]],
  replace: (_, other) => [other],
  leave: () => [],
  repeat: (former) => [former, former],
  add: (former, other) => [former, other],
};
/** A few only, so that in many buckets it is one row that changes. */
const story = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...Object.keys(edits)), modelLine), { maxLength: 8 });

function edited(lines: readonly Line[], changes: readonly (readonly [number, string, Line])[]): readonly Line[] {
  const after = [...lines];
  for (const [place, edit, other] of changes) {
    const at = place % Math.max(1, after.length);
    const [former = other] = after.slice(at, at + 1);
    after.splice(at, 1, ...(edits[edit]?.(former, other) ?? []));
  }
  return after;
}

/** Of the rows after: a row that is all that changed in its bucket, or all rows of a bucket that changed otherwise. */
function rowsToCompare(
  before: readonly StagedRow[],
  after: readonly StagedRow[],
  fingerprints: Fingerprints | null,
): readonly StagedRow[] {
  const bucketOf = ({ key }: StagedRow): number | undefined => fingerprints?.bucketOf(keyHash(key, 'hashtext'));
  return after.filter((row) => {
    const bucket = bucketOf(row);
    const [were, are] = [before, after].map((rows) => rows.filter((other) => bucketOf(other) === bucket));
    const [gone, came] = [without(were ?? [], are ?? []), without(are ?? [], were ?? [])];
    if (gone.length + came.length === 0) return false;
    const [single] = came;
    const isAlone =
      came.length === 1 &&
      gone.length <= 1 &&
      gone.every(({ key }) => key === single?.key) &&
      are?.filter(({ key }) => key === single?.key).length === 1;
    return !isAlone || row === single;
  });
}

/** What is left of some rows without others of the same lines. */
function without(rows: readonly StagedRow[], others: readonly StagedRow[]): readonly StagedRow[] {
  const lines = others.map(({ line }) => line);
  return rows.filter(({ line }) => {
    const at = lines.indexOf(line);
    if (at >= 0) lines.splice(at, 1);
    return at < 0;
  });
}

describe('rows to compare', () => {
  it('are staged as ever where their bucket changed, alone or with everybody else in it, and nobody else is', async () => {
    await fc.assert(
      fc.asyncProperty(model, story, async (before, changes) => {
        const { fingerprints, ...first } = await stageLines(before, null);
        const after = edited(before, changes);
        const all = await stageLines(after, null);
        const some = await stageLines(after, fingerprints);
        expect(some.rows).to.deep.equal(rowsToCompare(first.rows, all.rows, fingerprints));
        expect(all.rows.map(({ line }) => `${line}\n`)).to.deep.equal(after.filter(hasKey).map(textOf));
        expect(some.result.invalidKeyRows).to.deep.equal(all.result.invalidKeyRows);
        expect(some.result.staged + some.result.equal.rows).to.equal(all.result.staged);
      }),
      { numRuns: 60 },
    );
  });

  const people = Array.from({ length: 20 }, (_, n): Line => [`p${n}@example.test`, 'Oslo']);

  const singles: Readonly<Record<string, readonly [before: readonly Line[], after: Line]>> = {
    'its values': [
      [['a@example.test', 'Oslo'], ...people],
      ['a@example.test', 'Rome'],
    ],
    'the case of its e-mail': [
      [['a@example.test', 'Oslo'], ...people],
      ['A@example.test', 'Oslo'],
    ],
    'nothing, for it is new': [people, ['a@example.test', 'Oslo']],
  };
  for (const [what, [before, after]] of Object.entries(singles)) {
    it(`are left alone where all that changed is a row, and of it ${what}`, async () => {
      const { fingerprints } = await stageLines(before, null);
      const { result, rows } = await stageLines([...people, after], fingerprints);
      expect(rows.map(({ line: staged }) => staged)).to.deep.equal([after.join('\t')]);
      expect(result.equal).to.deep.equal({ buckets: 0, rows: 20, skipped: 0 });
    });
  }

  it('are all staged where the fingerprints are keyed', async () => {
    const keyedHash = hashedCodec.bucketHash;
    expect(keyedHash).to.not.equal(null);
    const { fingerprints } = await stageLines(people, null, keyedHash);
    expect((await stageLines(people, fingerprints, keyedHash)).result.staged).to.equal(0);
    const changed = people.with(3, ['p3@example.test', 'Rome']);
    expect((await stageLines(changed, fingerprints, keyedHash)).result.staged).to.equal(20);
  });

  it('are all staged where the index takes one of two changes for the only one', async () => {
    // Lines whose hashes share their first word, all that the index has of them.
    const hasher = createRowHasher(projection);
    const cities = new Map<number | undefined, string>();
    let pair: readonly [string, string] | null = null;
    for (let n = 0; pair === null; n += 1) {
      const city = `${n}`;
      const bytes = Buffer.from(`a@example.test\t${city}`);
      hasher.hash(viewOf(bytes), 0, bytes.length);
      const other = cities.get(hasher.row[0]);
      if (other !== undefined) pair = [other, city];
      cities.set(hasher.row[0], city);
    }
    const [former, now] = pair;
    const { fingerprints } = await stageLines(
      [['a@example.test', former], ['b@example.test', 'Oslo'], ...people],
      null,
    );
    const after: readonly Line[] = [['a@example.test', now], ['b@example.test', 'Rome'], ...people];
    expect((await stageLines(after, fingerprints)).result.staged).to.equal(22);
  });

  describe('some of which the mode skips', () => {
    const changed = people.with(3, ['p3@example.test', 'Rome']);
    const added = [...people, ['new@example.test', 'Oslo'] as const];
    const cases = [
      ['none of them, and one changed', 0, changed, { staged: 1, equal: { rows: 19, skipped: 0 } }],
      ['all of them, and one changed', 20, changed, { staged: 1, equal: { rows: 19, skipped: 19 } }],
      ['some of them, and one changed', 7, changed, { staged: 20, equal: { rows: 0, skipped: 0 } }],
      ['some of them, and one is new', 7, added, { staged: 1, equal: { rows: 20, skipped: 7 } }],
    ] as const;
    for (const [what, skipped, after, { staged, equal }] of cases)
      it(`are counted: ${what}`, async () => {
        const { fingerprints } = await stageLines(people, null);
        fingerprints?.addSkipped(0, skipped);
        const { result, fingerprints: next } = await stageLines(after, fingerprints);
        expect(result).to.deep.include({ staged, equal: { buckets: 0, ...equal } });
        expect(next?.state(0)).to.deep.equal({ rows: after.length, skipped: equal.skipped });
      });
  });
});
