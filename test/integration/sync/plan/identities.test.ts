import { expect } from 'chai';
import type { RunReport } from '../../../../src/core/model/terms.ts';
import { hashedCodec, keyedCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { baseline } from '../../../helpers/panel/audit.ts';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel, WarehouseRow } from '../../../helpers/panel/panel.ts';
import { listRenames, runIdentified } from '../../../helpers/panel/renames.ts';

describe('identities on record', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  after(() => panel.close());
  beforeEach(() => panel.reset());

  const runWith = (rows: readonly WarehouseRow[] | string, options?: RunOptions): Promise<RunReport> =>
    runIdentified(panel, rows, options);

  it('are recognized where identities are stored as keyed hashes, and when they begin or cease to be', async () => {
    await runWith('ada=1 bob=2 eve=3', { codec: keyedCodec });
    expect((await runWith('ada2=1 bob=2 eve=3', { codec: hashedCodec })).renamed).to.equal(1);
    expect((await runWith('ada2=1 bob2=2 eve=3', { codec: hashedCodec })).renamed).to.equal(1);
    await runWith('ada2=1 bob2=2 eve=3', { codec: keyedCodec });
    expect((await runWith('ada2=1 bob2=2 eve2=3', { codec: keyedCodec })).renamed).to.equal(1);
    expect(await listRenames(panel)).to.deep.equal(['ada > ada2: kept', 'bob > bob2: kept', 'eve > eve2: kept']);
  });

  it('leave no plain hash behind when payloads become hashes', async () => {
    await runWith('ada=1 bob=2', { codec: keyedCodec });
    await runWith('ada=1', { codec: keyedCodec });
    const identities = `select identity from panelsync.snapshot_fields union select identity from panelsync.outbox
      where identity is not null`;
    const plain = await panel.sql(identities);
    await runWith('ada=1', { codec: hashedCodec });
    const keyed = await panel.sql(identities);
    expect([plain.length, keyed.length]).to.deep.equal([2, 2]);
    expect(keyed).to.not.deep.include.members(plain.slice(0, 1));
  });

  it('are recognized when a baseline knew them before the model did', async () => {
    panel.hub.add({ email: 'ada@example.test', city: 'Rome' });
    await baseline(panel, {});
    await runWith('ada=1 bob=2');
    expect((await runWith('ada2=1 bob=2')).renamed).to.equal(1);
  });

  it('are linked no more once one of their e-mails is forgotten', async () => {
    await runWith('ada=1 bob=2', { codec: keyedCodec });
    await runWith('ada2=1 bob2=2', { codec: keyedCodec });
    const records = await panel.records(keyedCodec);
    const [erased] = await records.forget({ email: 'ada@example.test', key: null, sync: null });
    expect(erased?.removed).to.include({ renames: 1, snapshot: 1 });
    expect(await listRenames(panel)).to.deep.equal(['bob > bob2: kept']);
    const known = await panel.sql<{ key: string }>(
      'select key from panelsync.snapshot_fields where identity is not null order by key',
    );
    expect(known.map(({ key }) => key)).to.deep.equal(['bob2@example.test', 'bob@example.test']);
    const traces = await panel.sql(`select from panelsync.outbox where 'ada@example.test' in (key, renamed_from)`);
    expect(traces).to.deep.equal([]);
  });

  it('are explained under either e-mail', async () => {
    await runWith('ada=1 bob=2');
    const { runId } = await runWith('ada2=1 bob=2');
    for (const name of ['ada', 'ada2']) {
      const [timeline] = await (
        await panel.records()
      ).timelines({ email: `${name}@example.test`, key: null, sync: null });
      const link = timeline?.renames.map(({ from, to, runId: id }) => [from, to, String(id)]);
      expect(link).to.deep.equal([['ada@example.test', 'ada2@example.test', runId]]);
    }
  });
});
