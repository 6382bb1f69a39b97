import { expect } from 'chai';
import { hashedCodec, plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import type { FieldRule, SyncSettings } from '../../../../src/core/settings.ts';
import { baseline, verify } from '../../../helpers/panel/audit.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel, WarehouseRow } from '../../../helpers/panel/panel.ts';

const once: FieldRule = { write: 'once', onInvalid: 'reject' };
const fill: FieldRule = { write: 'fill', onInvalid: 'reject' };

/** The first name is the researchers' once it is sent; city and plan are theirs as soon as they have a value. */
const owned: Partial<SyncSettings> = {
  mapping: { ...defaultSync.mapping, rules: { first_name: once, city: fill, 'characteristics.plan': fill } },
};
const ada: WarehouseRow = { email: 'ada@example.test', first_name: 'Ada' };

describe('fields that researchers own', () => {
  let panel: TestPanel;
  before(async () => (panel = await openPanel()));
  beforeEach(() => panel.reset());
  after(() => panel.close());

  const inHub = (): unknown => panel.people()['ada@example.test'];

  for (const [payloads, codec] of [
    ['full', plainCodec],
    ['hashed', hashedCodec],
  ] as const) {
    const runWith = async (row: WarehouseRow, changes: object = {}): Promise<object> => {
      await panel.setPeople([row]);
      const plan = await panel.plan({ sync: owned, codec, ...changes });
      const report = await panel.run({ sync: owned, codec, ...changes });
      expect(nonZeroRows(plan.report), 'the plan').to.deep.equal(nonZeroRows(report));
      return nonZeroRows(report);
    };
    const unchanged = { read: 1, unchanged: 1 };
    const updated = { read: 1, updated: 1 };

    it(`are written once, or filled, and then left alone (${payloads})`, async () => {
      expect(await runWith(ada)).to.deep.equal({ read: 1, inserted: 1 });
      panel.newRequests();
      expect(await runWith({ ...ada, first_name: 'Augusta' }), 'once').to.deep.equal(unchanged);
      expect(panel.newRequests()).to.equal(0);
      expect(await runWith({ ...ada, first_name: 'Augusta', city: 'London' }), 'filled').to.deep.equal(updated);
      expect(inHub()).to.include({ first_name: 'Ada', city: 'London' });
      expect(await runWith({ ...ada, city: 'Paris' }), 'has a value').to.deep.equal(unchanged);
      expect(await runWith({ ...ada, city: null }), 'is cleared').to.deep.equal(unchanged);
      expect(await runWith({ ...ada, city: 'Oslo', plan: 'pro' }), 'beside another').to.deep.equal(updated);
      expect(inHub()).to.include({ first_name: 'Ada', city: 'London', plan: 'pro' });
      expect(await runWith({ ...ada, city: 'Oslo', plan: 'free' }, { full: true }), 'resync').to.deep.equal(updated);
      expect(inHub()).to.include({ first_name: 'Ada', city: 'London', plan: 'pro' });
    });

    it(`are not overwritten where a baseline found them (${payloads})`, async () => {
      await panel.run({ sync: owned, codec });
      panel.hub.reset();
      await panel.setPeople([{ ...ada, city: 'Rome' }]);
      await panel.run();
      await panel.sql('truncate panelsync.snapshot, panelsync.snapshot_fields');
      await baseline(panel, { sync: owned, codec, replace: true });
      expect(await runWith({ ...ada, first_name: 'Augusta', city: 'Oslo', plan: 'pro' })).to.deep.equal(updated);
      expect(inHub()).to.include({ first_name: 'Ada', city: 'Rome', plan: 'pro' });
      expect(await runWith({ ...ada, first_name: 'Augusta', city: 'Oslo', plan: 'pro' })).to.deep.equal(unchanged);
    });

    it(`differ for nobody but the researchers (${payloads})`, async () => {
      await runWith({ ...ada, city: 'London', plan: 'pro' });
      // Another sync stands for the researchers.
      await panel.setPeople([{ ...ada, first_name: 'Countess', city: 'Paris', plan: 'pro' }]);
      await panel.run({ sync: { name: 'researchers' }, codec });
      const { counts } = await verify(panel, { sync: owned, codec });
      expect(counts.verdicts).to.deep.include({ same: 1, different: 0 });
      expect(await runWith({ ...ada, city: 'Rome', plan: 'pro' })).to.deep.equal(unchanged);
    });
  }

  it('keep nobody out where they are invalid and would not be sent', async () => {
    const sync = { mapping: { ...defaultSync.mapping, rules: { first_name: once } } };
    await panel.setPeople([ada]);
    await panel.run({ sync });
    await panel.setPeople([{ ...ada, first_name: 'x'.repeat(300), city: 'Rome' }]);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 1, updated: 1 });
    expect(inHub()).to.include({ first_name: 'Ada', city: 'Rome' });
  });

  it('are compared again when their rule changes', async () => {
    const sync = { mapping: { ...defaultSync.mapping, rules: { first_name: once } }, diff: 'fingerprints' } as const;
    await panel.setPeople([ada]);
    await panel.run({ sync });
    await panel.setPeople([{ ...ada, first_name: 'Augusta' }]);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 1, unchanged: 1 });
    expect(nonZeroRows(await panel.run({ sync: { diff: 'fingerprints' } }))).to.deep.equal({ read: 1, updated: 1 });
    expect(inHub()).to.include({ first_name: 'Augusta' });
  });

  it('are rejected once with the row, and not again while only they change', async () => {
    await panel.setPeople([ada]);
    await panel.run({ sync: owned });
    panel.hub.setOptions({ rejectedEmails: ['ada@example.test'] });
    await panel.setPeople([{ ...ada, city: 'Rome' }]);
    expect(nonZeroRows(await panel.run({ sync: owned }))).to.deep.equal({ read: 1, rejected: 1 });
    await panel.setPeople([{ ...ada, first_name: 'Augusta', city: 'Rome' }]);
    expect(nonZeroRows(await panel.run({ sync: owned }))).to.deep.equal({ read: 1, skipped: 1 });
  });
});
