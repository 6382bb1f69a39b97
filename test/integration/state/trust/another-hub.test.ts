import { expect } from 'chai';
import type { HubSession } from '../../../../src/core/ports/hub/hub-session.ts';
import { createHubState } from '../../../../src/state/hub-session.ts';
import { plainCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { baseline } from '../../../helpers/panel/audit.ts';
import { defaultSync } from '../../../helpers/fixtures/default-sync.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';
import { defaultStateOptions } from '../../../helpers/panel/state-options.ts';
import { errorCodeOf, panelsyncErrorOf } from '../../../helpers/thrown-error.ts';

const hubAddress = 'https://production.test/api';
const otherHub = { hubAddress };
const start = { source: 'hub', inputFingerprint: 'x', replace: false, restart: false } as const;

describe('the snapshot of a Hub', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([
      { email: 'ada@example.test', city: 'London' },
      { email: 'bob@example.test', city: 'Paris' },
    ]);
    await panel.run();
  });
  after(() => panel.close());

  async function withHubSession<T>(work: (session: HubSession) => Promise<T>, address = hubAddress): Promise<T> {
    const options = { ...defaultStateOptions(panel.database, address), codec: plainCodec };
    const session = await createHubState(panel.database, options).openHubSession(defaultSync, { lock: true });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  const uses: readonly [string, () => Promise<unknown>][] = [
    ['a run', () => panel.run(otherHub)],
    ['a plan', () => panel.plan(otherHub)],
    ['verify', () => withHubSession((session) => session.comparison())],
    ['a baseline that merges', () => withHubSession((session) => session.baseline(start))],
  ];
  for (const [what, use] of uses) {
    it(`stops ${what} against another one, which names both`, async () => {
      panel.newRequests();
      const error = await panelsyncErrorOf(use());
      expect([error.code, error.recovery, panel.newRequests()]).to.deep.equal(['another_hub', 'usage', 0]);
      expect(error.message).to.contain(hubAddress).and.to.contain(panel.hub.url);
      expect(error.hint).to.match(/--same-hub.*resync panel.*baseline panel --replace.*state\.schema/);
    });
  }

  it('stays where the same Hub has another wire profile, or moves to another address', async () => {
    const wire = { auth: 'bearer', envelope: 'participants', fieldCase: 'snake', characteristics: 'nested' } as const;
    expect((await panel.run({ destination: { wire } })).rows.unchanged).to.equal(2);
    const records = await panel.records(plainCodec, otherHub);
    expect(await records.acceptHubAddress('panel')).to.deep.equal({ former: panel.hub.url, address: hubAddress });
    expect(await records.acceptHubAddress('panel')).to.deep.equal({ former: null, address: hubAddress });
    expect((await panel.run(otherHub)).rows.unchanged).to.equal(2);
    expect(await errorCodeOf(panel.run())).to.equal('another_hub');
  });

  it('is set aside by resync and by --full: everybody is sent to the other one', async () => {
    await (await panel.records()).resync('panel');
    expect(nonZeroRows(await panel.run(otherHub))).to.deep.equal({ read: 2, inserted: 2 });
    expect(nonZeroRows(await panel.run({ full: true }))).to.deep.equal({ read: 2, inserted: 2 });
  });

  it('gives way to a baseline that replaces: people of the former Hub are known no more', async () => {
    panel.hub.remove('bob@example.test');
    await panel.sql("update panelsync.syncs set hub_address = 'https://former.test'");
    await baseline(panel, { replace: true });
    expect(await panel.sql('select key from panelsync.snapshot')).to.deep.equal([{ key: 'ada@example.test' }]);
    expect(nonZeroRows(await panel.run())).to.deep.equal({ read: 2, unchanged: 1, inserted: 1 });
  });

  it('leaves nothing to resolve of batches that another Hub may have stored', async () => {
    await panel.sql("update panelsync.batches set state = 'unknown', settled_at = null");
    expect(await errorCodeOf(panel.run(otherHub))).to.equal('another_hub');
    await (await panel.records()).resync('panel');
    const report = await panel.run(otherHub);
    expect([report.rows.inserted, report.requests.sent]).to.deep.equal([2, 1]);
  });

  it('belongs to the first Hub that is sent to, where it is empty', async () => {
    await panel.sql('truncate panelsync.snapshot, panelsync.snapshot_fields');
    expect((await panel.run(otherHub)).rows.inserted).to.equal(2);
    expect(await errorCodeOf(panel.run())).to.equal('another_hub');
  });

  it('belongs to no Hub that accepted nobody: the address was mistyped', async () => {
    for (const mode of ['upsert', 'insert'] as const) {
      await panel.reset();
      await panel.setPeople([{ email: 'ada@example.test' }, { email: 'bob@example.test' }]);
      panel.hub.setFaults({ kind: 'cut', times: 100 });
      const failed = await panel.run({ ...otherHub, sync: { mode }, destination: { maxAttempts: 1 } });
      expect(failed.rows.unsent).to.equal(2);
      panel.hub.setFaults();
      const report = await panel.run({ sync: { mode } });
      expect([report.error, Object.keys(panel.people()).length], mode).to.deep.equal([null, 2]);
      expect(await errorCodeOf(panel.run(otherHub))).to.equal('another_hub');
    }
  });

  it('belongs to no Hub that listed nobody for a baseline', async () => {
    await panel.reset();
    const onHub = (hub: { hubAddress: string }): Promise<unknown> =>
      withHubSession((session) => session.baseline(start), hub.hubAddress);
    await onHub(otherHub);
    await baseline(panel);
    expect(await panel.sql('select hub_address from panelsync.syncs')).to.deep.equal([{ hub_address: null }]);
    panel.hub.add({ email: 'ada@example.test' });
    await baseline(panel);
    expect(await errorCodeOf(onHub(otherHub))).to.equal('another_hub');
  });
});
