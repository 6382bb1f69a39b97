import { expect } from 'chai';
import { baseline, verify } from '../../../helpers/panel/audit.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada', city: 'London' };
const bob = { email: 'bob@example.test', first_name: 'Bob', plan: 'pro' };
const eve = { email: 'eve@example.test', first_name: 'Eve' };
const noDifferences = { same: 0, different: 0, unknown: 0, moved: 0 };

describe('verify', () => {
  let panel: TestPanel;
  before(async () => (panel = await openPanel()));
  beforeEach(() => panel.reset());
  after(() => panel.close());

  /** Everything in the state, as text. */
  async function dumpTables(): Promise<string> {
    const tables = await panel.sql<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'panelsync' order by 1`,
    );
    const all = [];
    for (const { name } of tables) {
      all.push(name, await panel.sql(`select t::text from panelsync.${name} t order by 1`));
    }
    return JSON.stringify(all);
  }

  async function deliver(...people: Parameters<TestPanel['setPeople']>[0][]): Promise<void> {
    await panel.setPeople(people.flat());
    await panel.run();
  }

  it('agrees right after a run, and after a baseline', async () => {
    await deliver([ada, bob]);
    panel.hub.add(eve);
    await baseline(panel);
    const { counts, ...rest } = await verify(panel);
    expect(counts).to.deep.equal({ verdicts: { ...noDifferences, same: 3 }, missing: 0, snapshot: 3 });
    expect(rest).to.include({ whole: true, total: 3, unusable: 0, repair: null, error: null });
  });

  it('tells who is missing, who differs field by field, and who is unknown; and writes nothing', async () => {
    await deliver([ada, bob]);
    panel.hub.remove('ada@example.test');
    panel.hub.edit('bob@example.test', {
      first_name: 'Robert',
      company: 'Acme',
      characteristics: { plan: 'free', age: 3 },
    });
    panel.hub.add(eve);
    const before = await dumpTables();
    const found = await verify(panel);
    expect(found.counts).to.deep.equal({
      verdicts: { ...noDifferences, different: 1, unknown: 1 },
      missing: 1,
      snapshot: 2,
    });
    expect(found.missing).to.deep.equal(['ada@example.test']);
    expect(found.unknown).to.deep.equal(['eve@example.test']);
    expect(found.different).to.deep.equal([
      { email: 'bob@example.test', fields: { first_name: ['Bob', 'Robert'], 'characteristics.plan': ['pro', 'free'] } },
    ]);
    expect(await dumpTables()).to.equal(before);
  });

  it('writes nothing for a sync that nobody has run yet', async () => {
    panel.hub.add(eve);
    const before = await dumpTables();
    expect((await verify(panel)).counts).to.deep.equal({
      verdicts: { ...noDifferences, unknown: 1 },
      missing: 0,
      snapshot: 0,
    });
    expect(await dumpTables()).to.equal(before);
  });

  it('looks at what was sent only: a value that the model does not hold is not a difference', async () => {
    await deliver([bob]);
    panel.hub.edit('bob@example.test', { city: 'Oslo' });
    expect((await verify(panel)).counts.verdicts).to.deep.equal({ ...noDifferences, same: 1 });
    await panel.run({ sync: { nulls: 'null' } });
    panel.hub.edit('bob@example.test', { city: 'Oslo' });
    const { different } = await verify(panel, { sync: { nulls: 'null' } });
    expect(different).to.deep.equal([{ email: 'bob@example.test', fields: { city: [null, 'Oslo'] } }]);
  });

  it('shows as many people as it is asked to, and counts all', async () => {
    await deliver([ada, bob, eve]);
    for (const email of ['ada@example.test', 'bob@example.test', 'eve@example.test']) panel.hub.remove(email);
    const { missing, counts } = await verify(panel, { limit: 2 });
    expect([missing, counts.missing]).to.deep.equal([['ada@example.test', 'bob@example.test'], 3]);
  });

  it('lets the next run send just those who differ, with repair', async () => {
    await deliver([ada, bob]);
    panel.hub.edit('ada@example.test', { city: 'Oslo' });
    const { repair } = await verify(panel, { repair: { recreate: false, force: false } });
    expect(repair).to.deep.equal({ different: 1, withheld: 0, recreated: 0 });
    const { sample } = await panel.plan();
    expect(sample).to.deep.equal([
      { operation: 'update', email: 'ada@example.test', fields: { city: ['Oslo', 'London'] } },
    ]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 2, unchanged: 1, updated: 1 });
    expect((await verify(panel)).counts.verdicts).to.deep.equal({ ...noDifferences, same: 2 });
  });

  it('sends nobody again who was deleted in the Hub, in any mode', async () => {
    await deliver([ada, bob]);
    panel.hub.remove('ada@example.test');
    const { repair } = await verify(panel, { repair: { recreate: false, force: false } });
    expect(repair).to.deep.equal({ different: 0, withheld: 1, recreated: 0 });
    await panel.setPeople([{ ...ada, city: 'Paris' }, bob]);
    for (const mode of ['upsert', 'insert', 'update'] as const) {
      const report = await panel.run({ sync: { mode } });
      expect(nonZeroRows(report)).to.deep.equal({ read: 2, unchanged: 1, skipped: 1 });
      expect(report.skips).to.include(mode === 'update' ? { not_in_snapshot: 1 } : { deleted_in_hub: 1 });
    }
    expect(Object.keys(panel.people())).to.deep.equal(['bob@example.test']);
    expect((await verify(panel)).counts.missing).to.equal(0);
  });

  it('creates them again when it is told to, at once or later, but not in update mode', async () => {
    await deliver([ada, bob]);
    const again = { recreate: true, force: true };
    panel.hub.remove('ada@example.test');
    await verify(panel, { repair: { recreate: false, force: false } });
    panel.hub.remove('bob@example.test');
    expect((await verify(panel, { repair: again })).repair).to.deep.equal({ different: 0, withheld: 0, recreated: 2 });
    expect(nonZeroRows(await panel.run({ sync: { mode: 'update' } }))).to.deep.equal({ read: 2, skipped: 2 });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 2, inserted: 2 });
  });

  for (const other of [[], [bob]]) {
    const how = other.length === 0 ? 'alone' : 'with others';
    it(`keeps a batch with an unknown outcome from bringing back who was deleted since (${how} in it)`, async () => {
      await deliver([ada, bob]);
      const updated = [{ ...ada, city: 'Paris' }, ...other.map((one) => ({ ...one, city: 'Rome' }))];
      await panel.setPeople(updated);
      panel.hub.setFaults({ kind: 'cut' });
      const failed = await panel.run({ destination: { maxAttempts: 1 } });
      panel.hub.remove('ada@example.test');
      await verify(panel, { repair: { recreate: false, force: false } });
      const report = await panel.run();
      expect([report.rows.skipped, report.skips.deleted_in_hub]).to.deep.equal([1, 1]);
      expect(Object.keys(panel.people())).to.deep.equal(['bob@example.test']);
      if (other.length > 0) expect(panel.people()['bob@example.test']).to.include({ city: 'Rome' });
      const old = await (await panel.records()).run(failed.runId);
      expect(old?.rows).to.include({ updated: other.length, unsent: 1 });
      panel.newRequests();
      await panel.run();
      expect(panel.newRequests()).to.equal(0);
    });
  }

  it('creates nobody again whose outcome is unknown, or who is in the Hub after all', async () => {
    await deliver([ada, bob]);
    await panel.sql(`insert into panelsync.suppressions (sync_id, key, reason) values
      (1, 'eve@example.test', 'outcome_unknown'), (1, 'bob@example.test', 'deleted_in_hub')`);
    const { repair } = await verify(panel, { repair: { recreate: true, force: true } });
    expect(repair).to.include({ recreated: 0 });
    const left = await panel.sql<{ key: string }>('select key from panelsync.suppressions order by key');
    expect(left.map(({ key }) => key)).to.deep.equal(['bob@example.test', 'eve@example.test']);
  });

  it('overwrites nobody in insert mode, whatever differs', async () => {
    await deliver([ada]);
    panel.hub.edit('ada@example.test', { city: 'Oslo' });
    const sync = { mode: 'insert' as const };
    const { repair } = await verify(panel, { sync, repair: { recreate: false, force: false } });
    expect(repair).to.deep.equal({ different: 0, withheld: 0, recreated: 0 });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 1, unchanged: 1 });
  });

  it('repairs nothing where too many are missing, unless it is forced', async () => {
    await deliver([ada, bob]);
    panel.hub.reset();
    const sync = { guards: { minRows: 0, maxRemovedPercent: 50, maxInvalidPercent: 100 } };
    const stopped = await verify(panel, { sync, repair: { recreate: false, force: false } });
    expect([stopped.repair, stopped.error?.code]).to.deep.equal([null, 'guard_missing']);
    expect(Object.keys(await panel.snapshot())).to.have.length(2);
    const forced = await verify(panel, { sync, repair: { recreate: false, force: true } });
    expect(forced.repair).to.include({ withheld: 2 });
  });

  it('does not compare whom a run settles meanwhile', async () => {
    await deliver([ada, bob]);
    panel.hub.edit('ada@example.test', { city: 'Oslo' });
    const { counts } = await verify(panel, {
      beforeRequest: async () => {
        await panel.setPeople([{ ...ada, city: 'Paris' }, bob]);
        await panel.run();
      },
    });
    expect([counts.verdicts, counts.missing]).to.deep.equal([{ ...noDifferences, same: 1, moved: 1 }, 0]);
  });

  it('refuses to repair while the sync runs, and a sync that is not keyed by e-mail', async () => {
    const session = await panel.session();
    const code = async (choices: Parameters<typeof verify>[1]): Promise<unknown> =>
      verify(panel, choices).catch((error: unknown) => error);
    try {
      expect(await code({ repair: { recreate: false, force: false } })).to.have.property('code', 'already_running');
      expect(await code({ sync: { mode: 'insert', key: 'note' } })).to.have.property('code', 'no_email_key');
      expect((await verify(panel)).error).to.equal(null);
    } finally {
      await session.close();
    }
  });
});
