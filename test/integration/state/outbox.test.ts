import { expect } from 'chai';
import { openDatabase } from '../../../src/state/db/database.ts';
import { openLedger } from '../../../src/state/run/ledger.ts';
import { plainCodec } from '../../helpers/fixtures/payload-codecs.ts';
import { openPanel } from '../../helpers/panel/panel.ts';
import type { TestPanel } from '../../helpers/panel/panel.ts';
import { waitUntil } from '../../helpers/wait-until.ts';

const firstPreviouslyRejectedSeq = 2 ** 40 + 1;

describe('the outbox', () => {
  let panel: TestPanel;
  let runId: string;

  before(async () => {
    panel = await openPanel();
  });

  after(() => panel.close());

  beforeEach(async () => {
    await panel.reset();
    const session = await panel.session();
    runId = await session.stores.runs.begin({ trigger: 'manual', destination: 'd', full: false });
    await session.close();
  });

  async function fill(rows: number, firstSeq = 1): Promise<void> {
    await panel.sql(
      `insert into panelsync.outbox (run_id, seq, key, operation, row_hash, payload_hash, previously_rejected, payload)
       select $1, seq, 'p' || seq, 'insert', gen_random_uuid(), gen_random_uuid(), $2 > 1, '{}'
       from generate_series($2::bigint, $2::bigint + $3 - 1) as seq`,
      [runId, firstSeq, rows],
    );
  }

  it('is read by the page, over the gap before the rows that were refused before, to its end', async () => {
    await fill(250);
    await fill(130, firstPreviouslyRejectedSeq);
    const ledger = openLedger(panel.database, {
      syncId: 1,
      hubAddress: panel.hub.url,
      runId,
      sendingRunId: runId,
      onFenceLost: () => undefined,
      codec: plainCodec,
    });
    const pages: (readonly number[])[] = [];
    for (let after = 0; ;) {
      const page = await ledger.outbox(after, 100);
      const last = page.at(-1);
      if (last === undefined) break;
      pages.push([page[0]?.seq ?? 0, last.seq, page.length]);
      after = last.seq;
    }
    expect(pages).to.deep.equal([
      [1, 100, 100],
      [101, 200, 100],
      [201, 250, 50],
      [firstPreviouslyRejectedSeq, firstPreviouslyRejectedSeq + 99, 100],
      [firstPreviouslyRejectedSeq + 100, firstPreviouslyRejectedSeq + 129, 30],
    ]);
  });

  it('is read once from end to end, not from each page to the end', async () => {
    const rows = 20_000;
    await fill(rows);
    const database = openDatabase(panel.url, 'panelsync');
    const ledger = openLedger(database, {
      syncId: 1,
      hubAddress: panel.hub.url,
      runId,
      sendingRunId: runId,
      onFenceLost: () => undefined,
      codec: plainCodec,
    });
    for (let after = 0; after < rows; after += 1000) {
      expect(await ledger.outbox(after, 1000)).to.have.length(1000);
    }
    const [backend] = await database.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' });
    await database.close();
    // What a connection has read is counted when it ends.
    await waitUntil(
      async () => (await panel.sql('select from pg_stat_activity where pid = $1', [backend?.pid])).length === 0,
    );
    const [read] = await panel.sql<{ tuples: string }>(
      "select seq_tup_read + idx_tup_fetch as tuples from pg_stat_all_tables where relname = 'outbox'",
    );
    expect(Number(read?.tuples))
      .to.be.at.least(rows)
      .and.at.most(2 * rows);
  });
});
