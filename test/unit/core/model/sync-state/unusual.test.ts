import { expect } from 'chai';
import * as fc from 'fast-check';
import { findUnusual, maxComparedRuns } from '../../../../../src/core/model/sync-state/unusual.ts';
import type { ComparedRun } from '../../../../../src/core/model/sync-state/unusual.ts';

const hourMs = 3_600_000;
const nowMs = Date.UTC(2026, 10, 23, 9);

type Counts = Partial<Omit<ComparedRun, 'finishedAt'>>;

function runAt(hoursAgo: number, counts: Counts = {}): ComparedRun {
  return {
    read: 3000,
    changed: 40,
    invalid: 3,
    removed: 10,
    ...counts,
    finishedAt: new Date(nowMs - hoursAgo * hourMs),
  };
}

/** Runs before the present one, newest first. */
function history(count: number, intervalHours: number, countsOf: (hoursAgo: number) => Counts): readonly ComparedRun[] {
  return Array.from({ length: count }, (_, at) => (at + 1) * intervalHours).map((hours) =>
    runAt(hours, countsOf(hours)),
  );
}

/** Something between -1 and 1 that looks like chance, and is the same every time. */
const wobble = (seed: number): number => Math.sin(seed * 12.9898);

const steady = history(30, 1, (hours) => ({
  read: 3000 + Math.round(10 * wobble(hours)),
  changed: 40 + Math.round(15 * wobble(hours + 0.5)),
}));

function unusualIn(run: ComparedRun, earlier: readonly ComparedRun[]): readonly string[] {
  return findUnusual(run, earlier).map(({ count }) => count);
}

describe('what is unusual about a run', () => {
  const cases: readonly (readonly [string, Counts, readonly string[]])[] = [
    ['nothing, like the runs before', {}, []],
    ['nothing, a little further', { read: 3100, changed: 90, invalid: 20, removed: 25 }, []],
    ['half of the rows', { read: 1500 }, ['read']],
    ['twice the rows', { read: 6000 }, ['read']],
    ['changes to everybody', { changed: 2990 }, ['changed']],
    ['many invalid rows', { invalid: 400 }, ['invalid']],
    ['many people who left', { removed: 600 }, ['removed']],
    [
      'all at once',
      { read: 1000, changed: 900, invalid: 500, removed: 2000 },
      ['read', 'changed', 'invalid', 'removed'],
    ],
    ['fewer invalid rows and people who left are no news', { invalid: 0, removed: 0 }, []],
  ];
  for (const [what, counts, expected] of cases)
    it(`is: ${what}`, () => expect(unusualIn(runAt(0, counts), steady)).to.deep.equal(expected));

  it('says what was usual', () => {
    const constant = history(30, 1, (hours) => ({ read: hours === 5 ? 2950 : 3000 }));
    expect(findUnusual(runAt(0, { read: 9000 }), constant)).to.deep.equal([
      { count: 'read', value: 9000, median: 3000, least: 2950, most: 3000 },
    ]);
  });

  it('is unknown after too few runs, the first load among them', () => {
    const firstLoad = runAt(9, { changed: 3000 });
    const few = [...history(8, 1, () => ({ changed: 0 })), firstLoad];
    expect(unusualIn(runAt(0, { read: 1, changed: 0 }), few)).to.deep.equal([]);
    expect(unusualIn(firstLoad, [])).to.deep.equal([]);
    const enough = [...history(9, 1, () => ({ changed: 0 })), runAt(10, { changed: 3000 })];
    expect(unusualIn(runAt(0, { changed: 3000 }), enough), 'the load is one run only').to.deep.equal(['changed']);
  });

  it('allows for a little where the runs before were all the same', () => {
    const same = history(30, 1, () => ({ read: 100, changed: 0, invalid: 0, removed: 0 }));
    expect(unusualIn(runAt(0, { read: 120, changed: 20, invalid: 20, removed: 20 }), same)).to.deep.equal([]);
    expect(unusualIn(runAt(0, { read: 121, changed: 21, invalid: 21, removed: 21 }), same)).to.have.length(4);
    const large = history(30, 1, () => ({ read: 1_000_000, changed: 0 }));
    expect(unusualIn(runAt(0, { read: 1_000_000, changed: 900 }), large), 'of a million').to.deep.equal([]);
  });

  it('is not the busy hour of every day, nor the Monday of every week', () => {
    const busyMornings = history(24 * 9, 1, (hours) => ({ changed: hours % 24 === 0 ? 900 : 10 }));
    expect(unusualIn(runAt(0, { changed: 1000 }), busyMornings)).to.deep.equal([]);
    expect(unusualIn(runAt(0, { changed: 2900 }), busyMornings), 'far more than on other days').to.deep.equal([
      'changed',
    ]);
    const elsewhen = history(24 * 9, 1, (hours) => ({ changed: hours % 24 === 2 ? 900 : 10 }));
    expect(
      unusualIn(
        runAt(0, { changed: 1000 }),
        elsewhen.filter((_, at) => at >= 2),
      ),
      'at another hour',
    ).to.deep.equal(['changed']);
    const mondays = history(60, 24, (hours) => ({ changed: hours % 168 === 0 ? 2000 : 30 }));
    expect(unusualIn(runAt(0, { changed: 2100 }), mondays)).to.deep.equal([]);
    const mondayMornings = history(24 * 7, 1, (hours) => ({ changed: hours === 168 ? 900 : 10 }));
    expect(unusualIn(runAt(0, { changed: 950 }), mondayMornings), 'a week ago only').to.deep.equal([]);
  });

  it('follows a trend, and a new level after two runs', () => {
    const growing = history(30, 1, (hours) => ({ read: 9000 - 100 * hours, removed: 900 - 10 * hours }));
    expect(unusualIn(runAt(0, { read: 9000, removed: 900 }), growing)).to.deep.equal([]);
    const doubled = history(30, 1, (hours) => ({ read: hours <= 2 ? 6000 : 3000 }));
    expect(unusualIn(runAt(0, { read: 6000 }), doubled)).to.deep.equal([]);
  });

  const amount = fc.integer({ min: 0, max: 2_000_000 });
  const counts = fc.record({ read: amount, changed: amount, invalid: amount, removed: amount });
  const histories = fc
    .array(counts, { minLength: 10, maxLength: maxComparedRuns })
    .map((all) => all.map((one, at) => runAt((at + 1) * 5, one)));

  it('is never a run like one that was there twice', () => {
    fc.assert(
      fc.property(histories, (earlier) => {
        const [first] = earlier;
        const twice = [first, first, ...earlier.slice(2)].flatMap((run) => (run === undefined ? [] : [run]));
        expect(unusualIn(runAt(0, first), twice)).to.deep.equal([]);
      }),
    );
  });

  it('does not depend on the order of the runs before, and grows with the distance', () => {
    fc.assert(
      fc.property(histories, counts, fc.integer({ min: 0, max: 1_000_000 }), (earlier, run, more) => {
        const found = unusualIn(runAt(0, run), earlier);
        expect(unusualIn(runAt(0, run), earlier.toReversed())).to.deep.equal(found);
        const medians = findUnusual(runAt(0, run), earlier);
        const further = medians.filter(({ value, median }) => value > median).map(({ count }) => count);
        const raised = runAt(0, Object.fromEntries(Object.entries(run).map(([name, value]) => [name, value + more])));
        expect(unusualIn(raised, earlier)).to.include.members(further);
      }),
    );
  });
});
