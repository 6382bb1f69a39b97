import { expect } from 'chai';
import { openDatabase } from '../../../../src/state/db/database.ts';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

/** What a database or its user may be set to, and a run must not depend on. */
const settings = {
  'ends quiet sessions': 'idle_session_timeout=50ms',
  'ends quiet transactions': 'idle_in_transaction_session_timeout=1ms',
  'isolates transactions from each other': 'default_transaction_isolation=serializable',
  'writes dates its own way': 'DateStyle=SQL,DMY',
  'writes dates as words': 'DateStyle=German',
  'commits before the disk has it': 'synchronous_commit=off',
};

describe('a state database that', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel({ latencyMs: 5 });
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  it('commits before the disk has it does so no more: a batch is recorded before it is sent', async () => {
    const url = new URL(panel.url);
    for (const [setting, expected] of [
      ['off', 'on'],
      ['remote_apply', 'remote_apply'],
    ]) {
      url.searchParams.set('options', `-c synchronous_commit=${setting}`);
      const database = openDatabase(url.href, 'panelsync');
      const client = await database.dedicatedClient();
      const show = 'show synchronous_commit';
      expect([...(await database.query({ text: show })), ...(await client.query(show)).rows]).to.deep.equal([
        { synchronous_commit: expected },
        { synchronous_commit: expected },
      ]);
      await client.end();
      await database.close();
    }
  });

  for (const [what, setting] of Object.entries(settings)) {
    it(`${what} is worked with like any other`, async () => {
      await panel.setPeople(Array.from({ length: 60 }, (_, at) => ({ email: `p${at}@example.test` })));
      const url = new URL(panel.url);
      url.searchParams.set('options', `-c ${setting}`);
      const database = openDatabase(url.href, 'panelsync');
      try {
        const choices = { database, destination: { batchSize: 1, concurrency: 6 } };
        const first = await panel.run(choices);
        expect([first.status, first.rows.inserted, first.error]).to.deep.equal(['succeeded', 60, null]);
        expect(Date.parse(first.startedAt)).to.be.closeTo(Date.now(), 3_600_000);
        expect((await panel.run(choices)).rows.unchanged).to.equal(60);
        expect(await panel.snapshot()).to.deep.equal(panel.people());
      } finally {
        await database.close();
      }
    });
  }
});
