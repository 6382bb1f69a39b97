import { expect } from 'chai';
import { baseline } from '../../helpers/panel/audit.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const retention = { runsDays: 30, skipsDays: 7 };

describe('retention', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([{ email: 'ada@example.test' }, { email: 'bob@example.test' }]);
  });
  after(() => panel.close());

  /** Makes all runs so far look older. */
  async function age(days: number): Promise<void> {
    await panel.sql('update panelsync.runs set finished_at = finished_at - make_interval(days => $1)', [days]);
  }

  async function counts(): Promise<object> {
    const [found] = await panel.sql<Record<string, number>>(
      `select (select count(*)::int from panelsync.runs) as runs, (select count(*)::int from panelsync.batches) as batches,
         (select count(*)::int from panelsync.outbox) as outbox, (select count(*)::int from panelsync.skips) as skips,
         (select count(*)::int from panelsync.snapshot) as snapshot`,
    );
    return found ?? {};
  }

  it('forgets runs that are older than they are to be kept, with all that belongs to them, and never the snapshot', async () => {
    await panel.run({ limit: 1 });
    await age(31);
    await panel.run({ retention });
    expect(await counts()).to.deep.equal({ runs: 1, batches: 1, outbox: 1, skips: 0, snapshot: 2 });
    expect(nonZeroRows(await panel.run({ retention }))).to.deep.equal({ read: 2, unchanged: 2 });
  });

  it('keeps runs that are not old enough', async () => {
    await panel.run();
    await age(29);
    await panel.run({ retention });
    expect(await counts()).to.include({ runs: 2, batches: 1, outbox: 2 });
  });

  it('keeps a run of any age while a batch of it is unresolved', async () => {
    panel.hub.setFaults({ kind: 'cut', when: 'after', times: 2 });
    const old = await panel.run({ destination: { maxAttempts: 1 } });
    await age(400);
    await panel.run({ destination: { maxAttempts: 1 }, retention });
    expect(await (await panel.records()).run(old.runId)).not.to.equal(null);
    expect(nonZeroRows(await panel.run({ retention }))).to.deep.equal({ read: 2, unchanged: 2 });
  });

  it('forgets baselines but for the newest, and none of those whom they made known', async () => {
    panel.hub.add({ email: 'eve@example.test' });
    for (let times = 0; times < 3; times += 1) await baseline(panel);
    await panel.sql("update panelsync.baselines set started_at = now() - interval '31 days'");
    await panel.run({ retention });
    expect(await panel.sql('select id from panelsync.baselines')).to.deep.equal([{ id: '3' }]);
    expect(await panel.snapshot()).to.have.property('eve@example.test');
  });

  it('forgets skips that ended long ago, and keeps the ones that go on', async () => {
    const sync = { mode: 'update' as const };
    await panel.run({ sync });
    await panel.setPeople([{ email: 'ada@example.test' }]);
    await panel.run({ sync });
    await age(8);
    await panel.run({ sync, retention });
    expect(await counts()).to.include({ runs: 3, skips: 1 });
  });

  it('forgets ended skips whose runs were forgotten before them', async () => {
    const sync = { mode: 'update' as const };
    await panel.run({ sync });
    await panel.setPeople([]);
    await panel.run({ sync });
    await age(5);
    await panel.run({ sync, retention: { runsDays: 3, skipsDays: 7 } });
    expect(await counts()).to.include({ runs: 1, skips: 0 });
  });

  it('remembers that the Hub has accepted people, however long nobody has changed', async () => {
    await panel.run();
    await age(400);
    await panel.run({ retention });
    panel.hub.setOptions({ rejectedEmails: ['eve@example.test'] });
    await panel.sql("insert into people (email) values ('eve@example.test')");
    expect(nonZeroRows(await panel.run({ retention }))).to.deep.equal({ read: 3, unchanged: 2, rejected: 1 });
  });
});
