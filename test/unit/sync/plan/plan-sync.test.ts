import { expect } from 'chai';
import { testError } from '../../../helpers/memory/hub.ts';
import { payloadOf, peopleIn, TestRun } from '../../../helpers/memory/run.ts';
import { thrownError } from '../../../helpers/thrown-error.ts';

const three = peopleIn('Oslo', 'a', 'b', 'c');

describe('plan that is only looked at', () => {
  it('reads and plans, and sends nothing', async () => {
    const test = new TestRun({ rows: three });
    const { report } = await test.plan({ full: true });
    expect(report).to.include({ trigger: 'plan', status: 'succeeded', error: null });
    expect(test.state.calls).to.deep.equal([
      'open panel',
      'stage',
      'difference',
      'plan null',
      'payloads 2',
      'payloads 1',
      'finish plan',
      'close',
    ]);
    expect(test.state.differenceCalls[0]).to.have.property('full', true);
    expect(test.source.calls).to.deep.equal(['open models/people.sql panelsync:panel:plan', 'close']);
    expect(test.progress).to.deep.equal(['read 2/null', 'read 3/null', 'plan 2/3', 'plan 3/3']);
    expect(test.hub.batches).to.deep.equal([]);
  });

  it('says what it is made of, for who keeps it', async () => {
    const test = new TestRun({ rows: three });
    const { basis } = await test.plan();
    const { basis: other } = await new TestRun({
      rows: three,
      sync: { mapping: { fields: { email: 'email' }, characteristics: {} } },
    }).plan();
    expect(basis).to.deep.include({ payloads: 'full', snapshot: await test.state.savedPlans.snapshotVersion() });
    expect(basis.mapping).to.be.a('string').and.not.to.equal(other.mapping);
  });

  it('leaves its counts and the time it began on record', async () => {
    const test = new TestRun({ rows: three });
    await test.plan();
    const [look] = test.state.planOnlyRuns;
    expect(look).to.deep.include({ destination: 'memory', status: 'succeeded', notes: [], error: null });
    expect(look?.counts).to.deep.include({ read: 3, inserts: 3 });
    expect(look?.startedAt).to.be.an.instanceOf(Date);
  });

  it('shows each change with its fields, old and new', async () => {
    const test = new TestRun({ rows: three.slice(0, 2) });
    test.state.snapshot.set('a@example.test', payloadOf('a', 'Bergen'));
    const { sample } = await test.plan();
    expect(sample).to.deep.equal([
      { operation: 'update', email: 'a@example.test', fields: { city: ['Bergen', 'Oslo'] } },
      {
        operation: 'insert',
        email: 'b@example.test',
        fields: { email: [null, 'b@example.test'], city: [null, 'Oslo'] },
      },
    ]);
  });

  it('shows the key of somebody who has no e-mail', async () => {
    const sync = { mode: 'insert', key: 'city', mapping: { fields: { city: 'city' }, characteristics: {} } } as const;
    const { sample } = await new TestRun({ rows: [[null, 'Oslo']], sync }).plan();
    expect(sample).to.deep.equal([{ operation: 'insert', email: 'Oslo', fields: { city: [null, 'Oslo'] } }]);
  });

  it('shows so many changes, skips and invalid rows as it was asked for, of each', async () => {
    const bad = peopleIn('x'.repeat(256), 'g', 'h', 'i');
    const rows = [...three, ...peopleIn('Oslo', 'd', 'e'), ...bad, [null, 'Oslo'], [null, 'Rome']] as const;
    const test = new TestRun({ rows, sync: { mode: 'insert' } });
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      test.state.snapshot.set(`${name}@example.test`, payloadOf(name, 'Bergen'));
    }
    const { sample, skips, invalid } = await test.plan({ limit: 3 });
    expect(sample).to.deep.equal([]);
    expect(skips).to.deep.equal(
      ['a', 'b', 'c'].map((name) => ({ key: `${name}@example.test`, reason: 'already_in_snapshot' })),
    );
    expect(invalid.map(({ key }) => key)).to.deep.equal(['(row 9)', '(row 10)', 'g@example.test']);
    const upsert = new TestRun({ rows });
    const plan = await upsert.plan({ limit: 3 });
    expect(plan.sample.map(({ email }) => email)).to.deep.equal(['a', 'b', 'c'].map((name) => `${name}@example.test`));
    const asked = upsert.state.calls.filter((call) => call.startsWith('payloads'));
    expect(asked, 'the snapshot is asked for no more').to.deep.equal(['payloads 2', 'payloads 1']);
  });

  it('asks the snapshot for nothing where nothing is to be shown', async () => {
    const test = new TestRun({ rows: three });
    const { sample } = await test.plan({ limit: 0 });
    expect(sample).to.deep.equal([]);
    expect(test.state.calls.filter((call) => call.startsWith('payloads'))).to.deep.equal([]);
  });

  it('names the people that update mode misses, up to the limit', async () => {
    const test = new TestRun({ rows: three, sync: { mode: 'update' } });
    const { skips, report } = await test.plan({ limit: 2 });
    expect(skips).to.deep.equal([
      { key: 'a@example.test', reason: 'not_in_snapshot' },
      { key: 'b@example.test', reason: 'not_in_snapshot' },
    ]);
    expect(report.notes.join()).to.contain('baseline');
  });

  it('names other skips before them', async () => {
    const test = new TestRun({ rows: three, sync: { mode: 'update' } });
    test.state.snapshot.set('c@example.test', payloadOf('c', 'Bergen'));
    test.state.rejectedPayloads.set('c@example.test', payloadOf('c', 'Oslo'));
    expect((await test.plan({ limit: 2 })).skips).to.deep.equal([
      { key: 'c@example.test', reason: 'rejected_before' },
      { key: 'a@example.test', reason: 'not_in_snapshot' },
    ]);
  });

  it('names nobody as missed in the other modes', async () => {
    expect((await new TestRun({ rows: three }).plan()).skips).to.deep.equal([]);
  });

  it('says which guard would stop the run', async () => {
    const guards = { minRows: 5, maxRemovedPercent: 100, maxInvalidPercent: 100 };
    const { report, sample } = await new TestRun({ rows: three, sync: { guards } }).plan();
    expect(report.status).to.equal('stopped');
    expect(report.error?.code).to.equal('guard_min_rows');
    expect(report.error?.message).to.contain('guards.minRows');
    expect(report.error?.hint).to.contain('--force');
    expect(sample).to.have.length(3);
  });

  it('counts against the people known before what is gone', async () => {
    const guards = { minRows: 0, maxRemovedPercent: 50, maxInvalidPercent: 100 };
    const test = new TestRun({ rows: three, sync: { guards } });
    for (const name of ['a', 'x', 'y']) test.state.snapshot.set(`${name}@example.test`, payloadOf(name, 'Oslo'));
    expect((await test.plan()).report.error?.message).to.contain('2 of 3 ');
  });

  it('throws what it met, undoes what it began and lets the session go', async () => {
    const test = new TestRun({ rows: three });
    test.source.onRows = () => {
      throw testError('model_failed', 'fatal');
    };
    const thrown = await thrownError(test.plan());
    expect(thrown).to.have.property('code', 'model_failed');
    expect(test.state.writer.calls).to.include('cancel');
    expect(test.source.calls.at(-1)).to.equal('close');
    expect(test.state.calls.at(-1)).to.equal('close');
    expect(test.state.planOnlyRuns).to.deep.equal([]);
  });
});
