import { expect } from 'chai';
import { planText } from '../../../../src/commands/shared/plan-text.ts';
import { captureTerminal, reportWith } from '../../../helpers/fixtures/run-report.ts';

describe('the text of a plan', () => {
  it('says of a cleared value that is not sent that the Hub keeps it', () => {
    const sample = [
      { operation: 'update', email: 'a@example.test', fields: { city: ['Rome', 'Oslo'] }, kept: ['phone_number'] },
    ] as const;
    const plan = { report: reportWith({ trigger: 'plan' }), sample, skips: [], invalid: [] };
    const options = { rate: { batchSize: 100, requestsPerMinute: 60 }, savedTo: null };
    const text = planText(plan, options, captureTerminal(false).terminal);
    expect(text).to.match(/city: .*Rome.*Oslo.*\n\s+phone_number: not sent, the Hub keeps its value/);
  });
});
