import { expect } from 'chai';
import { useFakeTimers } from 'sinon';
import type { SinonFakeTimers } from 'sinon';
import { PanelsyncError } from '../../../src/core/errors.ts';
import { Scheduler } from '../../../src/daemon/scheduler.ts';
import type { ScheduledSync } from '../../../src/daemon/scheduler.ts';
import { MemorySchedules } from '../../helpers/memory/schedules.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const neverAborted = new AbortController().signal;
const noon = Date.parse('2026-06-01T12:00:30Z');

const quarterly: ScheduledSync = {
  name: 'panel',
  schedule: '*/15 * * * *',
  timezone: 'UTC',
  jitterSeconds: 0,
  catchUp: false,
};

const busy = new PanelsyncError({ code: 'already_running', recovery: 'busy', message: 'busy', hint: 'wait' });

describe('a scheduler', () => {
  let clock: SinonFakeTimers;
  let schedules: MemorySchedules;
  let schedulers: Scheduler[];
  /** When runs began, by the true clock. */
  let starts: string[];
  let logged: string[];
  let failure: Error | null;

  beforeEach(() => {
    clock = useFakeTimers({ now: noon, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    schedules = new MemorySchedules(() => Date.now());
    [schedulers, starts, logged, failure] = [[], [], [], null];
  });
  afterEach(async () => {
    await Promise.all(schedulers.map((scheduler) => scheduler.stop()));
    clock.restore();
  });

  interface StartOptions {
    readonly skewMs?: number;
    readonly handledUntilMs?: number;
    readonly random?: () => number;
  }

  function start(
    sync: Partial<ScheduledSync> = {},
    { skewMs = 0, handledUntilMs, random = () => 0.5 }: StartOptions = {},
  ): Scheduler {
    const log = (event: string): number => logged.push(event);
    const scheduler = new Scheduler({ ...quarterly, ...sync }, handledUntilMs ?? null, {
      log: { debug: () => undefined, info: log, warn: log, error: log },
      schedules: async () => schedules,
      startRun: async () => {
        if (failure !== null) throw failure;
        starts.push(new Date().toISOString().slice(11, 19));
        schedules.runStarted();
      },
      random,
      clock: () => Date.now() + skewMs,
    });
    schedulers.push(scheduler);
    void scheduler.start(neverAborted);
    return scheduler;
  }

  it('starts one run per scheduled time, on time, over hundreds of them and three processes whose clocks differ', async () => {
    for (const skewMs of [-20 * second, 0, 25 * second]) start({ schedule: '* * * * *' }, { skewMs });
    await clock.tickAsync(400 * minute);
    const scheduledTimes = Array.from({ length: 400 }, (_, at) =>
      new Date(noon + 30 * second + at * minute).toISOString(),
    );
    expect(schedules.claims).to.deep.equal(scheduledTimes);
    expect(starts).to.have.length(400);
    expect(new Set(starts.map((at) => at.slice(6))), 'the fastest clock comes first').to.deep.equal(new Set(['35']));
  });

  it('starts nothing for times before it started, unless one was missed and catchUp is set', async () => {
    start();
    await clock.tickAsync(minute);
    expect(starts).to.deep.equal([]);
    start({ catchUp: true });
    await clock.tickAsync(minute);
    expect(starts, 'a schedule that was never started has missed nothing').to.deep.equal([]);

    schedules = new MemorySchedules(() => Date.now(), new Date('2026-05-30T00:00:00Z'));
    for (let process = 0; process < 3; process += 1) start({ catchUp: true });
    await clock.tickAsync(10 * minute);
    expect(schedules.claims, 'one run for days of missed times').to.deep.equal(['2026-06-01T12:00:00.000Z']);
  });

  it('does not start a burst of runs after the machine slept', async () => {
    start();
    await clock.tickAsync(15 * minute);
    expect(starts).to.deep.equal(['12:15:00']);
    clock.setSystemTime(noon + 5 * hour + 5 * minute);
    await clock.tickAsync(9 * minute);
    expect(starts).to.deep.equal(['12:15:00']);
    expect(logged).to.deep.equal(['scheduled run missed']);
    await clock.tickAsync(minute);
    expect(starts).to.deep.equal(['12:15:00', '17:15:00']);
  });

  it('starts one catch-up run for what was missed while the machine slept', async () => {
    start({ catchUp: true });
    clock.setSystemTime(noon + 5 * hour + 5 * minute);
    await clock.tickAsync(9 * minute);
    expect(schedules.claims).to.deep.equal(['2026-06-01T17:00:00.000Z']);
  });

  it('starts a run late when the process was too busy to be on time', async () => {
    start();
    clock.setSystemTime(noon + 14 * minute + 50 * second);
    await clock.tickAsync(10 * second);
    expect(starts).to.deep.equal(['12:15:30']);
  });

  it('continues at once when the clock is set back', async () => {
    start();
    await clock.tickAsync(15 * minute);
    clock.setSystemTime(noon - 48 * hour);
    await clock.tickAsync(15 * minute);
    expect(starts).to.deep.equal(['12:15:00', '12:15:00']);
    clock.setSystemTime(Date.now() - 30 * second);
    await clock.tickAsync(40 * second);
    expect(starts, 'no scheduled time comes twice').to.have.length(2);
  });

  it('waits for the clock of the state database when its own is far ahead', async () => {
    start({}, { skewMs: 5 * minute });
    await clock.tickAsync(13 * minute);
    expect(starts).to.deep.equal([]);
    expect(new Set(logged)).to.deep.equal(new Set(['scheduled run delayed']));
    await clock.tickAsync(2 * minute);
    expect(schedules.claims).to.deep.equal(['2026-06-01T12:15:00.000Z']);
  });

  it('delays the start at random, and never the scheduled time', async () => {
    let next = 0;
    const random = (): number => (next = (next + 0.37) % 1);
    start({ jitterSeconds: 300 }, { random });
    await clock.tickAsync(10 * hour + 5 * minute);
    expect(schedules.claims).to.have.length(40);
    expect(schedules.claims.every((time) => /:(00|15|30|45):00\.000Z$/.test(time))).to.equal(true);
    const delays = starts.map((at) => (Number(at.slice(3, 5)) % 15) * 60 + Number(at.slice(6)));
    expect(Math.max(...delays)).to.be.within(270, 300);
    expect(new Set(delays).size).to.be.above(30);
  });

  it('does not starve when the delay is longer than the interval of the schedule', async () => {
    start({ schedule: '* * * * *', jitterSeconds: 600 }, { random: () => 1 });
    await clock.tickAsync(60 * minute);
    expect(starts.length).to.be.above(4);
  });

  it('starts a run late when the state database was away for seconds, and skips it after a minute', async () => {
    start();
    schedules.disconnected = true;
    await clock.tickAsync(14 * minute + 50 * second);
    schedules.disconnected = false;
    await clock.tickAsync(20 * second);
    expect(schedules.claims).to.deep.equal(['2026-06-01T12:15:00.000Z']);
    schedules.disconnected = true;
    await clock.tickAsync(3 * hour + 3 * minute);
    schedules.disconnected = false;
    await clock.tickAsync(10 * minute);
    expect(starts).to.have.length(1);
    expect(logged).to.contain('scheduled run missed');
    await clock.tickAsync(2 * minute);
    expect(starts).to.have.length(2);
  });

  for (const when of ['from the start', 'later on']) {
    it(`starts one catch-up run for hours without a state database, ${when}`, async () => {
      start({ catchUp: true });
      if (when === 'later on') await clock.tickAsync(minute);
      schedules.disconnected = true;
      await clock.tickAsync(3 * hour);
      schedules.disconnected = false;
      await clock.tickAsync(minute);
      expect(schedules.claims).to.deep.equal(['2026-06-01T15:00:00.000Z']);
      expect(starts).to.have.length(1);
    });
  }

  it('skips a run while the sync is already running', async () => {
    start();
    failure = busy;
    await clock.tickAsync(16 * minute);
    failure = null;
    await clock.tickAsync(13 * minute);
    expect(starts).to.deep.equal([]);
    expect(logged).to.deep.equal(['scheduled run skipped: the sync is already running']);
  });

  it('starts one catch-up run for all that were skipped while the sync was running', async () => {
    for (let process = 0; process < 3; process += 1) start({ catchUp: true });
    failure = busy;
    await clock.tickAsync(50 * minute);
    expect(schedules.claims).to.have.length(3);
    failure = null;
    await clock.tickAsync(5 * minute);
    expect(starts).to.have.length(1);
  });

  it('tries again to start a run that it has claimed', async () => {
    start();
    failure = new Error('connection lost');
    await clock.tickAsync(15 * minute);
    expect(schedules.claims).to.have.length(1);
    failure = null;
    await clock.tickAsync(20 * second);
    expect([starts.length, schedules.claims.length]).to.deep.equal([1, 1]);
  });

  it('continues where a stopped scheduler of the same sync left off', async () => {
    const first = start({ jitterSeconds: 60 });
    await clock.tickAsync(14 * minute + 40 * second);
    await first.stop();
    await clock.tickAsync(10 * minute);
    expect(starts, 'a stopped scheduler starts nothing').to.deep.equal([]);
    clock.setSystemTime(noon + 14 * minute + 45 * second);
    start({ jitterSeconds: 60 }, { handledUntilMs: first.handledUntilMs });
    await clock.tickAsync(minute);
    expect(schedules.claims).to.deep.equal(['2026-06-01T12:15:00.000Z']);
  });
});
