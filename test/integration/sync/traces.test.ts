import { SpanStatusCode } from '@opentelemetry/api';
import { expect } from 'chai';
import { withTraceparent } from '../../../src/core/tracing.ts';
import { newShutdownSignals } from '../../helpers/hub/scripted-hub.ts';
import { baseline, verify } from '../../helpers/panel/audit.ts';
import { runCanary, runDiscovery } from '../../helpers/panel/canary.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { thrownError } from '../../helpers/thrown-error.ts';
import { SpanRecorder } from '../../helpers/tracing/spans.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const callerId = 'b7ad6b7169203331';

describe('the trace of a run', () => {
  let panel: TestPanel;
  let recorder: SpanRecorder;
  before(async () => {
    panel = await openPanel();
    recorder = new SpanRecorder();
  });
  beforeEach(async () => {
    await panel.reset();
    recorder.reset();
    await panel.setPeople([
      { email: 'ada@example.test', first_name: 'Ada', city: 'Rome' },
      { email: 'bob@example.test' },
      { email: 'grace@' },
    ]);
  });
  after(async () => {
    await recorder.close();
    await panel.close();
  });

  const statusOf = (name: string): unknown => recorder.spans.find((span) => span.name === name)?.status;

  it('has a span for the run, each step and each batch, with counts and nobody', async () => {
    const { runId } = await panel.run({ destination: { batchSize: 1 } });
    const [read, plan, ...others] = recorder.tree;
    expect([read, plan]).to.deep.equal(['panelsync.run › panelsync.read', 'panelsync.run › panelsync.plan']);
    expect(others).to.deep.equal([
      'panelsync.send › panelsync.batch',
      'panelsync.send › panelsync.batch',
      'panelsync.run › panelsync.send',
      'panelsync.run',
    ]);
    const run = recorder.spans.at(-1);
    expect(run?.attributes).to.include({
      'panelsync.sync': 'panel',
      'panelsync.run_id': runId,
      'panelsync.mode': 'upsert',
      'panelsync.trigger': 'manual',
      'panelsync.status': 'partial',
      'panelsync.rows.read': 3,
      'panelsync.rows.inserted': 2,
      'panelsync.rows.invalid': 1,
      'panelsync.requests': 2,
    });
    expect(recorder.spans[2]?.attributes).to.include({
      'panelsync.batch': 1,
      'panelsync.batch.rows': 1,
      'panelsync.batch.outcome': 'accepted',
      'panelsync.batch.status': 200,
    });
    const all = JSON.stringify(
      recorder.spans.map(({ name, attributes, events, status }) => [name, attributes, events, status]),
    );
    expect(all).to.not.match(/@|Ada|Rome/);
  });

  it('belongs to the trace of the caller, unless that is no trace', async () => {
    await withTraceparent(`00-${traceId}-${callerId}-01`, () => panel.run());
    expect(recorder.tree.at(-1)).to.equal(`${callerId} › panelsync.run`);
    expect(new Set(recorder.spans.map((span) => span.spanContext().traceId))).to.deep.equal(new Set([traceId]));
    const noTraces = [
      '',
      'x',
      `00-${traceId}-${callerId}`,
      `ff-${traceId}-${callerId}-01`,
      `00-${'0'.repeat(32)}-${callerId}-01`,
    ];
    for (const none of [undefined, ...noTraces]) {
      recorder.reset();
      await withTraceparent(none, () => panel.run());
      expect(recorder.tree.at(-1), none).to.equal('panelsync.run');
    }
  });

  it('ends with a run that fails, whose code it has', async () => {
    panel.hub.setFaults({ kind: 'status', status: 401 });
    await panel.run();
    panel.hub.setFaults();
    for (const name of ['panelsync.batch', 'panelsync.send', 'panelsync.run'])
      expect(statusOf(name), name).to.deep.equal({ code: SpanStatusCode.ERROR, message: 'hub_unauthorized' });
    expect(statusOf('panelsync.plan')).to.deep.equal({ code: SpanStatusCode.UNSET });
    recorder.reset();
    await panel.run({ sync: { model: { sql: 'select nothing', location: 'x.sql' } } });
    expect(statusOf('panelsync.read')).to.deep.equal({ code: SpanStatusCode.ERROR, message: 'model_sql_error' });
  });

  it('is one span for a baseline, a comparison, a canary and a search, with counts and nobody', async () => {
    panel.hub.add({ email: 'grace@example.test', city: 'Oslo' });
    await baseline(panel);
    panel.hub.edit('grace@example.test', { city: 'Bonn' });
    panel.hub.add({ email: 'eve@example.test' });
    await verify(panel);
    await runCanary(panel);
    await runDiscovery(panel);
    const spans = recorder.spans.map(({ name, attributes }) => ({ name, ...attributes }));
    expect(spans).to.deep.equal([
      {
        name: 'panelsync.baseline',
        'panelsync.sync': 'panel',
        'panelsync.from': 'hub',
        'panelsync.people.added': 1,
        'panelsync.people.different': 0,
        'panelsync.people.same': 0,
        'panelsync.people.kept': 0,
        'panelsync.entries.unusable': 0,
      },
      {
        name: 'panelsync.verify',
        'panelsync.sync': 'panel',
        'panelsync.repair': false,
        'panelsync.whole': true,
        'panelsync.people.missing': 0,
        'panelsync.people.same': 0,
        'panelsync.people.different': 1,
        'panelsync.people.unknown': 1,
        'panelsync.entries.unusable': 0,
      },
      {
        name: 'panelsync.canary',
        'panelsync.sync': 'panel',
        'panelsync.verdict': 'confirmed',
        'panelsync.person': 'made_up',
      },
      {
        name: 'panelsync.discover',
        'panelsync.sync': 'panel',
        'panelsync.outcome': 'confirmed',
        'panelsync.tries': 1,
        'panelsync.requests': 4,
      },
    ]);
  });

  it('has the code of the error that ends one of these', async () => {
    const model = { sql: 'select nothing', location: 'x.sql' };
    for (const command of [baseline, verify, runCanary, runDiscovery])
      await thrownError(command(panel, { sync: { model } }));
    const failed = { code: SpanStatusCode.ERROR, message: 'model_sql_error' };
    for (const name of ['baseline', 'verify', 'canary', 'discover'])
      expect(statusOf(`panelsync.${name}`), name).to.deep.equal(failed);
  });

  it('ends with a run that a guard stops, that is interrupted, and that cannot begin', async () => {
    await panel.run({ sync: { guards: { minRows: 100, maxRemovedPercent: 100, maxInvalidPercent: 100 } } });
    expect(recorder.spans.at(-1)?.attributes).to.include({ 'panelsync.status': 'stopped' });
    recorder.reset();
    const stop = { ...newShutdownSignals(), drain: AbortSignal.abort() };
    await panel.run({ stop });
    expect(recorder.spans.at(-1)?.attributes).to.include({ 'panelsync.status': 'canceled' });
    recorder.reset();
    const session = await panel.session();
    await panel.run().catch(() => undefined);
    await session.close();
    expect(statusOf('panelsync.run')).to.deep.equal({ code: SpanStatusCode.ERROR, message: 'already_running' });
  });
});
