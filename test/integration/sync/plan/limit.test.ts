import { expect } from 'chai';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

describe('a limit', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.sql(
      `insert into people (email) select 'p' || lpad(n::text, 3, '0') || '@example.test' from generate_series(1, 250) n`,
    );
  });
  after(() => panel.close());

  it('sends so many changes in the order of the model and leaves the others to the next run', async () => {
    const report = await panel.run({ limit: 3 });
    expect([report.status, nonZeroRows(report)]).to.deep.equal(['succeeded', { read: 250, inserted: 3, unsent: 247 }]);
    const sent = ['p001@example.test', 'p002@example.test', 'p003@example.test'];
    expect(Object.keys(panel.people())).to.deep.equal(sent);
    expect(await panel.snapshot()).to.deep.equal(panel.people());

    const rest = await panel.run();
    expect(nonZeroRows(rest)).to.deep.equal({ read: 250, unchanged: 3, inserted: 247 });
    expect([panel.hub.people.size, panel.hub.counters.repeated]).to.deep.equal([250, 0]);
  });

  it('counts rows and not batches, also over several of them', async () => {
    const report = await panel.run({ limit: 120, destination: { batchSize: 50 } });
    expect([nonZeroRows(report), report.requests.sent]).to.deep.equal([{ read: 250, inserted: 120, unsent: 130 }, 3]);
  });

  it('that is larger than what changed changes nothing', async () => {
    expect(nonZeroRows(await panel.run({ limit: 1000 }))).to.deep.equal({ read: 250, inserted: 250 });
  });

  it('leaves nothing of the rows it did not send in the outbox', async () => {
    await panel.run({ limit: 3 });
    expect(await panel.sql('select key from panelsync.outbox')).to.have.length(3);
  });
});
