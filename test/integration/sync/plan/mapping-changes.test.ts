import { expect } from 'chai';
import type { Mapping, SyncSettings } from '../../../../src/core/settings.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const people = [
  { email: 'ada@example.test', first_name: 'Ada', city: 'London', phone: '+44 20 7946 0958', plan: 'pro', note: 'x' },
  { email: 'bob@example.test', first_name: 'Bob', city: 'Paris', phone: '020 7946 0018', plan: 'free' },
  { email: 'eve@example.test', first_name: 'Eve', city: 'Rome', plan: 'pro' },
];

const { mapping } = defaultSync;
const withPhone: Mapping = { ...mapping, fields: { ...mapping.fields, phone_number: 'phone' } };

describe('a changed mapping', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople(people);
  });
  after(() => panel.close());

  /** Runs with other settings; gives the counts, the requests and the row hashes that the run left. */
  async function runWith(
    sync: Partial<SyncSettings> = {},
  ): Promise<{ doors: object; requests: number; hashes: string }> {
    const report = await panel.run({ sync });
    const rows = await panel.sql<{ row_hash: string }>('select row_hash from panelsync.snapshot order by key');
    const hashes = rows.map(({ row_hash: hash }) => hash).join();
    return { doors: nonZeroRows(report), requests: panel.newRequests(), hashes };
  }

  it('counts nobody as changed when a column changes that is not mapped', async () => {
    await runWith();
    await panel.sql("update people set note = 'other', phone = '1'");
    expect((await runWith()).doors).to.deep.equal({ read: 3, unchanged: 3 });
  });

  it('sends nothing when the mapping, the model or its columns are only put in another order', async () => {
    const first = await runWith();
    const reordered: Partial<SyncSettings> = {
      mapping: { ...mapping, fields: { city: 'city', email: 'email', first_name: 'first_name' } },
      model: {
        sql: 'select plan, city, note, first_name, email from people order by id desc',
        location: 'models/other.sql',
      },
    };
    const second = await runWith(reordered);
    expect(second)
      .to.include({ requests: 0 })
      .and.deep.include({ doors: { read: 3, unchanged: 3 } });
    const third = await runWith(reordered);
    expect(third.doors).to.deep.equal({ read: 3, unchanged: 3 });
    expect(third.hashes).to.equal(second.hashes);
    expect(first.requests).to.equal(1);
  });

  it('looks at all rows once more when values come in another form, and finds them equal the time after', async () => {
    const first = await runWith();
    const padded = {
      model: { sql: "select *, first_name || '  ' as name from people order by id", location: 'models/p.sql' },
    };
    const sync = { ...padded, mapping: { ...mapping, fields: { ...mapping.fields, first_name: 'name' } } };
    const second = await runWith(sync);
    expect(second).to.deep.include({ requests: 0, doors: { read: 3, unchanged: 3 } });
    expect(second.hashes, 'the row hashes have moved').not.to.equal(first.hashes);
    expect((await panel.plan({ sync })).report.rows.unchanged).to.equal(3);
    const third = await runWith(sync);
    expect(third).to.deep.equal({ requests: 0, doors: { read: 3, unchanged: 3 }, hashes: second.hashes });
  });

  it('sends only the people whom a new field gives a value', async () => {
    await runWith();
    const { doors: counts, requests } = await runWith({ mapping: withPhone });
    expect([counts, requests]).to.deep.equal([{ read: 3, unchanged: 1, updated: 2 }, 1]);
    expect(panel.people()['ada@example.test']).to.include({ phone_number: '+442079460958' });
    expect((await runWith({ mapping: withPhone })).doors).to.deep.equal({ read: 3, unchanged: 3 });
  });

  it('sends only the people whose number another phone country changes', async () => {
    await runWith({ mapping: withPhone });
    expect(panel.people()['bob@example.test']).to.include({ phone_number: '020 7946 0018' });
    const phone = { defaultCountry: 'GB', invalid: 'keep' } as const;
    const { doors: counts } = await runWith({ mapping: withPhone, phone });
    expect(counts).to.deep.equal({ read: 3, unchanged: 2, updated: 1 });
    expect(panel.people()['bob@example.test']).to.include({ phone_number: '+442079460018' });
  });

  it('sends only the people who lack a value when null columns begin to clear fields', async () => {
    await runWith({ mapping: withPhone });
    panel.hub.edit('eve@example.test', { phone_number: '12345' });
    const { doors: counts } = await runWith({ mapping: withPhone, nulls: 'null' });
    expect(counts).to.deep.equal({ read: 3, unchanged: 2, updated: 1 });
    expect(panel.people()['eve@example.test']).to.include({ phone_number: null });
  });

  it('names every column that the model does not have, or has twice, and sends nothing', async () => {
    const twice = { sql: 'select email, first_name, city, city, plan from people', location: 'models/twice.sql' };
    const fields = { ...mapping.fields, title: 'job', phone_number: 'fone' };
    const report = await panel.run({ sync: { model: twice, mapping: { ...mapping, fields } } });
    expect([report.status, report.error?.code, panel.newRequests()]).to.deep.equal(['failed', 'mapping_mismatch', 0]);
    expect(report.error?.message).to.include('syncs.panel.mapping.title: the model has no column "job"');
    expect(report.error?.message).to.include('no column "fone"').and.include('2 columns that "city" could mean');
  });
});
