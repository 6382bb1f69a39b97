import { expect } from 'chai';
import { followRun } from '../../../../src/app/runs/follow-run.ts';
import type { RunReport } from '../../../../src/core/model/terms.ts';
import type { RunTimes } from '../../../../src/core/ports/run-details.ts';
import { emptyRecords } from '../../../../src/state/queries/records.ts';
import { reportWith } from '../../../helpers/fixtures/run-report.ts';
import { errorCodeOf } from '../../../helpers/thrown-error.ts';

const times: RunTimes = {
  startedAt: '2026-01-31T13:00:00.000Z',
  readAt: null,
  plannedAt: null,
  batches: 0,
  settledAt: null,
  finishedAt: null,
};

const running = reportWith({ status: 'running', finishedAt: null });

interface Reading {
  readonly report: RunReport | null;
  readonly isLeased: boolean;
}

/** Follows a run of which the state says one thing after the other; returns its end and the steps that were shown. */
async function follow(readings: readonly Reading[], signal = new AbortController().signal) {
  let at = 0;
  const shown: string[][] = [];
  const records = {
    ...emptyRecords,
    isLeased: async () => readings[at]?.isLeased ?? false,
    run: async () => readings[at++]?.report ?? null,
    runTimes: async () => times,
  };
  const onSteps = (_: RunReport, steps: readonly { readonly step: string }[]): void =>
    void shown.push(steps.map(({ step }) => step));
  const { end, report } = await followRun(records, running, { signal, onSteps });
  return { end, status: report.status, shown };
}

describe('following a run', () => {
  it('shows its steps until it has ended', async () => {
    const ended = reportWith({ status: 'partial' });
    const readings = [
      { report: running, isLeased: true },
      { report: ended, isLeased: true },
    ];
    expect(await follow(readings)).to.deep.equal({ end: 'ended', status: 'partial', shown: [['read']] });
  });

  it('takes a run that ended while the lease was read for what it is', async () => {
    const readings = [{ report: reportWith(), isLeased: false }];
    expect(await follow(readings)).to.deep.equal({ end: 'ended', status: 'succeeded', shown: [] });
  });

  it('finds that the process of the run is gone', async () => {
    const readings = [
      { report: running, isLeased: true },
      { report: running, isLeased: false },
    ];
    expect(await follow(readings)).to.deep.equal({ end: 'abandoned', status: 'running', shown: [['read']] });
  });

  it('leaves a run that goes on when somebody stops following', async () => {
    const readings = [{ report: running, isLeased: true }];
    expect(await follow(readings, AbortSignal.abort())).to.deep.equal({
      end: 'left',
      status: 'running',
      shown: [['read']],
    });
  });

  it('throws when the run is pruned meanwhile', async () => {
    expect(await errorCodeOf(follow([{ report: null, isLeased: false }]))).to.equal('unknown_run');
  });
});
