import { expect } from 'chai';
import type { RunProgress } from '../../../../src/core/ports/observer.ts';
import { OwnProgress, reportedProgress } from '../../../../src/daemon/live/run-progress.ts';
import { reportWith } from '../../../helpers/fixtures/run-report.ts';

const run = (step: RunProgress['step'], done: number, total: number | null): RunProgress => {
  return { sync: 'panel', runId: '17', step, done, total };
};

describe('the progress of a run', () => {
  it('counts rows and batches, and says how long sending takes at the present rate', () => {
    const progress = new OwnProgress();
    const updates: readonly (readonly [RunProgress, number])[] = [
      [run('read', 0, null), 1000],
      [run('read', 3000, null), 2000],
      [run('plan', 40, 60), 3000],
      [run('send', 0, 250), 4000],
      [run('send', 100, 250), 5000],
      [run('send', 150, 250), 6000],
    ];
    const documents = updates.map(([update, atMs]) => {
      progress.update(update, atMs);
      return progress.documents()[0];
    });
    const common = { sync: 'panel', runId: '17', rowsToSend: null, rowsSent: 0, batchesSent: 0, secondsLeft: null };
    expect(documents[1]).to.deep.equal({ ...common, step: 'read', rowsRead: 3000, rowsPerSecond: 3000 });
    expect(documents[5]).to.deep.equal({
      ...common,
      step: 'send',
      rowsRead: 3000,
      rowsToSend: 250,
      rowsSent: 150,
      batchesSent: 2,
      rowsPerSecond: 75,
      secondsLeft: 2,
    });
  });

  it('starts anew with the next run of the sync, and ends with it', () => {
    const progress = new OwnProgress();
    expect(progress.update(run('send', 100, 250), 0)).to.equal(true);
    expect(progress.update(run('send', 200, 250), 0)).to.equal(false);
    expect(progress.update({ ...run('read', 1, null), runId: '18' }, 0)).to.equal(true);
    expect(progress.documents()).to.have.length(1);
    expect(progress.documents()[0]).to.include({ runId: '18', rowsSent: 0, batchesSent: 0 });
    expect(progress.takeChanged()).to.have.length(1);
    expect(progress.takeChanged()).to.have.length(0);
    progress.remove('panel');
    expect(progress.documents()).to.have.length(0);
  });

  it('of another process is what the state knows', () => {
    const report = reportWith({ status: 'running', finishedAt: null });
    const sending = { ...report, rows: { ...report.rows, inserted: 200, rejected: 1 } };
    const document = reportedProgress({ ...sending, requests: { ...report.requests, sent: 4, retried: 1 } });
    expect(document).to.include({ step: 'send', rowsRead: null, rowsToSend: null, rowsSent: 201, batchesSent: 3 });
  });
});
