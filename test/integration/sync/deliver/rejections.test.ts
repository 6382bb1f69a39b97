import { expect } from 'chai';
import type { PointerFormat } from '../../../../src/simulator/options.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel, WarehouseRow } from '../../../helpers/panel/panel.ts';

const bad = 'bad@example.test';
const good: readonly WarehouseRow[] = Array.from({ length: 9 }, (_, at) => ({
  email: `good${at}@example.test`,
  first_name: `Good ${at}`,
}));
const badRow: WarehouseRow = { email: bad, first_name: 'Bad', city: 'Rome' };

describe('rejections', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel({ rejectedEmails: [bad] });
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  async function openRejections(): Promise<readonly string[]> {
    const list = await (await panel.records()).rejections('panel', null);
    return list.map(({ key, by, attempts }) => `${key} ${by} ${attempts}`);
  }

  /** Nine people whom the Hub takes and one whom it does not. */
  async function firstRun(): Promise<void> {
    await panel.setPeople([...good.slice(0, 4), badRow, ...good.slice(4)]);
    const report = await panel.run();
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['partial', { read: 10, inserted: 9, rejected: 1 }]);
    panel.newRequests();
  }

  const forms: readonly PointerFormat[] = ['jsonapi', 'participants', 'short', 'none'];
  for (const pointers of forms) {
    it(`sets one bad row aside and delivers the rest of its batch (pointers: ${pointers})`, async () => {
      panel.hub.setOptions({ pointerFormat: pointers });
      await firstRun();
      expect(panel.hub.people.size).to.equal(9);
      expect(panel.hub.counters.repeated).to.equal(0);
      const [rejection] = await (await panel.records()).rejections('panel', null);
      expect(rejection).to.include({ email: bad, key: bad, by: 'destination', attempts: 1, retry: false });
      expect(rejection?.message).to.equal('Email is not deliverable');
      expect(Object.keys(await panel.snapshot())).to.have.length(9);
    });
  }

  it('keeps a rejected row from travelling while it stays the same', async () => {
    await firstRun();
    const again = await panel.run();
    expect([again.status, nonZeroRows(again)]).to.deep.equal(['succeeded', { read: 10, unchanged: 9, skipped: 1 }]);
    expect([again.skips.rejected_before, panel.newRequests()]).to.deep.equal([1, 0]);
    expect(await openRejections()).to.deep.equal([`${bad} destination 1`]);
    const skips = await (await panel.records()).skips(again.runId, { duplicates: false, limit: null });
    expect(skips).to.deep.equal([{ key: bad, email: bad, reason: 'rejected_before', rows: 1 }]);
  });

  it('sends a rejected row again when it has changed, and closes it when the Hub accepts it', async () => {
    await firstRun();
    await panel.sql("update people set city = 'Oslo' where email = $1", [bad]);
    const second = await panel.run();
    expect([nonZeroRows(second), await openRejections()]).to.deep.equal([
      { read: 10, unchanged: 9, rejected: 1 },
      [`${bad} destination 2`],
    ]);
    panel.hub.setOptions({ rejectedEmails: [] });
    await panel.sql("update people set city = 'Bonn' where email = $1", [bad]);
    const third = await panel.run();
    expect([third.status, nonZeroRows(third), await openRejections()]).to.deep.equal([
      'succeeded',
      { read: 10, unchanged: 9, inserted: 1 },
      [],
    ]);
  });

  it('sends a rejected row again when the mapping gives it another payload, but not for another column order', async () => {
    await firstRun();
    const { mapping } = defaultSync;
    const reordered = { ...mapping, fields: { city: 'city', first_name: 'first_name', email: 'email' } };
    expect(nonZeroRows(await panel.run({ sync: { mapping: reordered } }))).to.deep.equal({
      read: 10,
      unchanged: 9,
      skipped: 1,
    });
    const title = { ...mapping, fields: { ...mapping.fields, title: 'city' } };
    expect(nonZeroRows(await panel.run({ sync: { mapping: title } }))).to.deep.equal({
      read: 10,
      unchanged: 9,
      rejected: 1,
    });
  });

  it('sends a rejected row again when the Hub is addressed in another way', async () => {
    await firstRun();
    const wire = { auth: 'bearer', envelope: 'jsonapi', fieldCase: 'camel', characteristics: 'nested' } as const;
    panel.hub.setOptions({ wire });
    await panel.sql("update people set city = 'Oslo' where email = 'good1@example.test'");
    const report = await panel.run({ destination: { wire } });
    expect(nonZeroRows(report)).to.deep.equal({ read: 10, unchanged: 8, updated: 1, rejected: 1 });
  });

  it('closes a rejection when its row leaves the model', async () => {
    await firstRun();
    await panel.sql('delete from people where email = $1', [bad]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 9, unchanged: 9 });
    expect(await openRejections()).to.deep.equal([]);
  });

  it('closes a rejection when its row is again what the snapshot holds', async () => {
    panel.hub.setOptions({ rejectedEmails: [] });
    await panel.setPeople([...good, badRow]);
    await panel.run();
    panel.hub.setOptions({ rejectedEmails: [bad] });
    await panel.sql("update people set city = 'Oslo' where email = $1", [bad]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 10, unchanged: 9, rejected: 1 });
    await panel.sql("update people set city = 'Rome' where email = $1", [bad]);
    panel.newRequests();
    expect([nonZeroRows(await panel.run()), panel.newRequests()]).to.deep.equal([{ read: 10, unchanged: 10 }, 0]);
    expect(await openRejections()).to.deep.equal([]);
  });

  it('never lets a row that was refused before travel with good ones', async () => {
    await firstRun();
    await panel.sql("update people set city = 'Oslo'");
    panel.hub.setOptions({ pointerFormat: 'none' });
    const report = await panel.run();
    expect(nonZeroRows(report)).to.deep.equal({ read: 10, updated: 9, rejected: 1 });
    expect(panel.hub.requests.slice(-2).map(({ status, rows }) => [status, rows])).to.deep.equal([
      [200, 9],
      [422, 1],
    ]);
    expect(report.requests).to.include({ sent: 2, split: 0 });
  });

  it('keeps a rejection of ours as long as the row is invalid, then sends the row', async () => {
    await panel.setPeople([...good, { email: 'odd@', first_name: 'Odd' }]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 10, inserted: 9, invalid: 1 });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 10, unchanged: 9, invalid: 1 });
    expect(await openRejections()).to.deep.equal(['odd@ validation 2']);
    await panel.sql("update people set email = 'odd@example.test' where email = 'odd@'");
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 10, unchanged: 9, inserted: 1 });
    expect(await openRejections()).to.deep.equal([]);
  });

  it('tries a refused row once more when retry asked for it, and only then', async () => {
    await firstRun();
    const records = await panel.records();
    expect(await records.retry('panel', 'nobody@example.test')).to.equal(0);
    expect(await records.retry('panel', bad)).to.equal(1);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 10, unchanged: 9, rejected: 1 });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 10, unchanged: 9, skipped: 1 });
    panel.hub.setOptions({ rejectedEmails: [] });
    expect(await records.retry('panel', null)).to.equal(1);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 10, unchanged: 9, inserted: 1 });
    expect(await openRejections()).to.deep.equal([]);
  });

  it('keeps what retry asked for until the row was really sent', async () => {
    await firstRun();
    await (await panel.records()).retry('panel', null);
    await panel.setPeople([...good, badRow, { email: 'new@example.test' }]);
    expect(nonZeroRows(await panel.run({ limit: 1 }))).to.deep.equal({
      read: 11,
      unchanged: 9,
      inserted: 1,
      unsent: 1,
    });
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 11, unchanged: 10, rejected: 1 });
  });

  it('marks nobody when the very first people are all refused alike, and does once the Hub has taken somebody', async () => {
    await panel.setPeople([badRow]);
    const first = await panel.run();
    expect([first.status, first.error?.code, await openRejections()]).to.deep.equal(['failed', 'contract_refused', []]);
    await firstRun();
    expect(await openRejections()).to.deep.equal([`${bad} destination 1`]);
  });

  it('accepts the rows of a batch that the Hub took in part, and rejects the ones it named', async () => {
    panel.hub.setOptions({ rejectedEmails: [] });
    panel.hub.setFaults({ kind: 'partial', rows: [2, 5] });
    await panel.setPeople(good);
    const report = await panel.run();
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['partial', { read: 9, inserted: 7, rejected: 2 }]);
    expect(await openRejections()).to.deep.equal([
      'good2@example.test destination 1',
      'good5@example.test destination 1',
    ]);
    expect(await panel.snapshot()).to.deep.equal(panel.people());
  });

  it('delivers every good row once where a tenth of them is bad', async () => {
    panel.hub.setOptions({ rejectedEmails: (email) => email.endsWith('0@example.test'), pointerFormat: 'none' });
    await panel.sql(
      `insert into people (email, first_name) select 'p' || n || '@example.test', 'P' || n from generate_series(1, 500) n`,
    );
    const report = await panel.run({ destination: { maxSplitRequests: 1000 } });
    expect(nonZeroRows(report)).to.deep.equal({ read: 500, inserted: 450, rejected: 50 });
    expect([panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([450, 0]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 500, unchanged: 450, skipped: 50 });
  });

  it('leaves rows for the next run when the requests for finding bad rows are used up', async () => {
    panel.hub.setOptions({ rejectedEmails: (email) => email.startsWith('p7'), pointerFormat: 'none' });
    await panel.sql(
      `insert into people (email, first_name) select 'p' || n || '@example.test', 'P' || n from generate_series(1, 200) n`,
    );
    const first = await panel.run({ destination: { maxSplitRequests: 6 } });
    expect([first.status, first.rows.unsent > 0]).to.deep.equal(['partial', true]);
    expect(first.notes.join()).to.match(/maxSplitRequests.* next run/);
    let report = first;
    for (let runs = 0; runs < 20 && report.rows.unsent > 0; runs += 1) {
      report = await panel.run({ destination: { maxSplitRequests: 12 } });
    }
    expect([report.rows.unsent, panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([0, 189, 0]);
    expect(await openRejections()).to.have.length(11);
  });
});
