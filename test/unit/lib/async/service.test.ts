import { expect } from 'chai';
import { BackgroundTask, ServiceGroup } from '../../../../src/lib/async/service.ts';
import type { Service } from '../../../../src/lib/async/service.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

const neverAborted = new AbortController().signal;

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}

describe('a background task', () => {
  it('works from its start until it is stopped, once', async () => {
    const events: string[] = [];
    const task = new BackgroundTask(async (signal) => {
      events.push('working');
      await untilAborted(signal);
      events.push('quiet');
    });
    expect([events, task.isActive]).to.deep.equal([[], false]);
    await Promise.all([task.start(neverAborted), task.start(neverAborted)]);
    expect([events, task.isActive]).to.deep.equal([['working'], true]);
    await Promise.all([task.stop(), task.stop()]);
    await task.start(neverAborted);
    expect([events, task.isActive]).to.deep.equal([['working', 'quiet'], false]);
  });

  it('ends its work when the signal of its start aborts', async () => {
    const shutdown = new AbortController();
    const task = new BackgroundTask(untilAborted);
    await task.start(shutdown.signal);
    shutdown.abort();
    await task.stop();
  });

  it('does not start after it was stopped', async () => {
    let calls = 0;
    const task = new BackgroundTask(async () => void (calls += 1));
    await task.stop();
    await task.start(neverAborted);
    expect(calls).to.equal(0);
  });
});

describe('a service group', () => {
  let events: string[];
  beforeEach(() => {
    events = [];
  });

  function service(name: string, parts: Partial<Service> = {}): Service {
    return {
      start: async () => void events.push(`start ${name}`),
      stop: async () => void events.push(`stop ${name}`),
      ...parts,
    };
  }

  it('starts in order and stops in reverse, once', async () => {
    const group = new ServiceGroup([service('a'), service('b')]);
    await Promise.all([group.start(neverAborted), group.start(neverAborted)]);
    await Promise.all([group.stop(), group.stop()]);
    expect(events).to.deep.equal(['start a', 'start b', 'stop b', 'stop a']);
  });

  it('stops everything when one service cannot start', async () => {
    const broken = service('b', { start: () => Promise.reject(new Error('port taken')) });
    const group = new ServiceGroup([service('a'), broken, service('c')]);
    expect(await thrownError(group.start(neverAborted))).to.have.property('message', 'port taken');
    expect(events).to.deep.equal(['start a', 'stop c', 'stop b', 'stop a']);
  });

  it('stops everything although some fail to stop, and throws the first failure', async () => {
    const broken = service('b', { stop: () => Promise.reject(new Error('first')) });
    const group = new ServiceGroup([service('a'), broken]);
    await group.start(neverAborted);
    expect(await thrownError(group.stop())).to.have.property('message', 'first');
    expect(events.at(-1)).to.equal('stop a');
  });

  it('starts nothing more once the signal has aborted or it was stopped', async () => {
    const shutdown = new AbortController();
    const last = service('a', { start: async () => shutdown.abort() });
    await new ServiceGroup([last, service('b')]).start(shutdown.signal);
    const stopped = new ServiceGroup([service('c')]);
    await stopped.stop();
    await stopped.start(neverAborted);
    expect(events).to.deep.equal(['stop c']);
  });
});
