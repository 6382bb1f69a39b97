import { expect } from 'chai';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

/** Tables that a run writes to, in the order in which it comes to them. */
const tables = ['rejections', 'outbox', 'skips', 'batches', 'snapshot', 'snapshot_fields'] as const;

describe('a state database that fails', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
    await panel.sql(
      `create function full_disk() returns trigger language plpgsql as $$
       begin raise 'could not extend file' using errcode = '53100'; end $$`,
    );
  });
  beforeEach(async () => {
    await panel.reset();
    await panel.setPeople([
      { email: 'ada@example.test' },
      { email: 'ada@example.test' },
      { email: 'odd@' },
      { email: 'bob@example.test' },
    ]);
  });
  after(() => panel.close());

  for (const table of tables) {
    it(`at ${table} ends the run with the reason, loses nothing, and the next run goes on`, async () => {
      await panel.sql(`create trigger full_disk before insert on panelsync.${table} execute function full_disk()`);
      const failed = await panel.run();
      await panel.sql(`drop trigger full_disk on panelsync.${table}`);
      expect([failed.status, failed.error?.code]).to.deep.equal(['failed', 'state_full']);
      expect(failed.error?.hint).to.match(/disk/);
      expect(failed.rows).to.include({ inserted: 0 });

      const next = await panel.run();
      expect(next.rows).to.include({ read: 4, duplicate: 1, invalid: 1, unsent: 0 });
      expect(await panel.snapshot()).to.deep.equal(panel.people());
      expect(panel.hub.people.size).to.equal(2);
    });
  }
});
