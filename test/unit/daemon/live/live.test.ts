import { expect } from 'chai';
import { LiveWatch } from '../../../../src/daemon/live/live.ts';
import type { LiveEvent } from '../../../../src/server/api.ts';
import { reportWith } from '../../../helpers/fixtures/run-report.ts';
import { waitUntil } from '../../../helpers/wait-until.ts';

const neverAborted = new AbortController().signal;
const finished = reportWith({});
const progress = { sync: 'panel', runId: '17', step: 'send', done: 100, total: 250 } as const;

describe('watching the daemon', () => {
  let reads: number;
  let syncs: { sync: string; running: boolean; lastRun: typeof finished | null }[];
  let failure: Error | null;
  let watch: LiveWatch;
  let events: LiveEvent[];
  beforeEach(async () => {
    reads = 0;
    syncs = [{ sync: 'panel', running: false, lastRun: null }];
    failure = null;
    events = [];
    watch = new LiveWatch(async () => {
      reads += 1;
      if (failure !== null) throw failure;
      return syncs;
    });
    await watch.start(neverAborted);
  });
  afterEach(() => watch.stop());

  const namesOf = (seen: readonly LiveEvent[]): readonly string[] => seen.map(({ name }) => name);
  const watchInto = (seen: LiveEvent[]): (() => void) => watch.subscribe((event) => seen.push(event));

  it('costs nothing without listeners, and one read for all of them', async () => {
    expect(reads).to.equal(0);
    const seen: LiveEvent[][] = Array.from({ length: 10 }, () => []);
    const stops = seen.map(watchInto);
    await waitUntil(() => seen.every((list) => list.length > 0));
    expect(reads).to.be.at.most(2);
    const late: LiveEvent[] = [];
    stops.push(watchInto(late));
    expect(namesOf(late), 'the present state comes at once').to.deep.equal(['syncs']);
    for (const stop of stops) stop();
    const before = reads;
    watch.observer.runFinished?.(finished);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reads).to.equal(before);
  });

  it('reads when a run starts and when it ends, and sends only what changed', async () => {
    watchInto(events);
    await waitUntil(() => events.length === 1);
    syncs = [{ sync: 'panel', running: true, lastRun: null }];
    watch.observer.runProgressed?.(progress);
    await waitUntil(() => events.length === 3);
    expect(namesOf(events).toSorted()).to.deep.equal(['progress', 'syncs', 'syncs']);
    const late: LiveEvent[] = [];
    watchInto(late);
    expect(namesOf(late)).to.deep.equal(['syncs', 'progress']);
    syncs = [{ sync: 'panel', running: false, lastRun: finished }];
    watch.observer.runFinished?.(reportWith({ sync: 'panel' }));
    await waitUntil(() => events.length === 4);
    expect(JSON.parse(events[3]?.data ?? '')).to.deep.equal(JSON.parse(JSON.stringify(syncs)));
    const latest: LiveEvent[] = [];
    watchInto(latest);
    expect(namesOf(latest), 'its progress is over').to.deep.equal(['syncs']);
  });

  it('shows runs of other processes by what the state knows', async () => {
    syncs = [{ sync: 'panel', running: true, lastRun: reportWith({ status: 'running', sync: 'panel' }) }];
    watchInto(events);
    await waitUntil(() => events.length >= 2);
    expect(namesOf(events.slice(0, 2))).to.deep.equal(['progress', 'syncs']);
  });

  it('says that the state is unavailable, once, and goes on when it is back', async () => {
    failure = new Error('gone');
    watchInto(events);
    await waitUntil(() => events.length === 1);
    watch.observer.runErrored?.('panel', 'state_lost');
    await waitUntil(() => reads >= 2);
    failure = null;
    watch.observer.runErrored?.('panel', 'state_lost');
    await waitUntil(() => events.length === 2);
    expect(namesOf(events)).to.deep.equal(['unavailable', 'syncs']);
  });
});
