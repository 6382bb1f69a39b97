import { expect } from 'chai';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const bad = 'bad@example.test';

const noUnresolved = { batches: 0, people: 0, runs: [] };

describe('records', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel({ rejectedEmails: [bad] });
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  it('of a sync that never ran are empty', async () => {
    const records = await panel.records();
    const nothing = {
      running: false,
      lastRun: null,
      snapshot: 0,
      rejections: 0,
      reasons: [],
      removed: { people: 0, marked: 0, refused: 0 },
      lastSuccessAt: null,
      lastOutcome: null,
      watchedSince: null,
      pause: null,
      freshness: null,
      unresolved: noUnresolved,
    };
    expect(await records.status('panel')).to.deep.equal(nothing);
    expect(await records.runs(null, 10)).to.deep.equal([]);
    expect(await records.rejections('panel', null)).to.deep.equal([]);
    expect([await records.retry('panel', null), await records.resync('panel')]).to.deep.equal([0, 0]);
  });

  it('find no run under what is no id, or the id of no run', async () => {
    const records = await panel.records();
    for (const runId of ['1', '999999', 'latest', '-1', '1; drop table runs', '9'.repeat(30), '']) {
      expect(await records.run(runId), runId).to.equal(null);
    }
  });

  it('tell of each sync its last run, not its last plan, and its people', async () => {
    await panel.setPeople([{ email: bad }, { email: 'ada@example.test' }]);
    const run = await panel.run();
    await panel.plan();
    const { watchedSince, ...status } = await (await panel.records()).status('panel');
    expect(new Date(watchedSince ?? 0).getTime()).to.be.at.most(new Date(run.startedAt).getTime());
    expect(status).to.deep.equal({
      running: false,
      lastRun: run,
      snapshot: 1,
      rejections: 1,
      reasons: [{ reason: 'refused_422', field: 'email', message: 'Email is not deliverable', count: 1 }],
      removed: { people: 0, marked: 0, refused: 0 },
      lastSuccessAt: run.finishedAt,
      lastOutcome: 'partial',
      pause: null,
      freshness: null,
      unresolved: noUnresolved,
    });
  });

  it('list runs newest first, of one sync or of all, plans with them', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }]);
    const first = await panel.run();
    const other = await panel.run({ sync: { name: 'other' } });
    const { report: plan } = await panel.plan();
    const records = await panel.records();
    const ids = async (sync: string | null, limit: number): Promise<readonly string[]> =>
      (await records.runs(sync, limit)).map(({ runId }) => runId);
    expect(await ids(null, 10)).to.deep.equal([plan.runId, other.runId, first.runId]);
    expect(await ids('panel', 10)).to.deep.equal([plan.runId, first.runId]);
    expect(await ids(null, 1)).to.deep.equal([plan.runId]);
    expect(await records.run(plan.runId)).to.deep.equal(plan);
  });

  it('show a run that goes on with the counts of the batches it has settled', async () => {
    const session = await panel.session();
    try {
      const runId = await session.stores.runs.begin({ trigger: 'schedule', destination: 'd', full: false });
      await panel.sql(
        `insert into panelsync.batches (run_id, number, state, seqs, inserted, requests_sent) values ($1, 1, 'accepted', '{1,2}', 2, 3)`,
        [runId],
      );
      const report = await (await panel.records()).run(runId);
      expect(report).to.include({ status: 'running', trigger: 'schedule', finishedAt: null });
      expect([report?.rows.inserted, report?.requests.sent]).to.deep.equal([2, 3]);
      expect((await (await panel.records()).status('panel')).running).to.equal(true);
    } finally {
      await session.close();
    }
  });

  it('show a finished run with its own counts, whatever its batches say', async () => {
    await panel.setPeople([{ email: bad }, { email: 'ada@example.test' }]);
    const run = await panel.run();
    await panel.sql('update panelsync.batches set inserted = 7, rejected = 7, requests_sent = 7');
    expect(await (await panel.records()).runs('panel', 10)).to.deep.equal([run]);
  });

  it('keep two syncs of one model apart', async () => {
    await panel.setPeople([{ email: 'ada@example.test', city: 'Rome' }]);
    await panel.run();
    await panel.run({ sync: { name: 'other', mode: 'update' } });
    const records = await panel.records();
    expect([(await records.status('panel')).snapshot, (await records.status('other')).snapshot]).to.deep.equal([1, 0]);
  });

  it('hold at most so many rejections as asked for', async () => {
    await panel.setPeople(['a@', 'b@', 'c@'].map((email) => ({ email })));
    await panel.run();
    expect(await (await panel.records()).rejections('panel', 2)).to.have.length(2);
  });
});
