import { expect } from 'chai';
import type { Guards } from '../../../../src/core/settings.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const strict: Guards = { minRows: 2, maxRemovedPercent: 50, maxInvalidPercent: 20 };
const none: Guards = { minRows: 0, maxRemovedPercent: 100, maxInvalidPercent: 100 };

describe('guards', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  async function people(count: number, invalid = 0): Promise<void> {
    await panel.sql('truncate people restart identity');
    await panel.sql(
      `insert into people (email, city) select case when n <= $2 then 'bad' else 'p' || n || '@example.test' end || '', 'Rome'
       from generate_series(1, $1) n`,
      [count, invalid],
    );
    await panel.sql("update people set email = 'bad' || id where email = 'bad'");
  }

  it('stop a run whose model is too small, before anything is sent, and leave the counts on record', async () => {
    await people(1);
    const report = await panel.run({ sync: { guards: strict } });
    expect([report.status, report.error?.code]).to.deep.equal(['stopped', 'guard_min_rows']);
    expect([nonZeroRows(report), panel.newRequests()]).to.deep.equal([{ read: 1, unsent: 1 }, 0]);
    expect(report.error?.message).to.include('1 row').and.include('minRows (2)');
  });

  it('stop a run of an empty model by default settings of minRows', async () => {
    const report = await panel.run({ sync: { guards: { ...none, minRows: 1 } } });
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['stopped', {}]);
  });

  it('stop a run that misses more people than allowed, and let one pass that misses just as many', async () => {
    await people(10);
    await panel.run();
    panel.newRequests();
    await people(4);
    const stopped = await panel.run({ sync: { guards: strict } });
    expect([stopped.status, stopped.error?.code]).to.deep.equal(['stopped', 'guard_max_removed']);
    expect(nonZeroRows(stopped)).to.deep.equal({ read: 4, unchanged: 4, removed: 6 });
    await people(5);
    expect((await panel.run({ sync: { guards: strict } })).status).to.equal('succeeded');
    expect(panel.newRequests()).to.equal(0);
  });

  it('stop a run with more invalid rows than allowed, and only where somebody is known already', async () => {
    await people(10, 5);
    expect((await panel.run({ sync: { guards: strict } })).status).to.equal('partial');
    await people(12, 5);
    const stopped = await panel.run({ sync: { guards: strict } });
    expect([stopped.status, stopped.error?.code]).to.deep.equal(['stopped', 'guard_max_invalid']);
    expect(nonZeroRows(stopped)).to.deep.equal({ read: 12, invalid: 5, unchanged: 5, unsent: 2 });
    expect(await (await panel.records()).rejections('panel', null)).to.have.length(5);
  });

  it('show in a plan as what a run would do', async () => {
    await people(1);
    const { report } = await panel.plan({ sync: { guards: strict } });
    expect([report.status, report.error?.code, nonZeroRows(report)]).to.deep.equal([
      'stopped',
      'guard_min_rows',
      { read: 1, inserted: 1 },
    ]);
  });

  it('are passed by force, and a stopped run leaves nothing that the next one sends twice', async () => {
    await people(10);
    await panel.run();
    await panel.sql("update people set city = 'Oslo'");
    await panel.sql('delete from people where id > 2');
    expect((await panel.run({ sync: { guards: strict } })).status).to.equal('stopped');
    const forced = await panel.run({ sync: { guards: strict }, force: true });
    expect([forced.status, nonZeroRows(forced)]).to.deep.equal(['succeeded', { read: 2, updated: 2, removed: 8 }]);
    expect(panel.hub.counters.applied.get('p1@example.test')).to.equal(2);
  });
});
