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
const noon = Date.parse('2026-06-01T12:00:30Z');

const quarterly: ScheduledSync = {
  name: 'panel',
  schedule: '*/15 * * * *',
  timezone: 'UTC',
  jitterSeconds: 0,
  catchUp: false,
};

const busy = new PanelsyncError({ code: 'already_running', recovery: 'busy', message: 'busy', hint: 'wait' });

describe('a schedule that is kept', () => {
  let clock: SinonFakeTimers;
  let schedules: MemorySchedules;
  let keepers: Scheduler[];
  /** When runs began, by the true clock. */
  let starts: string[];
  let told: string[];
  let trouble: Error | null;

  beforeEach(() => {
    clock = useFakeTimers({ now: noon, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    schedules = new MemorySchedules(() => Date.now());
    [keepers, starts, told, trouble] = [[], [], [], null];
  });
  afterEach(async () => {
    await Promise.all(keepers.map((keeper) => keeper.stop()));
    clock.restore();
  });

  interface Odds {
    readonly skewMs?: number;
    readonly seenMs?: number;
    readonly random?: () => number;
  }

  function keep(sync: Partial<ScheduledSync> = {}, { skewMs = 0, seenMs, random = () => 0.5 }: Odds = {}): Scheduler {
    const log = (event: string): number => told.push(event);
    const keeper = new Scheduler({ ...quarterly, ...sync }, seenMs ?? null, {
      log: { debug: () => undefined, info: log, warn: log, error: log },
      schedules: async () => schedules,
      start: async () => {
        if (trouble !== null) throw trouble;
        starts.push(new Date().toISOString().slice(11, 19));
        schedules.runStarted();
      },
      random,
      clock: () => Date.now() + skewMs,
    });
    keepers.push(keeper);
    return keeper;
  }

  it('starts one run a slot, at the slot, over hundreds of slots and three processes whose clocks differ', async () => {
    for (const skewMs of [-20 * second, 0, 25 * second]) keep({ schedule: '* * * * *' }, { skewMs });
    await clock.tickAsync(400 * minute);
    const slots = Array.from({ length: 400 }, (_, at) => new Date(noon + 30 * second + at * minute).toISOString());
    expect(schedules.claims).to.deep.equal(slots);
    expect(starts).to.have.length(400);
    expect(new Set(starts.map((at) => at.slice(6))), 'the fastest clock comes first').to.deep.equal(new Set(['35']));
  });

  it('starts nothing for slots before it began, unless one was missed and is to be made up for', async () => {
    keep();
    await clock.tickAsync(minute);
    expect(starts).to.deep.equal([]);
    keep({ catchUp: true });
    await clock.tickAsync(minute);
    expect(starts, 'a schedule that nobody ever kept has missed nothing').to.deep.equal([]);

    schedules = new MemorySchedules(() => Date.now(), new Date('2026-05-30T00:00:00Z'));
    for (let process = 0; process < 3; process += 1) keep({ catchUp: true });
    await clock.tickAsync(10 * minute);
    expect(schedules.claims, 'one run for days of slots').to.deep.equal(['2026-06-01T12:00:00.000Z']);
  });

  it('makes no storm of runs of a machine that slept', async () => {
    keep();
    await clock.tickAsync(15 * minute);
    expect(starts).to.deep.equal(['12:15:00']);
    clock.setSystemTime(noon + 5 * hour + 5 * minute);
    await clock.tickAsync(9 * minute);
    expect(starts).to.deep.equal(['12:15:00']);
    expect(told).to.deep.equal(['slot missed']);
    await clock.tickAsync(minute);
    expect(starts).to.deep.equal(['12:15:00', '17:15:00']);
  });

  it('makes up for what a machine missed while it slept with one run', async () => {
    keep({ catchUp: true });
    clock.setSystemTime(noon + 5 * hour + 5 * minute);
    await clock.tickAsync(9 * minute);
    expect(schedules.claims).to.deep.equal(['2026-06-01T17:00:00.000Z']);
  });

  it('starts a slot that the process was too busy to see in time', async () => {
    keep();
    clock.setSystemTime(noon + 14 * minute + 50 * second);
    await clock.tickAsync(10 * second);
    expect(starts).to.deep.equal(['12:15:30']);
  });

  it('goes on at once when the clock is set back', async () => {
    keep();
    await clock.tickAsync(15 * minute);
    clock.setSystemTime(noon - 48 * hour);
    await clock.tickAsync(15 * minute);
    expect(starts).to.deep.equal(['12:15:00', '12:15:00']);
    clock.setSystemTime(Date.now() - 30 * second);
    await clock.tickAsync(40 * second);
    expect(starts, 'no slot comes twice').to.have.length(2);
  });

  it('waits for the clock of the state database where its own is far ahead', async () => {
    keep({}, { skewMs: 5 * minute });
    await clock.tickAsync(13 * minute);
    expect(starts).to.deep.equal([]);
    expect(new Set(told)).to.deep.equal(new Set(['schedule waits']));
    await clock.tickAsync(2 * minute);
    expect(schedules.claims).to.deep.equal(['2026-06-01T12:15:00.000Z']);
  });

  it('delays the start by chance, and never the slot', async () => {
    let next = 0;
    const random = (): number => (next = (next + 0.37) % 1);
    keep({ jitterSeconds: 300 }, { random });
    await clock.tickAsync(10 * hour + 5 * minute);
    expect(schedules.claims).to.have.length(40);
    expect(schedules.claims.every((slot) => /:(00|15|30|45):00\.000Z$/.test(slot))).to.equal(true);
    const delays = starts.map((at) => (Number(at.slice(3, 5)) % 15) * 60 + Number(at.slice(6)));
    expect(Math.max(...delays)).to.be.within(270, 300);
    expect(new Set(delays).size).to.be.above(30);
  });

  it('does not starve when the delay is longer than the time between two slots', async () => {
    keep({ schedule: '* * * * *', jitterSeconds: 600 }, { random: () => 1 });
    await clock.tickAsync(60 * minute);
    expect(starts.length).to.be.above(4);
  });

  it('starts a slot late when the state database was gone for seconds, and leaves it out after a minute', async () => {
    keep();
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
    expect(told).to.contain('slot missed');
    await clock.tickAsync(2 * minute);
    expect(starts).to.have.length(2);
  });

  for (const when of ['from the start', 'later on']) {
    it(`makes up for hours without a state database, ${when}, with one run`, async () => {
      keep({ catchUp: true });
      if (when === 'later on') await clock.tickAsync(minute);
      schedules.disconnected = true;
      await clock.tickAsync(3 * hour);
      schedules.disconnected = false;
      await clock.tickAsync(minute);
      expect(schedules.claims).to.deep.equal(['2026-06-01T15:00:00.000Z']);
      expect(starts).to.have.length(1);
    });
  }

  it('leaves a slot out that finds its sync at work', async () => {
    keep();
    trouble = busy;
    await clock.tickAsync(16 * minute);
    trouble = null;
    await clock.tickAsync(13 * minute);
    expect(starts).to.deep.equal([]);
    expect(told).to.deep.equal(['slot finds the sync at work: it is left out']);
  });

  it('makes up with one run for all slots that found their sync at work', async () => {
    for (let process = 0; process < 3; process += 1) keep({ catchUp: true });
    trouble = busy;
    await clock.tickAsync(50 * minute);
    expect(schedules.claims).to.have.length(3);
    trouble = null;
    await clock.tickAsync(5 * minute);
    expect(starts).to.have.length(1);
  });

  it('tries again to begin the run of a slot that it has claimed', async () => {
    keep();
    trouble = new Error('connection lost');
    await clock.tickAsync(15 * minute);
    expect(schedules.claims).to.have.length(1);
    trouble = null;
    await clock.tickAsync(20 * second);
    expect([starts.length, schedules.claims.length]).to.deep.equal([1, 1]);
  });

  it('goes on where another keeper of the same schedule was stopped', async () => {
    const first = keep({ jitterSeconds: 60 });
    await clock.tickAsync(14 * minute + 40 * second);
    await first.stop();
    await clock.tickAsync(10 * minute);
    expect(starts, 'a keeper that was stopped starts nothing').to.deep.equal([]);
    clock.setSystemTime(noon + 14 * minute + 45 * second);
    keep({ jitterSeconds: 60 }, { seenMs: first.handledUntilMs });
    await clock.tickAsync(minute);
    expect(schedules.claims).to.deep.equal(['2026-06-01T12:15:00.000Z']);
  });
});
