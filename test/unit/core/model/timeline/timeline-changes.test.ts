import { expect } from 'chai';
import { timelineOf } from '../../../../../src/core/model/timeline/timeline.ts';
import type { TimelineEvent } from '../../../../../src/core/model/timeline/timeline.ts';
import type {
  TimelineBatch,
  TimelineRecords,
  TimelineRun,
  SentChange,
  TimelineSpan,
} from '../../../../../src/core/model/timeline/timeline-records.ts';
import type { RowError } from '../../../../../src/core/model/terms.ts';
import { plainCodec } from '../../../../helpers/fixtures/payload-codecs.ts';

const nobody: TimelineRecords = {
  sync: 'panel',
  key: 'ada@example.test',
  runs: [],
  sent: [],
  skips: [],
  absences: [],
  rejections: [],
  snapshot: null,
  suppression: null,
  renames: [],
  prunedRunId: 0,
  prunedSkipsRunId: 0,
};
const fault: RowError = { code: 'too_long', message: 'the city is too long', field: 'city' };
const known = { runId: 0, baselineAt: null };

function startOf(run: number): string {
  return `2026-01-0${run}T00:00:00.000Z`;
}

function runs(count: number, changes: Readonly<Record<number, Partial<TimelineRun>>> = {}): readonly TimelineRun[] {
  return Array.from({ length: count }, (_, at) => {
    const usual = { id: at + 1, startedAt: startOf(at + 1), status: 'succeeded', planned: true, unsent: 0 } as const;
    return { ...usual, ...changes[at + 1] };
  });
}

function batch(state: TimelineBatch['state'], number = 1): TimelineBatch {
  return { number, state, status: null, requestId: null, settledAt: null, message: null };
}

function sent(
  runId: number,
  operation: SentChange['operation'],
  {
    city = 'Rome',
    states = ['accepted'],
  }: { readonly city?: string; readonly states?: readonly TimelineBatch['state'][] },
): SentChange {
  const payload = JSON.stringify({ fields: { city }, characteristics: {} });
  return { runId, operation, payload, refusal: null, batches: states.map((state, at) => batch(state, at + 1)) };
}

function spell(fromRunId: number, untilRunId: number | null = null): TimelineSpan {
  return { fromRunId, untilRunId };
}

function lived(records: Partial<TimelineRecords>): readonly TimelineEvent[] {
  return timelineOf({ ...nobody, ...records }, plainCodec);
}

/** Events with the runs they lasted, and what came of changes. */
function told(records: Partial<TimelineRecords>): readonly string[] {
  return lived(records).map((event) => {
    const ends = 'runs' in event ? `${event.firstRun}-${event.lastRun} ` : '';
    return `${ends}${event.event}${'outcome' in event ? ` ${event.outcome}` : ''}`;
  });
}

describe('a change in a life', () => {
  const outcomes: readonly (readonly [readonly TimelineBatch['state'][], string])[] = [
    [[], 'not_sent'],
    [['accepted'], 'accepted'],
    [['refused', 'accepted'], 'accepted'],
    [['accepted', 'in_flight'], 'in_flight'],
    [['resent'], 'unknown'],
    [['unknown'], 'unknown'],
    [['found'], 'found'],
  ];
  for (const [states, outcome] of outcomes) {
    it(`is ${outcome} after batches that are ${states.join(', ') || 'none'}`, () => {
      const batches = states.map((state, at) => batch(state, at + 1));
      const [change] = lived({ runs: runs(1), sent: [sent(1, 'insert', { states })] });
      expect(change).to.deep.include({ event: 'insert', outcome, batches, faults: [], at: startOf(1), runs: 1 });
    });
  }

  it('is rejected, and why, where the Hub named the row, whatever became of its batch', () => {
    const rejections = [{ ...spell(1, 2), by: 'destination', faults: [fault] }] as const;
    const changes = [sent(1, 'insert', {}), sent(2, 'insert', {})];
    const [first, second] = lived({ runs: runs(2), sent: changes, rejections });
    expect(first).to.deep.include({ outcome: 'rejected', faults: [fault] });
    expect(second).to.deep.include({ outcome: 'accepted', faults: [] });
  });

  it('is not rejected because an older row of ours is still known as invalid', () => {
    const rejections = [{ ...spell(1), by: 'validation', faults: [fault] }] as const;
    expect(told({ runs: runs(2), sent: [sent(2, 'insert', { states: ['unknown'] })], rejections })).to.deep.equal([
      '1-1 invalid',
      '2-2 insert unknown',
    ]);
  });

  it('shows that somebody was known before it, and says nothing of later when it was not accepted', () => {
    expect(told({ runs: runs(3), sent: [sent(2, 'update', { states: ['refused'] })] })).to.deep.equal([
      '1-1 nothing_sent',
      '2-2 update refused',
    ]);
  });

  it('of somebody whom the Hub had before shows fields only from the first accepted one on', () => {
    const changes = [sent(1, 'update', { city: 'Oslo' }), sent(2, 'update', { city: 'Bern' })];
    expect(
      lived({ runs: runs(2), sent: changes }).map((event) => ('fields' in event ? event.fields : 0)),
    ).to.deep.equal([null, { city: ['Oslo', 'Bern'] }]);
  });

  it('makes somebody known only when it was accepted', () => {
    const changes = [sent(1, 'insert', { states: ['refused'] }), sent(3, 'insert', {})];
    expect(told({ runs: runs(4), sent: changes })).to.deep.equal([
      '1-1 insert refused',
      '3-3 insert accepted',
      '4-4 unchanged',
    ]);
  });
});

describe('the stretches of a life', () => {
  it('do not begin with the run that the snapshot comes from, when nothing else is on record of it', () => {
    expect(told({ runs: runs(3), snapshot: { runId: 2, baselineAt: null } })).to.deep.equal(['3-3 unchanged']);
  });

  it('begin after the baseline, which comes before the runs that follow it', () => {
    const snapshot = { runId: 2, baselineAt: startOf(5) };
    const [first, ...rest] = lived({ runs: runs(4).filter(({ id }) => id !== 2), snapshot });
    expect(first).to.deep.equal({ event: 'baseline', id: '2', at: startOf(5) });
    expect(rest).to.deep.equal([
      { event: 'unchanged', firstRun: '3', lastRun: '4', runs: 2, at: startOf(3), lastAt: startOf(4) },
    ]);
  });

  it('are told with the reason, the faults and how long they lasted', () => {
    const events = lived({
      runs: runs(6),
      snapshot: known,
      absences: [spell(2, 3)],
      skips: [{ ...spell(3, 5), reason: 'rejected_before', rows: 1 }],
      rejections: [{ ...spell(5, 6), by: 'validation', faults: [fault] }],
    });
    const at = (first: number, last: number): object => ({
      firstRun: `${first}`,
      lastRun: `${last}`,
      runs: last - first + 1,
      at: startOf(first),
      lastAt: startOf(last),
    });
    expect(events).to.deep.equal([
      { event: 'unchanged', ...at(1, 1) },
      { event: 'removed', ...at(2, 2) },
      { event: 'skipped', reason: 'rejected_before', ...at(3, 4) },
      { event: 'invalid', faults: [fault], ...at(5, 5) },
      { event: 'unchanged', ...at(6, 6) },
    ]);
  });

  it('are cut by a run in which something was sent', () => {
    expect(told({ runs: runs(5), snapshot: known, sent: [sent(3, 'update', {})] })).to.deep.equal([
      '1-2 unchanged',
      '3-3 update accepted',
      '4-5 unchanged',
    ]);
  });

  it('say nothing of a person before anything is known of them', () => {
    expect(told({ runs: runs(3), sent: [sent(3, 'insert', {})] })).to.deep.equal(['3-3 insert accepted']);
    expect(told({ runs: runs(3) })).to.deep.equal([]);
  });

  it('tell a refusal by the Hub as the skip that it leads to', () => {
    const rejections = [{ ...spell(1), by: 'destination', faults: [fault] }] as const;
    const skips = [{ ...spell(2), reason: 'rejected_before', rows: 1 }];
    expect(told({ runs: runs(3), sent: [sent(1, 'insert', {})], rejections, skips })).to.deep.equal([
      '1-1 insert rejected',
      '2-3 skipped',
    ]);
  });

  it('tell rows of the same person beside what became of the first', () => {
    const skips = [{ ...spell(2, 5), reason: 'duplicate', rows: 3 }];
    expect(
      lived({ runs: runs(5, { 3: { planned: false, status: 'failed' } }), snapshot: known, skips }),
    ).to.deep.include({
      event: 'duplicate',
      rows: 3,
      firstRun: '2',
      lastRun: '4',
      runs: 2,
      at: startOf(2),
      lastAt: startOf(4),
    });
    expect(told({ runs: runs(5), snapshot: known, skips })).to.deep.equal(['1-5 unchanged', '2-4 duplicate']);
    expect(told({ runs: [], skips })).to.deep.equal([]);
  });

  it('leave open what the skips of that time would tell, of those whom a later update shows to be known', () => {
    const later = { runs: runs(5), sent: [sent(4, 'update', {})], prunedSkipsRunId: 3 };
    expect(told(later)).to.deep.equal([
      '1-2 unchanged_or_skipped',
      '3-3 nothing_sent',
      '4-4 update accepted',
      '5-5 unchanged',
    ]);
    expect(told({ ...later, sent: [sent(4, 'insert', {})] })).to.deep.equal(['4-4 insert accepted', '5-5 unchanged']);
  });

  it('begin with what is not on record any more, and end with why the person is held back', () => {
    const withheld = { reason: 'deleted_in_hub', since: startOf(2) };
    const events = lived({ runs: runs(3).slice(2), snapshot: known, prunedRunId: 2, suppression: withheld });
    expect(events[0]).to.deep.equal({ event: 'pruned', lastRun: '2' });
    expect(events[1]).to.include({ event: 'unchanged', firstRun: '3' });
    expect(events[2]).to.deep.equal({ event: 'withheld', reason: 'deleted_in_hub', at: startOf(2) });
  });
});

describe('runs that left rows unsent', () => {
  const left = { unsent: 5 };

  it('may have left this one, up to the run that sent it', () => {
    expect(told({ runs: runs(4, { 2: left, 3: left }), snapshot: known, sent: [sent(4, 'update', {})] })).to.deep.equal(
      ['1-1 unchanged', '2-3 unchanged_or_unsent', '4-4 update accepted'],
    );
  });

  it('may have left this one while no run came after', () => {
    expect(told({ runs: runs(3, { 3: left }), snapshot: known })).to.deep.equal([
      '1-2 unchanged',
      '3-3 unchanged_or_unsent',
    ]);
  });

  it('did not leave it where a later run had nothing to send of it, or where they sent it themselves', () => {
    expect(told({ runs: runs(3, { 2: left }), snapshot: known })).to.deep.equal(['1-3 unchanged']);
    const own = { runs: runs(3, { 1: left, 2: left }), snapshot: known, sent: [sent(2, 'update', {})] };
    expect(told(own)).to.deep.equal(['1-1 unchanged_or_unsent', '2-2 update accepted', '3-3 unchanged']);
  });

  it('are looked at without those that never came to a plan', () => {
    const failed = { planned: false, status: 'failed' } as const;
    expect(told({ runs: runs(3, { 2: left, 3: failed }), snapshot: known })).to.deep.equal([
      '1-1 unchanged',
      '2-2 unchanged_or_unsent',
      '3-3 not_planned',
    ]);
  });
});
