import { explanationText } from '../../../../src/commands/people/explain-text.ts';
import type { TimelineBatch } from '../../../../src/core/model/timeline/timeline-records.ts';
import type { Change, TimelineEvent } from '../../../../src/core/model/timeline/timeline.ts';
import { captureTerminal } from '../../../helpers/fixtures/run-report.ts';
import { expectSnapshot } from '../../../helpers/snapshots.ts';

const { terminal } = captureTerminal(false);
const at = '2026-01-31T10:00:00.000Z';
const run = { firstRun: '7', lastRun: '7', at, lastAt: at, runs: 1 };
const runs = { ...run, lastRun: '1206', runs: 1200 };

function batch(changes: Partial<TimelineBatch>): TimelineBatch {
  return { number: 2, state: 'accepted', status: null, requestId: null, settledAt: at, message: null, ...changes };
}

function change(changes: Partial<Change>): Change {
  return { event: 'insert', ...run, outcome: 'accepted', fields: {}, batches: [], faults: [], ...changes };
}

const events: readonly TimelineEvent[] = [
  { event: 'pruned', lastRun: '3' },
  { event: 'baseline', id: '4', at },
  change({
    fields: { first_name: [null, 'Ada'], city: [null, 'London'] },
    batches: [batch({ status: 200, requestId: 'r-1' })],
  }),
  change({
    event: 'update',
    fields: { city: [null, 'Oslo'], title: ['Dr', null] },
    batches: [batch({ message: 'The response was lost.' })],
  }),
  change({ batches: [batch({ state: 'unknown', message: 'The response was lost.' })] }),
  change({
    event: 'update',
    fields: null,
    batches: [batch({ state: 'resent' }), batch({ number: 3, state: 'found' })],
  }),
  change({
    outcome: 'rejected',
    batches: [batch({ state: 'refused', status: 422 })],
    faults: [
      { code: 'x', field: 'city', message: 'unknown city' },
      { code: 'y', field: null, message: 'not allowed' },
    ],
  }),
  change({ event: 'mark', outcome: 'not_sent', fields: { in_panel: [null, 'false'] } }),
  { event: 'unchanged', ...runs },
  { event: 'nothing_sent', ...run },
  { event: 'unchanged_or_unsent', ...run },
  { event: 'unchanged_or_skipped', ...runs },
  { event: 'removed', ...runs },
  { event: 'not_planned', ...run },
  { event: 'skipped', reason: 'rejected_before', ...run },
  { event: 'invalid', faults: [{ code: 'z', field: 'email', message: 'no @' }], ...run },
  { event: 'duplicate', rows: 2, ...run },
  { event: 'withheld', reason: 'forgotten', at },
];

describe('the text of explain', () => {
  it('has words for every event: test/snapshots/explain-events.txt', async () => {
    const forgotten = [
      { sync: null, since: at },
      { sync: 'panel', since: at },
    ];
    const view = { timelines: [{ sync: 'panel', key: 'ada@example.test', events }], forgotten };
    await expectSnapshot('explain-events', explanationText(view, terminal));
  });
});
