import { expect } from 'chai';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

describe('whether a process has a sync', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  after(() => panel.close());

  it('is read without the lock', async () => {
    const records = await panel.records();
    expect(await records.isLeased('panel'), 'before the first run').to.equal(false);
    const session = await panel.session();
    expect(await records.isLeased('panel')).to.equal(true);
    expect(await records.isLeased('other')).to.equal(false);
    await session.close();
    expect(await records.isLeased('panel'), 'after its end').to.equal(false);
  });

  it('is no, when the holder of the lock is gone or not heard of any more', async () => {
    const records = await panel.records();
    const session = await panel.session();
    await panel.sql("update panelsync.leases set expires_at = clock_timestamp() - interval '1 second'");
    expect(await records.isLeased('panel'), 'expired').to.equal(false);
    await session.close();
    const dying = await panel.session();
    await panel.sql('select pg_terminate_backend(backend_pid, 60000) from panelsync.leases');
    expect(await records.isLeased('panel'), 'without its connection').to.equal(false);
    await dying.close();
  });
});
