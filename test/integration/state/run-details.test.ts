import { expect } from 'chai';
import { runSteps } from '../../../src/app/runs/run-steps.ts';
import { bucketSecondsOf } from '../../../src/state/queries/history.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

const bad = 'bad@example.test';

describe('the details of runs', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel({ rejectedEmails: [bad] });
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  it('are its batches, each with the one that it follows', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }, { email: bad }]);
    const { runId } = await panel.run();
    const records = await panel.records();
    const batches = await records.batches(runId, { limit: 10, after: null });
    expect(batches.map(({ number, parent, rows, state }) => [number, parent, rows, state])).to.deep.equal([
      [1, null, 2, 'refused'],
      [2, 1, 1, 'accepted'],
    ]);
    expect(batches[0]).to.include({ rejected: 1, inserted: 0, status: 422 });
    expect(batches[1]).to.include({ inserted: 1, message: null, split: false });
    expect(batches[1]?.requests).to.deep.equal({ sent: 1, retried: 0, rateLimited: 0 });
    const [second] = await records.batches(runId, { limit: 1, after: '1' });
    expect(second?.number).to.equal(2);
    expect(await records.batches('999', { limit: 1, after: null })).to.deep.equal([]);
  });

  it('are its steps, one after the other, each ending where the next begins', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }]);
    const report = await panel.run();
    const times = await (await panel.records()).runTimes(report.runId);
    if (times === null) throw new Error('no times');
    const steps = runSteps(report, times);
    expect(steps.map(({ step }) => step)).to.deep.equal(['read', 'plan', 'send', 'end']);
    const moments = steps.flatMap(({ startedAt, finishedAt }) => [startedAt, finishedAt ?? '']);
    expect(moments).to.deep.equal(moments.toSorted());
    expect([moments[0], moments.at(-1)]).to.deep.equal([report.startedAt, report.finishedAt]);
    expect(steps[2]?.counts).to.deep.equal({
      batches: 1,
      requests: 1,
      inserted: 1,
      updated: 0,
      rejected: 0,
      unsent: 0,
    });
    expect(await (await panel.records()).runTimes('999')).to.equal(null);
  });

  it('are found by status and by what started them', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }]);
    const run = await panel.run();
    await panel.plan();
    const records = await panel.records();
    expect(await records.runs(null, 10, { status: 'succeeded', trigger: 'manual' })).to.deep.equal([run]);
    expect(await records.runs(null, 10, { status: 'failed' })).to.deep.equal([]);
    expect(await records.runs('panel', 10, { trigger: 'plan' })).to.have.length(1);
  });

  it('become a history of at most 2,000 points', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }]);
    await panel.run();
    await panel.plan();
    await panel.sql(
      `insert into panelsync.runs (sync_id, mode, trigger, status, destination, started_at, finished_at, read, unchanged, invalid)
       select id, 'upsert', 'schedule', case when n % 96 = 0 then 'failed' else 'succeeded' end, 'x',
         at, at + interval '2 seconds', 11, 10, 1
       from panelsync.syncs cross join generate_series(1, 8640) n
         cross join lateral (select now() - n * interval '15 minutes' as at) as moments`,
    );
    const { bucketSeconds, columns } = await (await panel.records()).history('panel', 90);
    expect(bucketSeconds).to.equal(7200);
    expect(columns.at.length).to.be.within(1079, 1082);
    expect(columns.at).to.deep.equal(columns.at.toSorted((a, b) => a - b));
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    expect(sum(columns.runs)).to.be.within(8639, 8641);
    expect(sum(columns.invalid)).to.equal(sum(columns.runs) - 1);
    expect([sum(columns.inserted), columns.durationMs[5]]).to.deep.equal([1, 2000]);
    expect(sum(columns.failed)).to.be.within(89, 90);
    for (const column of Object.values(columns)) expect(column.length).to.equal(columns.at.length);
    expect((await (await panel.records()).history('nobody', 90)).columns.at).to.deep.equal([]);
  });

  it('have buckets that fit the days', () => {
    expect([1, 2, 7, 90, 365].map(bucketSecondsOf)).to.deep.equal([60, 300, 900, 7200, 43_200]);
    expect(bucketSecondsOf(3650) / 86_400).to.equal(7);
  });
});
