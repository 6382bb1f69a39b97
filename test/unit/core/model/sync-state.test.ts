import { expect } from 'chai';
import { isOverdue } from '../../../../src/core/model/sync-state/overdue.ts';
import { syncStateOf } from '../../../../src/core/model/sync-state/sync-state.ts';
import type { SyncFacts, SyncState } from '../../../../src/core/model/sync-state/sync-state.ts';

const healthy: SyncFacts = {
  running: false,
  paused: false,
  lastOutcome: 'succeeded',
  overdue: false,
  stale: false,
  rejections: 0,
};

describe('the state of a sync', () => {
  const cases: readonly (readonly [SyncState, Partial<SyncFacts>])[] = [
    ['healthy', {}],
    ['new', { lastOutcome: null }],
    ['refused', { rejections: 1 }],
    ['refused', { rejections: 1, lastOutcome: 'partial' }],
    ['healthy', { lastOutcome: 'partial' }],
    ['stale', { stale: true, rejections: 1 }],
    ['stale', { stale: true, lastOutcome: null }],
    ['overdue', { overdue: true, stale: true, rejections: 1 }],
    ['overdue', { overdue: true, lastOutcome: null }],
    ['failing', { lastOutcome: 'failed', overdue: true, stale: true }],
    ['stopped', { lastOutcome: 'stopped', overdue: true, rejections: 1 }],
    ['paused', { paused: true, lastOutcome: 'failed', stale: true, rejections: 1 }],
    ['running', { running: true, paused: true, lastOutcome: 'failed' }],
  ];
  for (const [state, facts] of cases) {
    it(`is ${state} with ${JSON.stringify(facts)}`, () => {
      expect(syncStateOf({ ...healthy, ...facts })).to.equal(state);
    });
  }
});

describe('overdue', () => {
  const everyHour = { next: (afterMs: number): number => (Math.floor(afterMs / 3_600_000) + 1) * 3_600_000 };
  const hours = (count: number): Date => new Date(count * 3_600_000);
  const progress = { lastSuccessAt: hours(10), watchedSince: hours(0), paused: false };

  it('is a sync after three scheduled times without a success', () => {
    expect(isOverdue({ ...progress, now: hours(12.9) }, everyHour)).to.equal(false);
    expect(isOverdue({ ...progress, now: hours(13) }, everyHour)).to.equal(true);
    expect(isOverdue({ ...progress, now: hours(13) }, everyHour, 4)).to.equal(false);
  });

  it('is never a sync without a schedule, one that is paused, or one that was just resumed', () => {
    expect(isOverdue({ ...progress, now: hours(99) }, null)).to.equal(false);
    expect(isOverdue({ ...progress, paused: true, now: hours(99) }, everyHour)).to.equal(false);
    expect(isOverdue({ ...progress, watchedSince: hours(97), now: hours(99) }, everyHour)).to.equal(false);
  });
});
