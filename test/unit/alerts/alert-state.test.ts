import { expect } from 'chai';
import * as fc from 'fast-check';
import { relevantStatuses, messageKind, undeliveredPercent, alertStateOf } from '../../../src/alerts/alert-state.ts';
import type { AlertPreferences, SyncExpectations } from '../../../src/alerts/alert-state.ts';
import { alertKinds } from '../../../src/core/ports/alert-store.ts';
import type { AlertKind, AlertState, AlertRecord } from '../../../src/core/ports/alert-store.ts';
import type { RunReport, RunStatus } from '../../../src/core/model/terms.ts';
import { sampleRun } from '../../helpers/daemon/scripted-api.ts';

const everything: AlertPreferences = { on: alertKinds, partialPercent: 1, overdueIntervals: 3 };

/** A scheduled time every hundred milliseconds. */
const schedule = { next: (afterMs: number) => (Math.floor(afterMs / 100) + 1) * 100 };
const nothing = { scheduledTimes: null, maxDataAgeMs: null };
const scheduled = { scheduledTimes: schedule, maxDataAgeMs: null };

function ended(status: RunStatus, rows: Partial<RunReport['rows']> = {}): RunReport {
  return { ...sampleRun, status, rows: { ...sampleRun.rows, ...rows } };
}

function viewOf(changes: Partial<Omit<AlertRecord, 'now'>> & { readonly nowMs?: number }): AlertRecord {
  const { nowMs = 0, ...others } = changes;
  return {
    notifiedState: 'ok',
    lastRun: null,
    lastSuccessAt: null,
    watchedSince: new Date(0),
    earlierRuns: [],
    freshness: null,
    paused: false,
    stateId: 'a-state',
    now: new Date(nowMs),
    ...others,
  };
}

describe('the state of a sync for a webhook', () => {
  const ends: readonly (readonly [RunReport | null, AlertState])[] = [
    [null, 'ok'],
    [ended('succeeded'), 'ok'],
    [ended('failed'), 'failed'],
    [ended('stopped'), 'stopped'],
    [ended('partial', { read: 100, invalid: 1 }), 'ok'],
    [ended('partial', { read: 100, invalid: 1, rejected: 1 }), 'partial'],
    [ended('partial', { read: 100, unsent: 2 }), 'partial'],
  ];
  for (const [run, state] of ends) {
    it(`is ${state} after ${run === null ? 'no run' : `${run.status} ${JSON.stringify(run.rows)}`}`, () => {
      expect(alertStateOf(viewOf({ lastRun: run }), everything, nothing)).to.equal(state);
    });
  }

  it('ignores changes that the webhook does not want', () => {
    const preferences: AlertPreferences = { ...everything, on: ['overdue'] };
    expect(relevantStatuses(preferences)).to.deep.equal(['succeeded', 'partial']);
    expect(relevantStatuses(everything)).to.deep.equal(['succeeded', 'partial', 'failed', 'stopped']);
    const partial = ended('partial', { read: 2, rejected: 1 });
    expect(alertStateOf(viewOf({ lastRun: partial }), preferences, nothing)).to.equal('ok');
    const late = viewOf({ nowMs: 10_000 });
    expect(alertStateOf(late, { ...everything, on: ['failed'] }, scheduled)).to.equal('ok');
  });

  it('is overdue when as many scheduled times have passed since the last success as the webhook tolerates', () => {
    const lastSuccessAt = new Date(1050);
    const at = (nowMs: number): AlertState => alertStateOf(viewOf({ lastSuccessAt, nowMs }), everything, scheduled);
    expect([at(1100), at(1299), at(1300), at(9999)]).to.deep.equal(['ok', 'ok', 'overdue', 'overdue']);
  });

  it('is not overdue by times before it was watched, while it is paused, or without a schedule', () => {
    const late = { lastSuccessAt: new Date(0), nowMs: 10_000 };
    const fresh = viewOf({ ...late, watchedSince: new Date(9850) });
    expect(alertStateOf(fresh, everything, scheduled)).to.equal('ok');
    expect(alertStateOf(viewOf({ ...late, paused: true }), everything, scheduled)).to.equal('ok');
    expect(alertStateOf(viewOf(late), everything, nothing)).to.equal('ok');
    expect(alertStateOf(viewOf(late), everything, scheduled)).to.equal('overdue');
  });

  it('stays failed or stopped as time passes, while a partial one becomes overdue', () => {
    const after = (run: RunReport): AlertState =>
      alertStateOf(viewOf({ lastRun: run, nowMs: 10_000 }), everything, scheduled);
    expect(after(ended('failed'))).to.equal('failed');
    expect(after(ended('stopped'))).to.equal('stopped');
    expect(after(ended('partial', { read: 1, rejected: 1 }))).to.equal('overdue');
  });

  it('computes the percentage of rows that did not reach the Hub, 0 of no rows', () => {
    expect(undeliveredPercent(ended('partial', { read: 8, invalid: 1, rejected: 1, unsent: 2, skipped: 3 }))).to.equal(
      50,
    );
    expect(undeliveredPercent(ended('partial'))).to.equal(0);
  });
});

describe('the state of a sync whose data has an age', () => {
  const watched = { scheduledTimes: null, maxDataAgeMs: 1000 };
  const aged = (ageMs: number | null): Partial<AlertRecord> => ({
    freshness: { column: 'updated_at', newestAt: ageMs === null ? null : new Date(10_000 - ageMs), maxAgeMs: 1 },
  });
  const stateOf = (
    changes: Partial<AlertRecord>,
    expected: SyncExpectations = watched,
    on: readonly AlertKind[] = alertKinds,
  ): AlertState =>
    alertStateOf(viewOf({ lastRun: ended('succeeded'), ...changes, nowMs: 10_000 }), { ...everything, on }, expected);

  it('is stale when its newest data is too old, or has no time', () => {
    expect([stateOf(aged(1000)), stateOf(aged(1001)), stateOf(aged(null))]).to.deep.equal(['ok', 'stale', 'stale']);
  });

  it('is not stale where nobody knows or watches the age, or the sync is paused', () => {
    expect(stateOf({})).to.equal('ok');
    expect(stateOf(aged(5000), { ...watched, maxDataAgeMs: null })).to.equal('ok');
    expect(stateOf({ ...aged(5000), paused: true })).to.equal('ok');
    expect(stateOf(aged(5000), watched, ['failed'])).to.equal('ok');
  });

  it('says first that its runs fail', () => {
    expect(stateOf({ ...aged(5000), lastRun: ended('failed') })).to.equal('failed');
  });
});

describe('the messages to a webhook', () => {
  const states = ['ok', 'failed', 'partial', 'stopped', 'overdue'] as const satisfies readonly AlertState[];
  const kinds = fc.uniqueArray(fc.constantFrom(...alertKinds), { minLength: 1 });
  const event = fc.record({
    run: fc.constantFrom(
      ended('succeeded'),
      ended('failed'),
      ended('stopped'),
      ended('partial', { read: 1, rejected: 1 }),
    ),
    waitMs: fc.integer({ min: 0, max: 500 }),
    delivered: fc.boolean(),
  });

  interface SentMessage {
    readonly kind: AlertKind;
    readonly state: AlertState;
  }

  /** Checks after each event, as daemons do; an unreachable webhook is notified by a later check. */
  function notify(
    preferences: AlertPreferences,
    events: readonly { run: RunReport; waitMs: number; delivered: boolean }[],
  ) {
    let view = viewOf({});
    let nowMs = 0;
    const messages: SentMessage[] = [];
    const stateHistory: AlertState[] = [];
    for (const { run, waitMs, delivered } of events) {
      const counts = relevantStatuses(preferences).includes(run.status);
      const succeeded = run.status === 'succeeded' || run.status === 'partial';
      view = {
        ...view,
        lastRun: counts ? run : view.lastRun,
        lastSuccessAt: succeeded ? new Date(nowMs) : view.lastSuccessAt,
      };
      nowMs += waitMs;
      view = { ...view, now: new Date(nowMs) };
      const state = alertStateOf(view, preferences, scheduled);
      stateHistory.push(state);
      const kind = messageKind(view.notifiedState, state, { ...preferences, format: 'json' });
      if (kind !== null && !delivered) continue;
      if (kind !== null) messages.push({ kind, state });
      view = { ...view, notifiedState: state };
    }
    return { messages, stateHistory, notified: view.notifiedState };
  }

  it('are one per change, whatever the runs do and the clock says', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const { messages, stateHistory } = notify(
          everything,
          events.map((one) => ({ ...one, delivered: true })),
        );
        const changes = stateHistory.filter((state, at) => state !== (at === 0 ? 'ok' : stateHistory[at - 1]));
        expect(messages.map(({ state }) => state)).to.deep.equal(changes);
      }),
    );
  });

  it('are never the same twice in a row, and only those that the webhook wants, however often it is unreachable', () => {
    fc.assert(
      fc.property(kinds, fc.array(event, { maxLength: 40 }), (on, events) => {
        const { messages } = notify({ ...everything, on }, events);
        messages.forEach(({ kind }, at) => {
          expect(on).to.include(kind);
          if (on.includes('recovered')) expect(kind).to.not.equal(messages[at - 1]?.kind);
        });
      }),
    );
  });

  it('bring a webhook that is reachable again up to date with at most one message', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 40 }), (events) => {
        const silent = events.map((one) => ({ ...one, delivered: false }));
        const last = { run: ended('failed'), waitMs: 0, delivered: true };
        const { messages, notified, stateHistory } = notify(everything, [...silent, last]);
        expect(notified).to.equal(stateHistory.at(-1));
        expect(messages.length).to.equal(1);
      }),
    );
  });

  it('name the state, or that it is over', () => {
    for (const notified of states) {
      for (const state of states) {
        const kind = notified === state ? null : state === 'ok' ? 'recovered' : state;
        expect(messageKind(notified, state, { ...everything, format: 'json' })).to.equal(kind);
        const onlyRecovered = { on: ['recovered'], format: 'slack' } as const;
        expect(messageKind(notified, state, onlyRecovered)).to.equal(kind === 'recovered' ? kind : null);
        const incident = { on: ['failed'], format: 'pagerduty' } as const;
        const resolves = kind === 'recovered' || kind === 'failed';
        expect(messageKind(notified, state, incident)).to.equal(resolves ? kind : null);
      }
    }
  });
});
