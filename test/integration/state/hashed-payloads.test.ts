import { expect } from 'chai';
import { createPayloadCodec } from '../../../src/core/model/payload-codec.ts';
import { hashAllPayloads } from '../../../src/state/run/payload-hashing.ts';
import { baseline, verify } from '../../helpers/panel/audit.ts';
import { hashedCodec as codec, testHashKey, keyedCodec } from '../../helpers/fixtures/payload-codecs.ts';
import { nonZeroRows, openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { respondWith, ScriptedHub } from '../../helpers/hub/scripted-hub.ts';
import { dumpState } from '../../helpers/panel/state-dump.ts';
import { thrownError } from '../../helpers/thrown-error.ts';

const ada = { email: 'ada@example.test', first_name: 'Augusta', city: 'Marylebone', plan: 'difference' };
const bob = { email: 'bob@example.test', first_name: 'Theophilus', city: 'Montmartre', plan: 'gratuitous' };
const values = [ada, bob].flatMap(({ email: _email, ...others }) => Object.values(others));

describe('payloads kept as hashes', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([ada, bob]);
  });
  after(() => panel.close());

  async function expectNoValues(): Promise<void> {
    const dump = (await dumpState(panel)).toLowerCase();
    for (const value of values) expect(dump).not.to.contain(value.toLowerCase());
    expect(dump).to.contain(ada.email);
  }

  it('leave no value in any table once a run is over, and what changed is still known', async () => {
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 2, inserted: 2 });
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 2, unchanged: 2 });
    await panel.setPeople([{ ...ada, city: 'Ockham', plan: null }, bob]);
    const { sample } = await panel.plan({ codec });
    expect(sample).to.deep.equal([
      { operation: 'update', email: ada.email, fields: { city: ['…', '…'] }, kept: ['characteristics.plan'] },
    ]);
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 2, unchanged: 1, updated: 1 });
    expect(panel.people()[ada.email]).to.include({ city: 'Ockham' });
    await expectNoValues();
    expect(await dumpState(panel)).not.to.contain('Ockham');
  });

  it('tell nobody who holds the tables what a value is: the same one looks different for each person', async () => {
    await panel.setPeople([ada, { ...bob, city: ada.city }]);
    await panel.run({ codec });
    const cities = await panel.sql<{ city: string }>(
      `select payload #>> '{hashed,city}' as city from panelsync.snapshot_fields`,
    );
    expect(new Set(cities.map(({ city }) => city)).size).to.equal(2);
    const hashes = `select replace(payload_hash::text, '-', '') as hash from panelsync.snapshot where key = $1`;
    const [stored] = await panel.sql<{ hash: string }>(hashes, [ada.email]);
    const text = JSON.stringify({
      fields: { email: ada.email, first_name: ada.first_name, city: ada.city },
      characteristics: { plan: ada.plan },
    });
    expect(codec.payloadHash(ada.email, text), 'with the key').to.equal(stored?.hash);
    for (const other of ['full', 'hashed'] as const) {
      const guess = createPayloadCodec({ payload: other, hashKey: 'a guess of somebody who has the tables' });
      expect(guess.payloadHash(ada.email, text), 'without the key').not.to.equal(stored?.hash);
    }
  });

  it("keep the Hub's words without the values in them", async () => {
    const hub = await new ScriptedHub((response, request) => {
      const refused = hub.received.at(-1)?.body.includes(ada.email) === true;
      const words = `${ada.city} is no city, says ${ada.first_name}, but ${ada.plan.toUpperCase()}.`;
      (refused ? respondWith(422, { message: words }) : respondWith(200, {}))(response, request);
    }).listen();
    try {
      const destination = { baseUrl: hub.url, concurrency: 1 };
      expect(nonZeroRows(await panel.run({ codec, destination }))).to.include({ inserted: 1, rejected: 1 });
      const [rejection] = await (await panel.records()).rejections('panel', null);
      expect(rejection).to.include({ email: ada.email, message: '… is no city, says …, but ….' });
      await expectNoValues();
      expect(nonZeroRows(await panel.run({ codec, destination })), 'known by its hash').to.include({ skipped: 1 });
    } finally {
      await hub.close();
    }
  });

  it('keep the body of a batch with an unknown outcome until it is resolved, and no longer', async () => {
    panel.hub.setFaults({ kind: 'cut', when: 'after', times: 1 });
    await panel.run({ codec, destination: { maxAttempts: 1 } });
    expect(await dumpState(panel)).to.contain(ada.city);
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 2, unchanged: 2 });
    await expectNoValues();
  });

  it('are made of what the Hub holds, too, and compared with it', async () => {
    await panel.run({ codec });
    await panel.sql('truncate panelsync.snapshot, panelsync.snapshot_fields');
    await baseline(panel, { codec });
    await expectNoValues();
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 2, unchanged: 2 });
    panel.hub.edit(ada.email, { city: 'Ockham' });
    const { different } = await verify(panel, { codec, repair: { recreate: false, force: false } });
    expect(different).to.deep.equal([{ email: ada.email, fields: { city: ['…', '…'] } }]);
    expect(await dumpState(panel)).not.to.contain('Ockham');
    expect(nonZeroRows(await panel.run({ codec })), 'the Hub is put right').to.deep.equal({
      read: 2,
      unchanged: 1,
      updated: 1,
    });
  });

  it('take the place of what was kept in full, in every table, and nothing is sent again', async () => {
    panel.hub.setOptions({ rejectedEmails: ['sick@example.test'] });
    const sick = { email: 'sick@example.test', first_name: 'Hildegard', city: 'Bingen', plan: 'ill' };
    await panel.setPeople([ada, bob, sick]);
    await panel.run();
    await panel.setPeople([{ ...ada, city: 'Ockham' }, bob, sick]);
    await panel.run({ sync: { name: 'other' } });
    expect(await dumpState(panel))
      .to.contain(ada.city)
      .and.to.contain('Bingen');
    panel.newRequests();
    expect(nonZeroRows(await panel.run({ codec, sync: { name: 'other' } }))).to.deep.equal({
      read: 3,
      unchanged: 2,
      skipped: 1,
    });
    await hashAllPayloads(panel.database, codec);
    const dump = await dumpState(panel);
    for (const value of [...values, 'Ockham', 'Hildegard', 'Bingen']) expect(dump).not.to.contain(value);
    await panel.setPeople([ada, bob, sick]);
    expect(nonZeroRows(await panel.run({ codec }))).to.deep.equal({ read: 3, unchanged: 2, skipped: 1 });
    expect(panel.newRequests()).to.equal(0);
    const { report, sample } = await panel.plan({ codec });
    expect([nonZeroRows(report), sample]).to.deep.equal([{ read: 3, unchanged: 2, skipped: 1 }, []]);
  });

  it('become values again as runs meet them, and nothing is sent again', async () => {
    await panel.run({ codec });
    panel.newRequests();
    expect(nonZeroRows(await panel.run({ codec: keyedCodec }))).to.deep.equal({ read: 2, unchanged: 2 });
    expect(panel.newRequests()).to.equal(0);
    expect((await panel.snapshot())[ada.email]).to.include({ city: ada.city, plan: ada.plan });
    expect(nonZeroRows(await panel.run()), 'and the key is needed no more').to.deep.equal({ read: 2, unchanged: 2 });
  });

  it('are planned right while the change between the two is still to come', async () => {
    await panel.run();
    await panel.setPeople([{ ...ada, city: 'Ockham' }, bob]);
    const { sample, report } = await panel.plan({ codec });
    expect(nonZeroRows(report)).to.deep.equal({ read: 2, unchanged: 1, updated: 1 });
    expect(sample.map(({ fields }) => fields)).to.deep.equal([{ city: ['…', '…'] }]);
  });

  it('are refused to another key before anything is read or sent', async () => {
    await panel.run({ codec });
    panel.newRequests();
    for (const other of [
      createPayloadCodec({ payload: 'hashed', hashKey: `${testHashKey}!` }),
      createPayloadCodec({ payload: 'full', hashKey: `${testHashKey}!` }),
      createPayloadCodec({ payload: 'full', hashKey: null }),
    ]) {
      const thrown = await thrownError(panel.run({ codec: other }));
      expect(thrown)
        .to.have.property('code')
        .that.matches(/^hash_key_(changed|missing)$/);
      expect(thrown, 'a new key would be of no use')
        .to.have.property('hint')
        .that.matches(/^Set the previous key again/);
    }
    expect(panel.newRequests()).to.equal(0);
  });
});
