import { expect } from 'chai';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const ada = { email: 'ada@example.test', city: 'London' };
const bob = { email: 'bob@example.test', city: 'Paris' };
const update = { sync: { mode: 'update' as const } };

describe('skips', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  async function skipsOf(runId: string, duplicates = false): Promise<readonly string[]> {
    const list = await (await panel.records()).skips(runId, { duplicates, limit: null });
    return list.map(({ email, reason, rows }) => `${email} ${reason} ${rows}`);
  }

  it('are on record row by row with their reason, each run with its own', async () => {
    await panel.setPeople([ada, bob]);
    const first = await panel.run(update);
    expect(await skipsOf(first.runId)).to.deep.equal([
      'ada@example.test not_in_snapshot 1',
      'bob@example.test not_in_snapshot 1',
    ]);

    await panel.setPeople([ada]);
    await panel.run();
    const third = await panel.run(update);
    expect(await skipsOf(third.runId)).to.deep.equal([]);

    await panel.setPeople([{ ...ada, city: 'Oxford' }, bob]);
    const fourth = await panel.run({ sync: { mode: 'insert' } });
    expect(await skipsOf(fourth.runId)).to.deep.equal(['ada@example.test already_in_snapshot 1']);
    expect(await skipsOf(first.runId)).to.have.length(2);
  });

  it('that go on from run to run are written once', async () => {
    await panel.setPeople([ada, bob]);
    const runs = [await panel.run(update), await panel.run(update), await panel.run(update)];
    for (const { runId } of runs) expect(await skipsOf(runId)).to.have.length(2);
    expect(await panel.sql('select from panelsync.skips')).to.have.length(2);
  });

  it('end and begin again with their rows', async () => {
    await panel.setPeople([ada, bob]);
    const first = await panel.run(update);
    await panel.setPeople([ada]);
    const second = await panel.run(update);
    await panel.setPeople([ada, bob]);
    const third = await panel.run(update);
    const counts = [first, second, third].map(async ({ runId }) => (await skipsOf(runId)).length);
    expect(await Promise.all(counts)).to.deep.equal([2, 1, 2]);
  });

  it('of a run that did not get as far as its plan are none', async () => {
    await panel.setPeople([ada]);
    await panel.run(update);
    const failed = await panel.run({
      sync: { ...update.sync, model: { sql: 'select nothing', location: 'models/bad.sql' } },
    });
    expect([failed.status, await skipsOf(failed.runId)]).to.deep.equal(['failed', []]);
  });

  it('of duplicates tell how many rows share the key, also when that changes', async () => {
    await panel.setPeople([ada, ada, bob]);
    const first = await panel.run();
    await panel.setPeople([ada, ada, ada, bob]);
    const second = await panel.run();
    expect(await skipsOf(first.runId, true)).to.deep.equal(['ada@example.test duplicate 2']);
    expect(await skipsOf(second.runId, true)).to.deep.equal(['ada@example.test duplicate 3']);
    expect(await skipsOf(second.runId)).to.deep.equal([]);
  });
});
