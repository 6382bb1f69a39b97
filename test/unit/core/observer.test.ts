import { expect } from 'chai';
import type { SendResult } from '../../../src/core/ports/destination.ts';
import { Observers } from '../../../src/core/ports/observer.ts';
import type { Observer } from '../../../src/core/ports/observer.ts';
import { reportWith } from '../../helpers/fixtures/run-report.ts';

describe('observers', () => {
  const delivery: SendResult = {
    outcome: { kind: 'accepted', refusals: [] },
    requests: { sent: 1, retried: 0, rateLimited: 0 },
    status: 200,
    requestId: null,
    durationMs: 5,
  };
  const progress = { sync: 'panel', runId: '1', step: 'read', done: 100, total: null } as const;
  const report = reportWith({});

  it('are all told everything, each what it listens to', () => {
    const observers = new Observers();
    const told: unknown[][] = [];
    const note =
      (name: string) =>
      (...args: unknown[]): void =>
        void told.push([name, ...args]);
    const all: Observer = {
      requestEnded: note('request'),
      batchSent: note('batch'),
      runProgressed: note('progress'),
      runFinished: note('run'),
      runErrored: note('broken'),
      alertSent: note('alert'),
    };
    observers.add({});
    observers.add(all);
    observers.add({ runErrored: note('second') });
    observers.requestEnded({ status: 429, retry: true });
    observers.batchSent(delivery);
    observers.runProgressed(progress);
    observers.runFinished(report);
    observers.runErrored('panel', 'state_lost');
    observers.alertSent('on-call', false);
    expect(told).to.deep.equal([
      ['request', { status: 429, retry: true }],
      ['batch', delivery],
      ['progress', progress],
      ['run', report],
      ['broken', 'panel', 'state_lost'],
      ['second', 'panel', 'state_lost'],
      ['alert', 'on-call', false],
    ]);
  });

  it('need not be there', () => {
    expect(() => new Observers().runErrored('panel', 'state_lost')).not.to.throw();
  });
});
