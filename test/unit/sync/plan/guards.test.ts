import { expect } from 'chai';
import type { PlanCounts } from '../../../../src/core/ports/run/plan-store.ts';
import { violatedGuard } from '../../../../src/sync/plan/guards.ts';
import { countsWith } from '../../../helpers/fixtures/plan-counts.ts';

const guards = { minRows: 10, maxRemovedPercent: 50, maxInvalidPercent: 20 };

function messageOf(counts: Partial<PlanCounts>, snapshot: number): string {
  return violatedGuard(guards, { counts: countsWith(counts), snapshotSize: snapshot }, null)?.message ?? '';
}

describe('guards', () => {
  /** Counts, people known before, the guard that breaks. */
  const cases: readonly [Partial<PlanCounts>, number, string | null][] = [
    [{ read: 10 }, 0, null],
    [{ read: 9 }, 0, 'guard_min_rows'],
    [{ read: 0 }, 0, 'guard_min_rows'],
    [{ read: 0, removed: 100 }, 100, 'guard_min_rows'],
    [{ read: 100, removed: 50 }, 100, null],
    [{ read: 100, removed: 51 }, 100, 'guard_max_removed'],
    [{ read: 100, removed: 2 }, 3, 'guard_max_removed'],
    [{ read: 100, removed: 1 }, 2, null],
    [{ read: 100, invalid: 20 }, 1, null],
    [{ read: 100, invalid: 21 }, 1, 'guard_max_invalid'],
    [{ read: 100, invalid: 100 }, 0, null],
    [{ read: 100, invalid: 100, removed: 100 }, 100, 'guard_max_removed'],
  ];
  for (const [counts, snapshot, code] of cases) {
    it(`with ${JSON.stringify(counts)} and ${snapshot} people known ${code === null ? 'hold' : `break ${code}`}`, () => {
      expect(
        violatedGuard(guards, { counts: countsWith(counts), snapshotSize: snapshot }, null)?.code ?? null,
      ).to.equal(code);
    });
  }

  it('never break when they are wide open', () => {
    const open = { minRows: 0, maxRemovedPercent: 100, maxInvalidPercent: 100 };
    expect(violatedGuard(open, { counts: countsWith({ read: 0, removed: 100 }), snapshotSize: 100 }, null)).to.equal(
      null,
    );
    expect(
      violatedGuard(open, { counts: countsWith({ read: 5, invalid: 5, removed: 100 }), snapshotSize: 100 }, null),
    ).to.equal(null);
  });

  it('break at the first one when nothing is allowed', () => {
    const closed = { minRows: 0, maxRemovedPercent: 0, maxInvalidPercent: 0 };
    expect(violatedGuard(closed, { counts: countsWith({ read: 100 }), snapshotSize: 100 }, null)).to.equal(null);
    expect(violatedGuard(closed, { counts: countsWith({ read: 100 }), snapshotSize: 0 }, null)).to.equal(null);
    expect(
      violatedGuard(closed, { counts: countsWith({ read: 100, removed: 1 }), snapshotSize: 100 }, null)?.code,
    ).to.equal('guard_max_removed');
    expect(
      violatedGuard(closed, { counts: countsWith({ read: 100, invalid: 1 }), snapshotSize: 100 }, null)?.code,
    ).to.equal('guard_max_invalid');
  });

  it('say how to let the run pass, now or for good', () => {
    const closed = { minRows: 1, maxRemovedPercent: 0, maxInvalidPercent: 0 };
    const breaking: readonly [Partial<PlanCounts>, string][] = [
      [{ read: 0 }, 'guards.minRows'],
      [{ read: 9, removed: 1 }, 'guards.maxRemovedPercent'],
      [{ read: 9, invalid: 1 }, 'guards.maxInvalidPercent'],
    ];
    for (const [counts, setting] of breaking) {
      const plan = { counts: countsWith(counts), snapshotSize: 9 };
      const error = violatedGuard(closed, plan, '7');
      expect(error).to.have.property('recovery', 'fatal');
      expect(error?.hint).to.contain(setting).and.to.contain('--force').and.to.contain('panelsync approve 7');
      expect(violatedGuard(closed, plan, null)?.hint, 'nobody can approve a plan of no run').to.not.contain('approve');
    }
  });

  it('point to rejections only where a run leaves some', () => {
    const plan = { counts: countsWith({ read: 20, invalid: 20 }), snapshotSize: 20 };
    const hint = (runId: string | null): string => violatedGuard(guards, plan, runId)?.hint ?? '';
    expect([hint('7').includes('rejections'), hint(null).includes('rejections')]).to.deep.equal([true, false]);
  });

  it('say the counts and the setting', () => {
    expect(messageOf({ read: 1 }, 0)).to.equal('The model returned 1 row, fewer than guards.minRows (10).');
    expect(messageOf({ read: 10, removed: 2 }, 3)).to.equal(
      '2 of 3 people in the snapshot (66.7 %) are no longer in the model, more than guards.maxRemovedPercent (50).',
    );
    expect(messageOf({ read: 30, invalid: 10 }, 3)).to.equal(
      '10 of 30 rows (33.3 %) are invalid, more than guards.maxInvalidPercent (20).',
    );
  });
});
