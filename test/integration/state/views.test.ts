import { expect } from 'chai';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';

/** What a row by row search of the largest tables would begin with. */
const scans = /Seq Scan on (outbox|batches|snapshot|rejections|past_rejections|skips|absences|marks)/;

describe('the views of the ledger', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel({ rejectedEmails: ['bad@example.test'] });
    await panel.setPeople([{ email: 'ada@example.test' }, { email: 'bad@example.test' }, { email: 'no e-mail' }]);
    await panel.run();
  });
  after(() => panel.close());

  /** The plan that Postgres makes where it has a choice: in small tables it would always scan. */
  async function planOf(sql: string): Promise<string> {
    return panel.database.transaction(async (client) => {
      for (const kind of ['seqscan', 'bitmapscan']) await client.query(`set local enable_${kind} = off`);
      return JSON.stringify((await client.query(`explain ${sql}`)).rows);
    });
  }

  for (const [view, condition] of [
    ['v_changes', "key = 'ada@example.test'"],
    ['v_rejections', "sync = 'panel' and key = 'ada@example.test'"],
    ['v_skips', "sync = 'panel' and key = 'ada@example.test'"],
    ['v_people', "sync = 'panel' and key = 'ada@example.test'"],
  ] as const) {
    it(`reach an index: ${view} where ${condition}`, async () => {
      const plan = await planOf(`select * from ${view} where ${condition}`);
      expect(plan)
        .to.match(/Index (Only )?Scan/)
        .and.not.match(scans);
      if (view === 'v_changes') expect(plan).to.contain('batches_by_first_row');
    });
  }

  it('hold what a run that is deleted left behind, without its time', async () => {
    await panel.sql('delete from panelsync.outbox');
    await panel.sql('delete from panelsync.runs');
    expect(await panel.sql('select * from panelsync.v_changes')).to.deep.equal([]);
    const [ada] = await panel.sql('select key, accepted_run_id, accepted_at from panelsync.v_people');
    expect(ada).to.deep.equal({ key: 'ada@example.test', accepted_run_id: '1', accepted_at: null });
    const rejections = await panel.sql<{ key: string; began_at: Date | null }>(
      'select key, began_at from panelsync.v_rejections order by key',
    );
    expect(rejections.map(({ key, began_at: began }) => [key, began instanceof Date])).to.deep.equal([
      ['bad@example.test', true],
      ['no e-mail', true],
    ]);
  });
});
