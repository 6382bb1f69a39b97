import { expect } from 'chai';
import type { BaselineCounts } from '../../../../src/core/ports/hub/baseline.ts';
import { baseline } from '../../../helpers/panel/audit.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

const ada = { email: 'ada@example.test', first_name: 'Ada', city: 'London' };
const bob = { email: 'bob@example.test', first_name: 'Bob' };
const eve = { email: 'eve@example.test', first_name: 'Eve', characteristics: { plan: 'pro' } };

describe('baseline', () => {
  let panel: TestPanel;
  before(async () => (panel = await openPanel()));
  beforeEach(() => panel.reset());
  after(() => panel.close());

  /** The counts that are not zero. */
  async function nonZeroCounts(...args: Parameters<typeof baseline> extends [unknown, ...infer Rest] ? Rest : never) {
    const { counts } = (await baseline(panel, ...args)).state;
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)) as Partial<BaselineCounts>;
  }

  async function suppressedKeys(): Promise<readonly string[]> {
    const rows = await panel.sql<{ key: string }>('select key from panelsync.suppressions order by key');
    return rows.map(({ key }) => key);
  }

  it('makes known whom the Hub holds, and sends nothing', async () => {
    for (const person of [ada, bob, eve]) panel.hub.add(person);
    expect(await nonZeroCounts()).to.deep.equal({ added: 3 });
    expect(panel.hub.counters.rowsApplied).to.equal(0);
    expect(await panel.snapshot()).to.deep.equal({
      'ada@example.test': ada,
      'bob@example.test': bob,
      'eve@example.test': { email: 'eve@example.test', first_name: 'Eve', plan: 'pro' },
    });
  });

  it('lets the first upsert send only what differs', async () => {
    panel.hub.add(ada);
    panel.hub.add(bob);
    panel.hub.add(eve);
    await baseline(panel);
    await panel.setPeople([
      { ...ada, city: 'Paris' },
      bob,
      { email: 'eve@example.test', first_name: 'Eve', plan: 'pro' },
    ]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, unchanged: 2, updated: 1 });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 3, unchanged: 3 });
  });

  it('lets update mode work on the first day, and create nobody', async () => {
    panel.hub.add(ada);
    await baseline(panel);
    await panel.setPeople([{ ...ada, city: 'Paris' }, bob]);
    const report = await panel.run({ sync: { mode: 'update' } });
    expect(nonZeroRows(report)).to.deep.equal({ read: 2, updated: 1, skipped: 1 });
    expect(Object.keys(panel.people())).to.deep.equal(['ada@example.test']);
  });

  it('lets insert mode overwrite nobody', async () => {
    panel.hub.add(ada);
    await baseline(panel);
    await panel.setPeople([{ ...ada, city: 'Paris' }, bob]);
    const report = await panel.run({ sync: { mode: 'insert' } });
    expect(report.skips).to.include({ already_in_snapshot: 1 });
    expect(panel.people()['ada@example.test']).to.include({ city: 'London' });
    expect(Object.keys(panel.people())).to.have.length(2);
  });

  it('brings values into the form of the model: e-mails, phones, numbers, dates, blanks', async () => {
    const sync = {
      mapping: {
        fields: { email: 'email', phone_number: 'phone', city: 'city' },
        characteristics: {
          visits: { column: 'visits', type: null },
          vip: { column: 'vip', type: null },
          since: { column: 'since', type: null },
        },
      },
      phone: { defaultCountry: 'US', invalid: 'keep' as const },
      model: {
        sql: `select 'ada@example.test' as email, '(415) 555-2671' as phone, null::text as city, 1.50 as visits, true as vip, date '2026-01-31' as since`,
        location: 'inline',
      },
    };
    panel.hub.add({
      email: ' ada@example.test',
      phone_number: '415-555-2671',
      city: '  ',
      characteristics: { visits: '1.5', vip: 'yes', since: '2026-01-31T00:00:00Z', unmapped: 1 },
    });
    await baseline(panel, { sync });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 1, unchanged: 1 });
  });

  it('tells values that do not fit, and knows the person all the same', async () => {
    const characteristics = { plan: { column: 'plan', type: 'number' as const } };
    const sync = { mapping: { fields: { email: 'email' }, characteristics } };
    panel.hub.add(eve);
    const { state } = await baseline(panel, { sync });
    expect(state.counts.added).to.equal(1);
    expect(state.invalidValues).to.deep.equal({ 'characteristics.plan: not_a_number': 1 });
  });

  it('leaves people alone whom we have sent ourselves, and counts those who differ', async () => {
    await panel.setPeople([ada, bob]);
    await panel.run();
    panel.hub.edit('ada@example.test', { city: 'Oslo' });
    panel.hub.add(eve);
    expect(await nonZeroCounts()).to.deep.equal({ added: 1, kept: 2, keptDifferent: 1 });
    expect((await panel.snapshot())['ada@example.test']).to.deep.equal(ada);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 2, unchanged: 2, removed: 1 });
  });

  it('takes the Hub as it is with replace', async () => {
    await panel.setPeople([ada, bob]);
    await panel.run();
    panel.hub.edit('ada@example.test', { city: 'Oslo' });
    expect(await nonZeroCounts({ replace: true })).to.deep.equal({ different: 1, same: 1 });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 2, unchanged: 1, updated: 1 });
    expect(panel.people()['ada@example.test']).to.include({ city: 'London' });
  });

  it('finds the same when it is made twice, and what has changed in the Hub since', async () => {
    panel.hub.add(ada);
    panel.hub.add(bob);
    await baseline(panel);
    panel.hub.edit('ada@example.test', { city: 'Oslo' });
    expect(await nonZeroCounts()).to.deep.equal({ different: 1, same: 1 });
    expect((await panel.snapshot())['ada@example.test']).to.include({ city: 'Oslo' });
  });

  it('is newer than a resync that was asked for before it', async () => {
    panel.hub.add(ada);
    await baseline(panel);
    await (await panel.records()).resync('panel');
    await baseline(panel);
    await panel.setPeople([ada]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 1, unchanged: 1 });
  });

  it('is older than a resync that is asked for after it', async () => {
    panel.hub.add(ada);
    await baseline(panel);
    await (await panel.records()).resync('panel');
    await panel.setPeople([ada]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 1, updated: 1 });
  });

  it('lets people go again who were deleted in the Hub and are there once more', async () => {
    await panel.setPeople([ada]);
    await panel.run();
    await panel.sql(`insert into panelsync.suppressions (sync_id, key, reason) values
      (1, 'ada@example.test', 'deleted_in_hub'), (1, 'bob@example.test', 'deleted_in_hub'), (1, 'eve@example.test', 'outcome_unknown')`);
    panel.hub.add(eve);
    expect(await nonZeroCounts()).to.deep.equal({ added: 1, kept: 1, returned: 1 });
    expect(await suppressedKeys()).to.deep.equal(['bob@example.test', 'eve@example.test']);
  });

  it('says who stands for nobody, and where', async () => {
    panel.hub.setOptions({ allowMissingEmail: true });
    panel.hub.add({ first_name: 'Nobody' });
    panel.hub.add(ada);
    const { state } = await baseline(panel);
    expect(state.counts).to.include({ added: 1, unusable: 1 });
    const [nobody] = [...panel.hub.people.values()].map(({ id }) => id);
    expect(state.unusableEntries).to.deep.equal([{ place: 'entries 1 to 2', id: nobody, reason: 'it has no e-mail' }]);
  });

  it('refuses a sync that is not keyed by e-mail', async () => {
    const error: unknown = await baseline(panel, { sync: { mode: 'insert', key: 'note' } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('code', 'no_email_key');
  });

  it('refuses while the sync runs', async () => {
    const session = await panel.session();
    try {
      const error = await thrownError(baseline(panel));
      expect(error).to.have.property('code', 'already_running');
    } finally {
      await session.close();
    }
  });

  it('is empty for an empty Hub', async () => {
    expect(await nonZeroCounts()).to.deep.equal({});
  });
});
