import { expect } from 'chai';
import { timelineOf } from '../../../../../src/core/model/timeline/timeline.ts';
import type {
  TimelineRecords,
  TimelineRun,
  SentChange,
} from '../../../../../src/core/model/timeline/timeline-records.ts';
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

function runs(count: number, changes: Readonly<Record<number, Partial<TimelineRun>>> = {}): readonly TimelineRun[] {
  return Array.from({ length: count }, (_, at) => ({
    id: at + 1,
    startedAt: `2026-01-0${at + 1}T00:00:00.000Z`,
    status: 'succeeded',
    planned: true,
    unsent: 0,
    ...changes[at + 1],
  }));
}

function sent(runId: number, operation: SentChange['operation'], city: string): SentChange {
  const accepted = {
    number: 1,
    state: 'accepted',
    status: 200,
    requestId: null,
    settledAt: null,
    message: null,
  } as const;
  const payload = JSON.stringify({ fields: { city }, characteristics: {} });
  return { runId, operation, payload, refusal: null, batches: [accepted] };
}

function told(records: Partial<TimelineRecords>): readonly string[] {
  return timelineOf({ ...nobody, ...records }, plainCodec).map((event) => {
    const ends = 'runs' in event ? `${event.firstRun}-${event.lastRun} (${event.runs}) ` : '';
    return `${ends}${event.event}`;
  });
}

describe('a life', () => {
  it('calls unchanged only runs after the snapshot knew the person', () => {
    const snapshot = { runId: 4, baselineAt: null };
    expect(told({ runs: runs(6), sent: [sent(4, 'update', 'Rome')], snapshot })).to.deep.equal([
      '1-3 (3) nothing_sent',
      '4-4 (1) update',
      '5-6 (2) unchanged',
    ]);
    expect(told({ runs: runs(6), sent: [sent(4, 'insert', 'Rome')], snapshot })).to.deep.equal([
      '4-4 (1) insert',
      '5-6 (2) unchanged',
    ]);
  });

  it('leaves open what the skips of that time would tell', () => {
    const known = { runs: runs(4), sent: [sent(1, 'insert', 'Rome')], snapshot: { runId: 1, baselineAt: null } };
    expect(told({ ...known, prunedSkipsRunId: 3 })).to.deep.equal([
      '1-1 (1) insert',
      '2-2 (1) unchanged_or_skipped',
      '3-4 (2) unchanged',
    ]);
  });

  it('suspects a run that left rows unsent only while no complete one came after it', () => {
    const insert = [sent(1, 'insert', 'Rome')];
    const left = runs(4, { 2: { unsent: 5 }, 3: { unsent: 5 } });
    expect(told({ runs: left, sent: insert })).to.deep.equal(['1-1 (1) insert', '2-4 (3) unchanged']);
    expect(told({ runs: left, sent: [...insert, sent(4, 'update', 'Oslo')] })).to.deep.equal([
      '1-1 (1) insert',
      '2-3 (2) unchanged_or_unsent',
      '4-4 (1) update',
    ]);
  });

  it('compares a change with the last one that was accepted', () => {
    const refused: SentChange = { ...sent(2, 'update', 'Oslo'), batches: [] };
    const events = timelineOf(
      { ...nobody, runs: runs(3), sent: [sent(1, 'insert', 'Rome'), refused, sent(3, 'update', 'Bern')] },
      plainCodec,
    );
    expect(events.map((event) => ('fields' in event ? event.fields : null))).to.deep.equal([
      { city: [null, 'Rome'] },
      { city: ['Rome', 'Oslo'] },
      { city: ['Rome', 'Bern'] },
    ]);
    expect(events[1]).to.include({ outcome: 'not_sent' });
  });

  it('says last why the person is not sent now, and nothing of a run that is still under way', () => {
    const withheld = { reason: 'deleted_in_hub', since: '2026-01-02T00:00:00.000Z' };
    const under = runs(3, { 3: { planned: false, status: 'running' }, 2: { planned: false, status: 'failed' } });
    expect(told({ runs: under, sent: [sent(1, 'insert', 'Rome')], suppression: withheld })).to.deep.equal([
      '1-1 (1) insert',
      '2-2 (1) not_planned',
      'withheld',
    ]);
  });
});
