import { expect } from 'chai';
import { PanelsyncError } from '../../../../../src/core/errors.ts';
import { requireApprovable } from '../../../../../src/core/model/saved-plan/approval.ts';
import type { Approval, RunReport } from '../../../../../src/core/model/terms.ts';
import { reportWith } from '../../../../helpers/fixtures/run-report.ts';

const waiting: Approval = {
  state: 'waiting',
  inserts: 31,
  updates: 7,
  marks: 0,
  restores: 0,
  removed: 9,
  limit: null,
  by: null,
  reason: null,
  at: null,
  runId: null,
};

function refusalOf(report: Partial<RunReport>): readonly string[] {
  try {
    requireApprovable(reportWith(report));
  } catch (error) {
    if (!(error instanceof PanelsyncError)) throw error;
    expect([error.code, error.recovery]).to.deep.equal(['not_approvable', 'usage']);
    return [error.message, error.hint];
  }
  throw new Error('it can be approved');
}

describe('a run that somebody wants to approve', () => {
  it('has a plan that waits', () => {
    expect(requireApprovable(reportWith({ status: 'stopped', approval: waiting }))).to.equal(waiting);
  });

  const settled = { ...waiting, at: '2026-01-31T14:00:00.000Z' };
  const refusals: readonly (readonly [Partial<RunReport>, string, string])[] = [
    [{ trigger: 'plan', status: 'stopped' }, 'is a plan of panelsync plan', 'panelsync run panel'],
    [{ status: 'stopped' }, 'was stopped before it had a plan', 'panelsync show 7'],
    [{ status: 'running' }, 'Run 7 is still running.', 'panelsync runs'],
    [{ status: 'partial' }, 'Run 7 was not stopped: it ended in part.', 'panelsync runs'],
    [{ approval: { ...settled, state: 'approved', by: 'eve@host', runId: '8' } }, 'by eve@host', 'panelsync show 8'],
    [{ approval: { ...settled, state: 'drifted', runId: '8' } }, 'run 8 found', 'panelsync approve 8'],
    [{ approval: { ...settled, state: 'expired', runId: '8' } }, 'expired when run 8', 'panelsync show 8'],
    [{ approval: { ...settled, state: 'expired' } }, 'is no longer on record', 'panelsync run panel'],
  ];
  for (const [report, message, hint] of refusals) {
    it(`is refused where it ${message}`, () => {
      const [refusal, advice] = refusalOf(report);
      expect(refusal).to.contain(message);
      expect(advice).to.contain(hint);
    });
  }
});
