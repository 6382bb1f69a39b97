import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { hashedCodec, keyedCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import type { RunReport } from '../../../../src/core/model/terms.ts';
import { approve } from '../../../helpers/panel/approve.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel, WarehouseRow } from '../../../helpers/panel/panel.ts';

const mark = (value: string): SyncSettings['removed'] => ({
  action: 'mark',
  set: { fields: { title: value }, characteristics: { in_panel: false } },
  restore: { fields: {}, characteristics: { in_panel: true } },
});
const marking: Partial<SyncSettings> = { removed: mark('former') };

const person = (name: string, city = 'Rome'): WarehouseRow => ({ email: `${name}@example.test`, city });
const people = (...names: readonly string[]): readonly WarehouseRow[] => names.map((name) => person(name));

/** Counts of removals that are not zero. */
function nonZeroRemovals({ removals }: RunReport): Partial<RunReport['removals']> {
  return Object.fromEntries(Object.entries(removals).filter(([, count]) => count !== 0));
}

describe('people who left the model', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  after(() => panel.close());
  beforeEach(() => panel.reset());

  /** A run that marks, after the model has become these rows. */
  async function runWith(rows: readonly WarehouseRow[], options: RunOptions = {}): Promise<RunReport> {
    await panel.setPeople(rows);
    return panel.run({ ...options, sync: { ...marking, ...options.sync } });
  }

  function marked(name: string): boolean | undefined {
    const value = panel.people()[`${name}@example.test`]?.['in_panel'];
    return typeof value === 'boolean' ? value : undefined;
  }

  for (const diff of ['rows', 'fingerprints'] as const) {
    it(`are marked once, and restored once when they are back (${diff})`, async () => {
      const sync = { diff };
      await runWith(people('ada', 'bob', 'eve'), { sync });
      const left = await runWith(people('ada', 'eve'), { sync });
      expect(nonZeroRows(left)).to.deep.equal({ read: 2, unchanged: 2, removed: 1 });
      expect([nonZeroRemovals(left), left.status]).to.deep.equal([{ marked: 1 }, 'succeeded']);
      expect(panel.people()['bob@example.test']).to.deep.include({ title: 'former', in_panel: false, city: 'Rome' });
      const later = await runWith(people('ada', 'eve'), { sync });
      expect([nonZeroRemovals(later), later.requests.sent]).to.deep.equal([{}, 0]);
      const back = await runWith(people('ada', 'bob', 'eve'), { sync });
      expect(nonZeroRows(back)).to.deep.equal({ read: 3, unchanged: 3 });
      expect([nonZeroRemovals(back), marked('bob')]).to.deep.equal([{ restored: 1 }, true]);
      const quiet = await runWith(people('ada', 'bob', 'eve'), { sync });
      expect([nonZeroRemovals(quiet), quiet.requests.sent]).to.deep.equal([{}, 0]);
    });
  }

  it('are sent their changed row and what restores them when they return with changes', async () => {
    await runWith(people('ada', 'bob'));
    await runWith(people('ada'));
    const back = await runWith([person('ada'), person('bob', 'Oslo')]);
    expect(nonZeroRows(back)).to.deep.equal({ read: 2, unchanged: 1, updated: 1 });
    expect(nonZeroRemovals(back)).to.deep.equal({ restored: 1 });
    expect(panel.people()['bob@example.test']).to.deep.include({ city: 'Oslo', in_panel: true });
    expect((await panel.snapshot())['bob@example.test']).to.deep.equal({ email: 'bob@example.test', city: 'Oslo' });
  });

  it('are marked although they left long before marking was configured', async () => {
    await runWith(people('ada', 'bob'), { sync: { removed: { action: 'report' } } });
    await runWith(people('ada'), { sync: { removed: { action: 'report' } } });
    expect(nonZeroRemovals(await runWith(people('ada')))).to.deep.equal({ marked: 1 });
  });

  it('are marked again when the mark has other values, and after a resync', async () => {
    await runWith(people('ada', 'bob'));
    await runWith(people('ada'));
    const changed = await runWith(people('ada'), { sync: { removed: mark('gone') } });
    expect([nonZeroRemovals(changed), panel.people()['bob@example.test']?.['title']]).to.deep.equal([
      { marked: 1 },
      'gone',
    ]);
    const full = await runWith(people('ada'), { sync: { removed: mark('gone') }, full: true });
    expect(nonZeroRemovals(full)).to.deep.equal({ marked: 1 });
    const later = await runWith(people('ada'), { sync: { removed: mark('gone') } });
    expect(nonZeroRemovals(later)).to.deep.equal({});
  });

  it('are restored whatever their row is: whoever is in the model has not left', async () => {
    await runWith(people('ada', 'bob', 'eve', 'joe'));
    await runWith(people('ada'));
    const rows = [person('ada'), { email: 'bob@example.test', city: 'x'.repeat(300) }, person('eve'), person('eve')];
    const back = await runWith(rows, { sync: { duplicates: 'reject' } });
    expect(nonZeroRows(back)).to.deep.equal({ read: 4, unchanged: 1, invalid: 1, duplicate: 2, removed: 1 });
    expect(nonZeroRemovals(back)).to.deep.equal({ restored: 2 });
    expect([marked('bob'), marked('eve'), marked('joe')]).to.deep.equal([true, true, false]);
  });

  it('are not marked when a baseline found them and no run ever met them in the model', async () => {
    await runWith(people('ada', 'bob'));
    await panel.sql(
      `update panelsync.snapshot set origin = 'baseline', row_hash = '00000000-0000-0000-0000-000000000000'`,
    );
    expect(nonZeroRemovals(await runWith(people('ada')))).to.deep.equal({});
    // Met unchanged, ada is one of the model from then on.
    expect(nonZeroRemovals(await runWith([]))).to.deep.equal({ marked: 1 });
    expect([marked('ada'), marked('bob')]).to.deep.equal([false, undefined]);
  });

  it('are not marked when they are suppressed or forgotten', async () => {
    await runWith(people('ada', 'bob', 'eve'));
    await panel.sql(
      `insert into panelsync.suppressions (sync_id, key, reason) values (1, 'bob@example.test', 'deleted_in_hub')`,
    );
    const records = await panel.records(keyedCodec);
    await records.forget({ email: 'eve@example.test', key: null, sync: null });
    const report = await runWith(people('ada'), { codec: keyedCodec });
    expect([nonZeroRemovals(report), marked('bob'), marked('eve')]).to.deep.equal([{}, undefined, undefined]);
  });

  it('are marked where payloads are stored as hashes, by their key', async () => {
    await runWith(people('ada', 'bob'), { codec: hashedCodec });
    expect(nonZeroRemovals(await runWith(people('ada'), { codec: hashedCodec }))).to.deep.equal({ marked: 1 });
    expect(marked('bob')).to.equal(false);
    expect(await panel.sql('select payload from panelsync.outbox where payload is not null')).to.deep.equal([]);
  });

  it('count after the rows when a run sends only so many changes', async () => {
    await runWith(people('ada', 'bob', 'eve'));
    const rows = [person('ada', 'Oslo')];
    const first = await runWith(rows, { limit: 2 });
    expect([nonZeroRows(first), nonZeroRemovals(first)]).to.deep.equal([
      { read: 1, updated: 1, removed: 2 },
      { marked: 1, unsent: 1 },
    ]);
    expect(nonZeroRemovals(await runWith(rows))).to.deep.equal({ marked: 1 });
  });

  it('are not marked by a model with fewer rows than it must have, forced or approved', async () => {
    const guards = { minRows: 3, maxRemovedPercent: 100, maxInvalidPercent: 100 };
    await runWith(people('ada', 'bob', 'eve'), { sync: { guards } });
    const stopped = await runWith(people('ada'), { sync: { guards } });
    expect([stopped.error?.code, stopped.approval?.marks]).to.deep.equal(['guard_min_rows', 0]);
    const approved = await approve(panel, stopped.runId, { sync: { ...marking, guards } });
    expect([approved.report.status, nonZeroRemovals(approved.report)]).to.deep.equal(['succeeded', {}]);
    const forced = await runWith(people('ada'), { sync: { guards }, force: true });
    expect([nonZeroRemovals(forced), forced.rows.removed]).to.deep.equal([{}, 2]);
    expect([marked('bob'), marked('eve')]).to.deep.equal([undefined, undefined]);
  });

  it('stop a run before anybody is marked when they are too many', async () => {
    await runWith(people('ada', 'bob', 'eve'));
    const guards = { minRows: 0, maxRemovedPercent: 50, maxInvalidPercent: 100 };
    const report = await runWith(people('ada'), { sync: { guards } });
    expect([report.status, report.error?.code, nonZeroRemovals(report)]).to.deep.equal([
      'stopped',
      'guard_max_removed',
      { unsent: 2 },
    ]);
    expect(report.error?.message).to.include('A run would mark 2 of them.');
  });

  it('are part of a plan, and of a saved one', async () => {
    await runWith(people('ada', 'bob', 'eve'));
    await panel.setPeople(people('ada', 'bob'));
    await panel.run({ sync: marking });
    await panel.setPeople([person('ada'), person('eve', 'Oslo')]);
    const plan = await panel.plan({ sync: marking });
    expect(plan.report.removals).to.deep.equal({ marked: 1, restored: 1, rejected: 0, unsent: 0 });
    expect(plan.sample.map(({ operation, email, fields }) => [operation, email, fields])).to.deep.equal([
      ['update', 'eve@example.test', { city: ['Rome', 'Oslo'] }],
      ['mark', 'bob@example.test', { title: [null, 'former'], 'characteristics.in_panel': [null, false] }],
      ['restore', 'eve@example.test', { 'characteristics.in_panel': [null, true] }],
    ]);
  });

  it('are sent by a saved plan beside their row, or the plan says what is different', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'panelsync-removals-'));
    const file = join(folder, 'plan.jsonl');
    await runWith(people('ada', 'bob'));
    await runWith(people('ada'));
    await panel.setPeople([person('bob', 'Oslo')]);
    await panel.savePlan(file, { sync: marking });
    const { drift } = await panel.apply(file, { sync: { removed: mark('gone') } });
    expect(drift?.people).to.deep.include({ more: 0, less: 0, different: 1 });
    const { report, drift: none } = await panel.apply(file, { sync: marking });
    expect([none, nonZeroRows(report), nonZeroRemovals(report)]).to.deep.equal([
      null,
      { read: 1, updated: 1, removed: 1 },
      { marked: 1, restored: 1 },
    ]);
    await rm(folder, { recursive: true });
  });

  it('are left alone once the Hub has refused to mark them, until it is tried again', async () => {
    await runWith(people('ada', 'bob', 'eve'));
    panel.hub.setOptions({ rejectedEmails: ['bob@example.test'] });
    const refused = await runWith(people('ada'));
    expect([refused.status, nonZeroRows(refused), nonZeroRemovals(refused)]).to.deep.equal([
      'partial',
      { read: 1, unchanged: 1, removed: 2 },
      { marked: 1, rejected: 1 },
    ]);
    expect(await (await panel.records()).status('panel')).to.deep.include({
      removed: { people: 2, marked: 1, refused: 1 },
    });
    const later = await runWith(people('ada'));
    expect([later.status, nonZeroRemovals(later), later.requests.sent]).to.deep.equal(['succeeded', {}, 0]);
    expect(await (await panel.records()).retry('panel', null)).to.equal(1);
    panel.hub.setOptions({ rejectedEmails: [] });
    expect([nonZeroRemovals(await runWith(people('ada'))), marked('bob')]).to.deep.equal([{ marked: 1 }, false]);
  });

  it('lose a refused mark when they are back, and are tried again when they leave again', async () => {
    await runWith(people('ada', 'bob'));
    panel.hub.setOptions({ rejectedEmails: ['bob@example.test'] });
    expect(nonZeroRemovals(await runWith(people('ada')))).to.deep.equal({ rejected: 1 });
    expect(nonZeroRemovals(await runWith(people('ada', 'bob')))).to.deep.equal({});
    expect(nonZeroRemovals(await runWith(people('ada')))).to.deep.equal({ rejected: 1 });
  });

  it('stay marked when the Hub refuses to restore them', async () => {
    await runWith(people('ada', 'bob'));
    await runWith(people('ada'));
    panel.hub.setOptions({ rejectedEmails: ['bob@example.test'] });
    expect(nonZeroRemovals(await runWith(people('ada', 'bob')))).to.deep.equal({ rejected: 1 });
    expect(nonZeroRemovals(await runWith(people('ada', 'bob')))).to.deep.equal({});
    panel.hub.setOptions({ rejectedEmails: [] });
    await (await panel.records()).retry('panel', 'bob@example.test');
    expect([nonZeroRemovals(await runWith(people('ada', 'bob'))), marked('bob')]).to.deep.equal([
      { restored: 1 },
      true,
    ]);
  });

  it('stop the run before anything is sent when the Hub knows no such characteristic', async () => {
    await runWith(people('ada', 'bob'), { sync: { removed: { action: 'report' } } });
    panel.hub.setOptions({ characteristics: [{ name: 'In panel', slug: 'in_panel', type: 'text' }] });
    const report = await runWith(people('ada'), { sync: { mapping: { ...defaultSync.mapping, characteristics: {} } } });
    expect([report.error?.code, nonZeroRemovals(report)]).to.deep.equal(['characteristics_mismatch', { unsent: 1 }]);
    expect(report.error?.message).to.include('syncs.panel.removed.set.characteristics.in_panel: it is sent as boolean');
  });
});
