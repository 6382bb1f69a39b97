import { expect } from 'chai';
import { planText } from '../../../../src/commands/runs/plan-text.ts';
import type { RunReport } from '../../../../src/core/model/terms.ts';
import { captureTerminal, reportWith } from '../../../helpers/fixtures/run-report.ts';

function lastWords(status: RunReport['status'], inserted: number): string {
  const report = reportWith({ trigger: 'plan', status, rows: { ...reportWith().rows, read: inserted, inserted } });
  const plan = { report, sample: [], skips: [], invalid: [] };
  const text = planText(plan, { batchSize: 100, requestsPerMinute: 60 }, captureTerminal(false).terminal);
  return text.split('\n\n').at(-1) ?? '';
}

describe('the text of a plan', () => {
  it('ends in what a run would cost', () => {
    expect(lastWords('succeeded', 0)).to.equal('A run would send nothing.');
    expect(lastWords('succeeded', 250)).to.match(/^A run would take at least 3 requests, .*\. Nothing was sent\.$/);
  });

  it('ends in what it would cost to pass a guard, where one would stop the run', () => {
    expect(lastWords('stopped', 250)).to.match(
      /^A run would be stopped; with --force it would take at least 3 requests, /,
    );
  });
});
