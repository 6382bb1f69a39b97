import { expect } from 'chai';
import { explanationText } from '../../../../src/commands/people/explain-text.ts';
import type { TimelineBatch } from '../../../../src/core/model/timeline/timeline-records.ts';
import { captureTerminal } from '../../../helpers/fixtures/run-report.ts';

const { terminal } = captureTerminal(false);
const at = '2026-01-31T10:00:00.000Z';

function sentIn(batch: Partial<TimelineBatch>): string {
  const whole: TimelineBatch = {
    number: 2,
    state: 'accepted',
    status: null,
    requestId: null,
    settledAt: at,
    message: null,
    ...batch,
  };
  const run = { firstRun: '7', lastRun: '7', at, lastAt: at, runs: 1 };
  const change = { event: 'insert', ...run, outcome: 'accepted', fields: {}, batches: [whole], faults: [] } as const;
  return explanationText(
    { timelines: [{ sync: 'panel', key: 'ada@example.test', events: [change] }], forgotten: [] },
    terminal,
  );
}

describe('the text of explain', () => {
  it('says of a batch what the Hub answered', () => {
    expect(sentIn({ status: 200, requestId: 'r-1' })).to.match(/batch 2 accepted \(answer 200, request r-1\)$/);
    expect(sentIn({ state: 'unknown', message: 'The answer was lost.' })).to.match(
      /batch 2 outcome unknown: The answer was lost\.$/,
    );
  });

  it('says of a batch that was in doubt that it was found out later to have arrived', () => {
    expect(sentIn({ message: 'The answer was lost.' })).to.match(
      /batch 2 accepted, as was found out later: The answer was lost\.$/,
    );
  });

  it('names the sync that a person is forgotten in, where it is one', () => {
    const told = explanationText(
      {
        timelines: [],
        forgotten: [
          { sync: null, since: at },
          { sync: 'panel', since: at },
        ],
      },
      terminal,
    );
    expect(told).to.match(
      /^Forgotten since 2026-01-31 10:00:00Z: .*\n\nForgotten in panel since 2026-01-31 10:00:00Z: /,
    );
  });
});
