import { expect } from 'chai';
import type { Guards } from '../../../../src/core/settings.ts';
import type { Approval, RunReport } from '../../../../src/core/model/terms.ts';
import { hashedCodec, keyedCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { errorCodeOf } from '../../../helpers/thrown-error.ts';
import { approvedNote } from '../../../../src/sync/notes.ts';
import { approve } from '../../../helpers/panel/approve.ts';
import type { ApproveOptions } from '../../../helpers/panel/approve.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel, WarehouseRow } from '../../../helpers/panel/panel.ts';

const ada: WarehouseRow = { email: 'ada@example.test', first_name: 'Ada', city: 'London' };
const bob: WarehouseRow = { email: 'bob@example.test', first_name: 'Bob', city: 'Paris' };
const eve: WarehouseRow = { email: 'eve@example.test', first_name: 'Eve', city: 'Rome' };
const zoe: WarehouseRow = { email: 'zoe@example.test', first_name: 'Zoe', city: 'Lima' };

const guards: Guards = { minRows: 0, maxRemovedPercent: 20, maxInvalidPercent: 20 };
const guarded: RunOptions = { sync: { guards } };

/** Two of three people left the model, one changed, and one is new. */
const shrunk = [{ ...ada, city: 'Oslo' }, zoe];

describe('the plan of a run that a guard stopped', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  async function stoppedRun(options: RunOptions = guarded): Promise<RunReport> {
    await panel.setPeople([ada, bob, eve]);
    await panel.run({ ...options, limit: 1_000_000 });
    await panel.setPeople(shrunk);
    const report = await panel.run(options);
    expect(report.status).to.equal('stopped');
    panel.newRequests();
    return report;
  }

  async function approvalOf({ runId }: { readonly runId: string }): Promise<Approval | null> {
    return (await (await panel.records()).run(runId))?.approval ?? null;
  }

  async function savedRows(): Promise<number> {
    const [count] = await panel.sql<{ rows: number }>(
      `select count(*)::int as rows from panelsync.outbox o
       where not exists (select from panelsync.batches b where b.run_id = o.run_id)`,
    );
    return count?.rows ?? 0;
  }

  /** Approves it, and sees to it that nothing reached the Hub; returns what has drifted. */
  async function expectDrift({ runId }: RunReport, options: ApproveOptions = guarded): Promise<unknown> {
    panel.newRequests();
    const { report, drift } = await approve(panel, runId, options);
    expect([report.status, report.error?.code, panel.newRequests()]).to.deep.equal(['stopped', 'plan_moved', 0]);
    expect(JSON.stringify(report)).not.to.include('@');
    return drift;
  }

  const noDrift = { configuration: [], destination: null, snapshot: null, counts: [], people: null };

  it('waits for approval, and says what approving it would send', async () => {
    const stopped = await stoppedRun();
    expect(stopped.approval).to.deep.equal({
      state: 'waiting',
      inserts: 1,
      updates: 1,
      marks: 0,
      restores: 0,
      removed: 2,
      limit: null,
      by: null,
      reason: null,
      at: null,
      runId: null,
    });
    expect(stopped.error?.hint).to.contain(`panelsync approve ${stopped.runId}`);
    expect(await savedRows()).to.equal(2);
  });

  it('is sent as it is, in a run of its own, and the approval is on record', async () => {
    const stopped = await stoppedRun();
    const { report, drift } = await approve(panel, stopped.runId, { ...guarded, reason: 'the team was split' });
    expect([report.status, report.approves, drift]).to.deep.equal(['succeeded', stopped.runId, null]);
    expect(nonZeroRows(report)).to.deep.equal({ read: 2, inserted: 1, updated: 1, removed: 2 });
    expect(report.notes).to.deep.equal([approvedNote({ runId: stopped.runId, by: 'tester' })]);
    expect(panel.people()).to.have.nested.property('ada@example\\.test.city', 'Oslo');
    const { at, ...approval } = (await approvalOf(stopped)) ?? {};
    expect(approval).to.include({
      state: 'approved',
      by: 'tester',
      reason: 'the team was split',
      runId: report.runId,
      inserts: 1,
    });
    expect(Date.parse(String(at))).to.be.greaterThan(Date.parse(report.startedAt));
    expect(await savedRows()).to.equal(0);
    const [entry] = await (await panel.records()).audit({ sync: 'panel', limit: 1 });
    expect(entry).to.deep.include({
      action: 'approve',
      runId: stopped.runId,
      caller: 'tester',
      reason: 'the team was split',
      counts: { inserts: 1, updates: 1 },
    });
    expect(await errorCodeOf(approve(panel, stopped.runId, guarded)), 'once more').to.equal('not_approvable');
    expect((await (await panel.records()).runs('panel', 1))[0]?.runId, 'no further run').to.equal(report.runId);
  });

  it('of a nearly empty model sends what is there', async () => {
    const options = { sync: { guards: { ...guards, minRows: 3, maxRemovedPercent: 100 } } };
    const stopped = await stoppedRun(options);
    expect(stopped.error?.code).to.equal('guard_min_rows');
    const { report } = await approve(panel, stopped.runId, options);
    expect(nonZeroRows(report)).to.deep.equal({ read: 2, inserted: 1, updated: 1, removed: 2 });
    expect(Object.keys(panel.people())).to.have.length(4);
  });

  it('keeps the limit of the run that was stopped', async () => {
    await panel.setPeople([ada, bob, eve]);
    await panel.run();
    await panel.setPeople(shrunk);
    const stopped = await panel.run({ ...guarded, limit: 1 });
    expect(stopped.approval).to.include({ inserts: 1, updates: 1, limit: 1 });
    const { report } = await approve(panel, stopped.runId, guarded);
    expect(nonZeroRows(report)).to.deep.equal({ read: 2, updated: 1, unsent: 1, removed: 2 });
  });

  it('is not sent when the model has changed: the plan as it is then can be approved instead', async () => {
    const stopped = await stoppedRun();
    await panel.setPeople([{ ...ada, city: 'Bergen' }]);
    const sample = [
      { email: 'zoe@example.test', planned: 'insert', now: null, fields: {} },
      { email: 'ada@example.test', planned: 'update', now: 'update', fields: { city: ['Oslo', 'Bergen'] } },
    ];
    expect(await expectDrift(stopped)).to.deep.equal({
      ...noDrift,
      people: { more: 0, less: 1, different: 1, sample },
    });
    const [drifted] = await (await panel.records()).runs('panel', 1);
    expect(await approvalOf(stopped)).to.deep.include({ state: 'drifted', by: null, runId: drifted?.runId });
    expect(drifted?.approval).to.deep.include({ state: 'waiting', inserts: 0, updates: 1 });
    expect(drifted?.error?.hint).to.contain(`panelsync approve ${drifted?.runId}`);
    const { report } = await approve(panel, drifted?.runId ?? '', guarded);
    expect([report.status, report.rows.updated]).to.deep.equal(['succeeded', 1]);
  });

  it('is not sent when more people left the model, although the same people would be sent', async () => {
    await panel.setPeople([ada, bob, eve, zoe]);
    await panel.run();
    await panel.setPeople([{ ...ada, city: 'Oslo' }, bob, eve]);
    const stopped = await panel.run(guarded);
    await panel.setPeople([{ ...ada, city: 'Oslo' }, bob]);
    expect(await expectDrift(stopped)).to.deep.equal({ ...noDrift, counts: ['1 removed then, 2 now'] });
  });

  it('is not sent under another mapping, to another Hub, or after somebody else moved the snapshot', async () => {
    const stopped = await stoppedRun();
    const mapping = { fields: { email: 'email', city: 'city' }, characteristics: {} };
    expect(await expectDrift(stopped, { sync: { guards, mapping } })).to.have.nested.property(
      'configuration.length',
      1,
    );
    const moved = await panel.run(guarded);
    await panel.sql("update panelsync.snapshot set payload_hash = gen_random_uuid() where key = 'bob@example.test'");
    expect(await expectDrift(moved)).to.deep.equal({
      ...noDrift,
      snapshot: 'it has the same people with other values (verify --repair)',
    });
    const elsewhere = await panel.run(guarded);
    const options = { ...guarded, destination: { baseUrl: `${panel.hub.url}/other` } };
    expect(await expectDrift(elsewhere, options))
      .to.have.property('destination')
      .that.contains('another address');
  });

  it('expires when a later run makes a plan, and with it leaves the outbox', async () => {
    const first = await stoppedRun();
    const second = await panel.run(guarded);
    expect(await approvalOf(first)).to.deep.include({ state: 'expired', by: null, runId: second.runId });
    expect(await savedRows(), 'of one run only').to.equal(2);
    expect(await errorCodeOf(approve(panel, first.runId, guarded))).to.equal('not_approvable');
    await panel.setPeople([ada, bob, eve]);
    expect((await panel.run(guarded)).status).to.equal('succeeded');
    expect([(await approvalOf(second))?.state, await savedRows()]).to.deep.equal(['expired', 0]);
  });

  it('keeps waiting after a run that failed before its plan', async () => {
    const stopped = await stoppedRun();
    const failed = await panel.run({ ...guarded, source: { url: 'postgres://nobody@127.0.0.1:1/warehouse' } });
    expect([failed.status, (await approvalOf(stopped))?.state]).to.deep.equal(['failed', 'waiting']);
    const { report } = await approve(panel, stopped.runId, {
      ...guarded,
      source: { url: 'postgres://nobody@127.0.0.1:1/warehouse' },
    });
    expect([report.status, report.approves]).to.deep.equal(['failed', stopped.runId]);
    expect((await approve(panel, stopped.runId, guarded)).report.status).to.equal('succeeded');
  });

  it('expires with the retention of its run', async () => {
    const stopped = await stoppedRun();
    await panel.sql("update panelsync.runs set finished_at = finished_at - interval '99 days'");
    await panel.run({ ...guarded, source: { url: 'postgres://nobody@127.0.0.1:1/warehouse' } });
    expect([await approvalOf(stopped), await savedRows()]).to.deep.equal([null, 0]);
    await stoppedRun();
    const [newest] = await (await panel.records()).runs('panel', 1);
    await panel.sql("update panelsync.runs set finished_at = finished_at - interval '99 days'");
    await approve(panel, newest?.runId ?? '', guarded);
    expect(await savedRows(), 'approved before it is old enough to go').to.equal(0);
  });

  it('is left to others by people who are forgotten', async () => {
    const stopped = await stoppedRun();
    const records = await panel.records(keyedCodec);
    const erased = await records.forget({ email: 'zoe@example.test', key: null, sync: null });
    expect(erased).to.deep.equal([{ sync: 'panel', removed: { outbox: 1 } }]);
    const { report, drift } = await approve(panel, stopped.runId, { ...guarded, codec: keyedCodec });
    expect([report.status, drift]).to.deep.equal(['succeeded', null]);
    expect(nonZeroRows(report)).to.deep.equal({ read: 2, skipped: 1, updated: 1, removed: 2 });
    expect(Object.keys(panel.people())).to.not.include('zoe@example.test');
  });

  it('is not sent after somebody in the snapshot was forgotten', async () => {
    const stopped = await stoppedRun();
    await (await panel.records(keyedCodec)).forget({ email: 'bob@example.test', key: null, sync: null });
    const drift = await expectDrift(stopped, { ...guarded, codec: keyedCodec });
    expect(drift).to.deep.include({ snapshot: 'it has 2 people, and had 3 people' });
  });

  it('stores and names nobody where payloads are stored as hashes, and holds or drifts all the same', async () => {
    const hashed = { ...guarded, codec: hashedCodec };
    const stopped = await stoppedRun(hashed);
    const stored = await panel.sql(`select payload, stored_payload::text from panelsync.outbox where run_id = $1`, [
      stopped.runId,
    ]);
    expect(stored).to.have.length(2);
    expect(JSON.stringify(stored)).to.not.match(/@|Ada|Oslo/);
    await panel.setPeople([{ ...ada, city: 'Bergen' }]);
    const sample = [
      { email: 'zoe@example.test', planned: 'insert', now: null, fields: {} },
      { email: 'ada@example.test', planned: 'update', now: 'update', fields: { city: ['…', '…'] } },
    ];
    expect(await expectDrift(stopped, hashed)).to.deep.equal({
      ...noDrift,
      people: { more: 0, less: 1, different: 1, sample },
    });
    const again = await panel.run(hashed);
    expect((await approve(panel, again.runId, hashed)).report.rows.updated).to.equal(1);
    expect(await expectDriftOfStorage()).to.deep.equal(['state.payload (hashed then, full now)']);
  });

  async function expectDriftOfStorage(): Promise<unknown> {
    const hashed = { ...guarded, codec: hashedCodec };
    await panel.setPeople([]);
    const stopped = await panel.run(hashed);
    const { drift } = await approve(panel, stopped.runId, { ...guarded, codec: keyedCodec });
    return drift?.configuration;
  }

  it('is approved by one of two people at a time', async () => {
    const stopped = await stoppedRun();
    const results = await Promise.allSettled([1, 2].map(() => approve(panel, stopped.runId, guarded)));
    const codes = results.map((result) =>
      result.status === 'fulfilled' ? result.value.report.status : result.reason.code,
    );
    expect(codes).to.include('succeeded');
    expect(codes.find((code) => code !== 'succeeded')).to.be.oneOf(['already_running', 'not_approvable']);
    expect(panel.newRequests()).to.equal(1);
  });
});
