import { expect } from 'chai';
import { readGauges } from '../../../src/state/queries/gauges.ts';
import { openSchedules } from '../../../src/state/tables/schedules.ts';
import { defaultSync } from '../../helpers/fixtures/default-sync.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

describe('figures of the state', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  it('are none before the first run', async () => {
    expect(await readGauges(panel.database)).to.deep.equal([]);
  });

  it('tell the last run, the last success, rejections by who refused, and pauses', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }, { email: 'not an e-mail' }, { email: 'bad@example.test' }]);
    panel.hub.setOptions({ rejectedEmails: (email) => email.startsWith('bad') });
    const partial = await panel.run();
    expect(partial.status).to.equal('partial');
    await panel.plan();
    const stopped = await panel.run({ sync: { guards: { ...defaultSync.guards, minRows: 100 } } });
    await openSchedules(panel.database).pause('panel', { by: 'me', reason: null });
    await panel.sql(
      "insert into panelsync.suppressions (sync_id, key, reason) select id, 'x', 'deleted_in_hub' from panelsync.syncs",
    );
    expect(await readGauges(panel.database)).to.deep.equal([
      {
        sync: 'panel',
        lastRun: stopped,
        lastSuccessAt: new Date(partial.finishedAt ?? 0),
        rejections: { validation: 1, destination: 1 },
        suppressed: 1,
        unknownBatches: 0,
        paused: true,
        dataAgeSeconds: null,
      },
    ]);
  });

  it('count batches whose outcome nobody knows', async () => {
    await panel.setPeople([{ email: 'ada@example.test' }]);
    panel.hub.setFaults({ kind: 'cut', when: 'after' });
    const failed = await panel.run({ destination: { maxAttempts: 1 } });
    const [gauges] = await readGauges(panel.database);
    expect([gauges?.unknownBatches, gauges?.lastRun?.runId, gauges?.lastSuccessAt]).to.deep.equal([
      1,
      failed.runId,
      null,
    ]);
  });
});
