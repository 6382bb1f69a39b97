import { expect } from 'chai';
import { createPayloadCodec } from '../../../src/core/model/payload-codec.ts';
import type { PersonSelector, ErasedRows } from '../../../src/core/ports/records.ts';
import { baseline, verify } from '../../helpers/panel/audit.ts';
import { keyedCodec as codec, plainCodec } from '../../helpers/fixtures/payload-codecs.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { dumpState } from '../../helpers/panel/state-dump.ts';
import { panelsyncErrorOf } from '../../helpers/thrown-error.ts';

const ada = { email: 'Ada.Lovelace@Example.test', first_name: 'Augusta', city: 'Marylebone', plan: 'difference' };
const bob = { email: 'bob@example.test', first_name: 'Bob', city: 'Paris', plan: 'free' };
const key = 'ada.lovelace@example.test';
const person: PersonSelector = { email: key, key: null, sync: null };
const update = { name: 'known', mode: 'update' as const };

describe('forgetting somebody', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([ada, bob]);
  });
  after(() => panel.close());

  async function forget(request: Partial<PersonSelector> = {}): Promise<readonly ErasedRows[]> {
    return (await panel.records(codec)).forget({ ...person, ...request });
  }

  /** Nothing of her is anywhere in the state, however it is written. */
  async function expectErased(): Promise<void> {
    const dump = (await dumpState(panel)).toLowerCase();
    for (const value of Object.values(ada)) expect(dump).not.to.contain(value.toLowerCase());
    expect(dump).to.contain('bob');
  }

  it('leaves nothing of the person in any table, of no run and in no sync', async () => {
    await panel.run({ codec });
    await panel.setPeople([{ ...ada, city: 'Ockham' }, ada, bob]);
    await panel.run({ codec });
    await panel.run({ codec, sync: update });
    await panel.run({ codec, sync: { name: 'strict', duplicates: 'reject' } });
    await panel.setPeople([bob]);
    await panel.run({ codec });
    expect(await forget()).to.deep.equal([
      { sync: 'panel', removed: { snapshot: 1, snapshot_fields: 1, skips: 1, absences: 1, outbox: 2 } },
      { sync: 'known', removed: { skips: 2 } },
      { sync: 'strict', removed: { rejections: 1, skips: 1 } },
    ]);
    await expectErased();
  });

  it('keeps the row from being sent and from being listed, and the sums hold', async () => {
    await panel.run({ codec });
    await forget();
    await panel.setPeople([{ ...ada, city: 'Ockham' }, bob]);
    panel.newRequests();
    for (const round of [1, 2]) {
      const report = await panel.run({ codec });
      expect(nonZeroRows(report), `round ${round}`).to.deep.equal({ read: 2, unchanged: 1, skipped: 1 });
      expect(report.skips.forgotten).to.equal(1);
    }
    expect(panel.newRequests()).to.equal(0);
    const { skips, report } = await panel.plan({ codec });
    expect([skips, report.skips.forgotten]).to.deep.equal([[], 1]);
    await expectErased();
  });

  it('holds in update mode too, where the others are listed as missed', async () => {
    await panel.run({ codec, sync: update });
    await forget();
    for (const round of [1, 2]) {
      const { skips, runId } = await panel.run({ codec, sync: update });
      expect([skips.forgotten, skips.not_in_snapshot], `round ${round}`).to.deep.equal([1, 1]);
      const listed = await (await panel.records()).skips(runId, { duplicates: false, limit: null });
      expect(listed.map(({ email }) => email)).to.deep.equal([bob.email]);
    }
    await expectErased();
  });

  for (const duplicates of ['first', 'reject'] as const) {
    it(`names nobody whose row comes twice (duplicates: ${duplicates})`, async () => {
      await forget();
      await panel.setPeople([ada, { ...ada, email: key }, bob]);
      const report = await panel.run({ codec, sync: { duplicates } });
      const own = duplicates === 'first' ? { duplicate: 1, skipped: 1 } : { duplicate: 2 };
      expect(nonZeroRows(report)).to.deep.equal({ read: 3, inserted: 1, ...own });
      await expectErased();
    });
  }

  it('says nothing of a row that is not fit to be sent', async () => {
    await forget({ email: 'no e-mail of hers' });
    await panel.setPeople([{ ...ada, email: 'No e-mail of hers' }, bob]);
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 2, skipped: 1, inserted: 1 });
    expect(await dumpState(panel)).not.to.match(/no e-mail of hers/i);
  });

  it('keeps a batch with an unknown outcome from taking the person along', async () => {
    panel.hub.setFaults({ kind: 'cut', when: 'before', times: 1 });
    await panel.run({ codec, destination: { maxAttempts: 1 } });
    expect(await forget()).to.deep.equal([{ sync: 'panel', removed: { outbox: 1 } }]);
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 2, unchanged: 1, skipped: 1 });
    expect(Object.keys(panel.people())).to.deep.equal([bob.email]);
  });

  it('leaves a batch that held nobody else for good', async () => {
    await panel.setPeople([ada]);
    panel.hub.setFaults({ kind: 'cut', when: 'before', times: 1 });
    const { runId } = await panel.run({ codec, destination: { maxAttempts: 1 } });
    await forget();
    panel.newRequests();
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 1, skipped: 1 });
    expect(panel.newRequests()).to.equal(0);
    expect(await (await panel.records()).run(runId)).to.have.nested.property('rows.unsent', 1);
    const dump = (await dumpState(panel)).toLowerCase();
    expect(dump).not.to.contain('lovelace').and.not.to.contain('marylebone');
  });

  it('in one sync leaves the others as they are', async () => {
    await panel.run({ codec });
    await panel.run({ codec, sync: { name: 'other' } });
    expect(await forget({ sync: 'other' })).to.deep.equal([
      { sync: 'other', removed: { snapshot: 1, snapshot_fields: 1, outbox: 1 } },
    ]);
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 2, unchanged: 2 });
    expect(nonZeroRows(await panel.run({ codec, sync: { name: 'other' } }))).to.deep.equal({
      read: 2,
      unchanged: 1,
      skipped: 1,
    });
  });

  it('finds the person by e-mail where rows have another key, and by that key', async () => {
    const keyed = { mode: 'insert' as const, key: 'plan' };
    await panel.run({ codec, sync: keyed });
    expect(await forget()).to.deep.equal([{ sync: 'panel', removed: { snapshot: 1, snapshot_fields: 1, outbox: 1 } }]);
    expect(nonZeroRows(await panel.run({ codec, sync: keyed }))).to.deep.equal({ read: 2, unchanged: 1, skipped: 1 });
    await expectErased();

    await forget({ email: 'nobody@example.test', key: 'free' });
    expect(nonZeroRows(await panel.run({ codec, sync: keyed }))).to.deep.equal({ read: 2, skipped: 2 });
    expect(await dumpState(panel)).not.to.contain('bob@example.test');
  });

  it('holds against a baseline and is no news to verify, though the Hub still has the person', async () => {
    await panel.run({ codec });
    await forget();
    const { state } = await baseline(panel, { codec });
    expect([state.counts.unusable, state.counts.added]).to.deep.equal([1, 0]);
    const { unknown, counts } = await verify(panel, { codec });
    expect([unknown, counts.verdicts.same]).to.deep.equal([[], 1]);
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 2, unchanged: 1, skipped: 1 });
    await expectErased();
  });

  it('can be lifted: the person is sent as a new one', async () => {
    await panel.run({ codec });
    await forget();
    const records = await panel.records(codec);
    expect(await records.allow({ ...person, sync: 'panel' }), 'forgotten everywhere').to.equal(false);
    expect([await records.allow(person), await records.allow(person)]).to.deep.equal([true, false]);
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 2, unchanged: 1, inserted: 1 });
  });

  it('is told with the sync it holds for', async () => {
    await panel.run({ codec });
    const records = await panel.records(codec);
    expect(await records.forgotten(person)).to.deep.equal([]);
    await records.forget({ ...person, sync: 'panel' });
    const inOne = await records.forgotten(person);
    expect(inOne.map(({ sync }) => sync)).to.deep.equal(['panel']);
    expect(await records.forgotten({ ...person, sync: 'panel' })).to.deep.equal(inOne);
    expect(await records.forgotten({ ...person, sync: 'another' })).to.deep.equal([]);
    await forget();
    expect((await records.forgotten(person)).map(({ sync }) => sync)).to.deep.equal([null, 'panel']);
  });

  it('waits for no run: while one holds the sync it is refused, and nothing is done', async () => {
    await panel.run({ codec });
    const session = await panel.session();
    try {
      const { recovery } = await panelsyncErrorOf(forget());
      expect(recovery).to.equal('busy');
    } finally {
      await session.close();
    }
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 2, unchanged: 2 });
  });

  it('needs the hash key ever after, and the same one', async () => {
    await panel.run();
    expect((await panelsyncErrorOf((await panel.records(plainCodec)).forget(person))).code).to.equal(
      'hash_key_missing',
    );
    await forget();
    expect((await panelsyncErrorOf(panel.run())).code).to.equal('hash_key_missing');
    expect((await panelsyncErrorOf(panel.plan())).code).to.equal('hash_key_missing');
    const other = createPayloadCodec({ payload: 'full', hashKey: 'another key, just as long as the first' });
    const changed = await panelsyncErrorOf(panel.run({ codec: other }));
    expect([changed.code, changed.recovery]).to.deep.equal(['hash_key_changed', 'usage']);
    await (await panel.records(codec)).allow(person);
    expect(nonZeroRows(await panel.run({ codec: other })), 'nothing hangs on the former key').to.include({
      inserted: 1,
    });
  });
});
