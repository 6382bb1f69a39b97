import { expect } from 'chai';
import type { ScheduleStore } from '../../../src/core/ports/schedule-store.ts';
import { openDatabase } from '../../../src/state/db/database.ts';
import type { Database } from '../../../src/state/db/database.ts';
import { openSchedules } from '../../../src/state/tables/schedules.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const minuteMs = 60_000;

function minutesAgo(minutes: number): Date {
  return new Date(Math.floor(Date.now() / 1000) * 1000 - minutes * minuteMs);
}

describe('schedules', () => {
  let panel: TestPanel;
  let others: Database;
  let here: ScheduleStore;
  let there: ScheduleStore;
  before(async () => {
    panel = await openPanel();
    others = openDatabase(panel.url, 'panelsync');
    here = openSchedules(panel.database);
    there = openSchedules(others);
  });
  beforeEach(() => panel.reset());
  after(async () => {
    await others.close();
    await panel.close();
  });

  /** As if the last claim had been so long ago. */
  async function age(minutes: number): Promise<void> {
    await panel.sql(`update panelsync.syncs set claimed_at = claimed_at - make_interval(mins => ${minutes})`);
  }

  it('give each slot to one of many callers, however they race', async () => {
    for (const at of [50, 40, 30, 20, 10, 0]) {
      const scheduledAt = minutesAgo(at);
      const claims = await Promise.all(
        Array.from({ length: 12 }, (_, one) => (one % 2 === 0 ? here : there).claimRun('panel', scheduledAt)),
      );
      expect(claims.filter(Boolean), `slot ${at} minutes ago`).to.have.length(1);
      expect(await here.lastScheduledAt('panel')).to.deep.equal(scheduledAt);
    }
  });

  it('give no slot that is older than one already claimed, and keep syncs apart', async () => {
    expect(await here.lastScheduledAt('panel')).to.equal(null);
    expect(await here.claimRun('panel', minutesAgo(5))).to.equal(true);
    expect(await there.claimRun('panel', minutesAgo(6))).to.equal(false);
    expect(await there.claimRun('other', minutesAgo(6))).to.equal(true);
    expect(await there.claimRun('panel', minutesAgo(4))).to.equal(true);
  });

  it('give no slot to a clock that is more than a minute ahead of the database', async () => {
    expect(await here.claimRun('panel', minutesAgo(-3))).to.equal(false);
    expect(await here.lastScheduledAt('panel')).to.equal(null);
    expect(await here.claimRun('panel', minutesAgo(-0.5))).to.equal(true);
  });

  it("go on after the database's clock was set back", async () => {
    await here.claimRun('panel', minutesAgo(1));
    await panel.sql("update panelsync.syncs set last_scheduled_at = now() + interval '3 days'");
    const scheduledAt = minutesAgo(0);
    expect(await here.claimRun('panel', scheduledAt)).to.equal(true);
    expect(await here.lastScheduledAt('panel')).to.deep.equal(scheduledAt);
  });

  it('owe a slot whose run has not begun, to one caller a minute, until a run begins', async () => {
    const scheduledAt = minutesAgo(10);
    expect(await here.claimCatchUp('panel'), 'before any slot').to.equal(null);
    await here.claimRun('panel', scheduledAt);
    expect(await there.claimCatchUp('panel'), 'while it may be about to begin').to.equal(null);
    await age(2);
    const claims = await Promise.all([here, there, here, there].map((one) => one.claimCatchUp('panel')));
    expect(claims.filter((claim) => claim !== null)).to.deep.equal([scheduledAt]);
    await age(2);
    await panel.run();
    expect(await here.claimCatchUp('panel'), 'after a run').to.equal(null);
  });

  it('owe one run, the newest, for many slots', async () => {
    const newest = minutesAgo(10);
    await here.claimRun('panel', minutesAgo(20));
    await here.claimRun('panel', newest);
    await age(2);
    expect(await here.claimCatchUp('panel')).to.deep.equal(newest);
  });

  it('owe a slot also after the clock of the database was set back', async () => {
    await here.claimRun('panel', minutesAgo(1));
    await age(-600);
    expect(await here.claimCatchUp('panel')).to.not.equal(null);
  });

  it('start nothing that is paused, and owe nothing for the slots of a pause', async () => {
    const pause = await here.pause('panel', { by: 'ada@work', reason: 'the warehouse moves' });
    expect(pause).to.include({ by: 'ada@work', reason: 'the warehouse moves' });
    expect([...(await there.pauses())]).to.deep.equal([['panel', pause]]);
    expect((await (await panel.records()).status('panel')).pause).to.deep.equal(pause);
    const scheduledAt = minutesAgo(5);
    expect(await here.claimRun('panel', scheduledAt)).to.equal(false);
    expect(await there.resume('panel')).to.deep.equal(pause);
    expect([await there.resume('panel'), (await here.pauses()).size]).to.deep.equal([null, 0]);
    expect(await here.claimRun('panel', scheduledAt), 'a slot of the pause').to.equal(false);
    expect(await here.claimCatchUp('panel')).to.equal(null);
    expect(await here.claimRun('panel', minutesAgo(4))).to.equal(true);
  });

  it('keep what is owed for after the pause, and the time of a pause that is paused again', async () => {
    await here.claimRun('panel', minutesAgo(5));
    await age(2);
    const first = await here.pause('panel', { by: 'ada@work', reason: null });
    const second = await here.pause('panel', { by: 'bob@work', reason: 'longer' });
    expect(second).to.deep.equal({ at: first.at, by: 'bob@work', reason: 'longer' });
    const third = await here.pause('panel', { by: 'eve@work', reason: null });
    expect(third, 'nobody takes a reason away without another').to.deep.equal(second);
    expect(await here.claimCatchUp('panel')).to.equal(null);
    await here.resume('panel');
    expect(await here.claimCatchUp('panel')).to.not.equal(null);
  });
});
