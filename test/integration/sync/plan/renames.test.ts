import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AbsentPerson } from '../../../../src/core/ports/row-lists.ts';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import type { RunReport } from '../../../../src/core/model/terms.ts';
import { keyedCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import { approve } from '../../../helpers/panel/approve.ts';
import { verify } from '../../../helpers/panel/audit.ts';
import { openPanel } from '../../../helpers/panel/panel.ts';
import type { RunOptions, TestPanel, WarehouseRow } from '../../../helpers/panel/panel.ts';
import {
  identified,
  identifiedPeople,
  identifiedPerson,
  listRenames,
  runIdentified,
} from '../../../helpers/panel/renames.ts';

const marking: Partial<SyncSettings> = {
  removed: {
    action: 'mark',
    set: { fields: {}, characteristics: { in_panel: false } },
    restore: { fields: {}, characteristics: { in_panel: true } },
  },
};

describe('people with a new e-mail', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  after(() => panel.close());
  beforeEach(() => panel.reset());

  const runWith = (rows: readonly WarehouseRow[] | string, options?: RunOptions): Promise<RunReport> =>
    runIdentified(panel, rows, options);

  async function removed(): Promise<readonly AbsentPerson[]> {
    return (await (await panel.records()).removed('panel', { limit: null, reason: null })).people;
  }

  const counts = ({ rows, renamed }: RunReport) => ({ inserted: rows.inserted, removed: rows.removed, renamed });

  for (const diff of ['rows', 'fingerprints', 'warehouse'] as const) {
    it(`are planned, counted and listed (${diff})`, async () => {
      const sync = { ...identified, diff };
      await runWith('ada=1 bob=2 eve=3', { sync });
      await panel.setPeople(identifiedPeople('ada=1 bob2=2 eve=3 new=4'));
      const plan = await panel.plan({ sync });
      expect([plan.report.renamed, plan.sample.map(({ email, renamedFrom }) => [email, renamedFrom])]).to.deep.equal([
        1,
        [
          ['bob2@example.test', 'bob@example.test'],
          ['new@example.test', undefined],
        ],
      ]);
      const report = await panel.run({ sync });
      expect(counts(report)).to.deep.equal({ inserted: 2, removed: 1, renamed: 1 });
      expect(await listRenames(panel)).to.deep.equal(['bob > bob2: kept']);
      const [left] = await removed();
      expect([left?.key, left?.reason, left?.renamedTo]).to.deep.equal([
        'bob@example.test',
        'renamed',
        'bob2@example.test',
      ]);
      const quiet = await panel.run({ sync });
      expect([counts(quiet), quiet.requests.sent]).to.deep.equal([{ inserted: 0, removed: 1, renamed: 0 }, 0]);
    });
  }

  it('are recognized long after they left', async () => {
    await runWith('ada=1 bob=2');
    await runWith('ada=1');
    await runWith('ada=1 new=3');
    expect(counts(await runWith('ada=1 new=3 bob2=2'))).to.deep.equal({ inserted: 1, removed: 1, renamed: 1 });
  });

  it('are not seen by the first run with the column, which learns who everybody is', async () => {
    await runWith('ada=1 bob=2', { sync: { identity: null } });
    expect(counts(await runWith('ada=1 bob2=2'))).to.deep.equal({ inserted: 1, removed: 1, renamed: 0 });
    expect(counts(await runWith('ada2=1 bob2=2'))).to.deep.equal({ inserted: 1, removed: 2, renamed: 1 });
    const byCity = { identity: 'city' };
    await runWith([identifiedPerson('ada2', '1', 'Oslo'), identifiedPerson('bob2', '2', 'Lima')], { sync: byCity });
    const moved = await runWith([identifiedPerson('ada2', '1', 'Oslo'), identifiedPerson('new', '2', 'Lima')], {
      sync: byCity,
    });
    expect(moved.renamed).to.equal(1);
    expect(await listRenames(panel)).to.deep.equal(['ada > ada2: kept', 'bob2 > new: kept']);
  });

  it('are nobody while a second row of the model has their identity', async () => {
    await runWith('ada=1 bob=1 eve=2');
    const one = await runWith('ada=1 new=1 eve=2');
    expect(counts(one)).to.deep.equal({ inserted: 1, removed: 1, renamed: 0 });
    const two = await runWith('ada=1 new=1 eve2=2 eve3=2');
    expect(counts(two)).to.deep.equal({ inserted: 2, removed: 2, renamed: 1 });
    expect(await listRenames(panel)).to.deep.equal(['eve > eve2: kept']);
  });

  it('go back to an e-mail that the Hub has, and on from there', async () => {
    await runWith('ada=1 bob=2');
    expect((await runWith('ada2=1 bob=2')).renamed).to.equal(1);
    const back = await runWith('ada=1 bob=2');
    expect([counts(back), back.rows.unchanged]).to.deep.equal([{ inserted: 0, removed: 1, renamed: 0 }, 2]);
    expect(await listRenames(panel)).to.deep.equal(['ada > ada2: back']);
    expect((await removed()).map(({ key, reason }) => [key, reason])).to.deep.equal([['ada2@example.test', 'left']]);
    expect((await runWith('ada3=1 bob=2')).renamed).to.equal(1);
    expect(await listRenames(panel)).to.deep.equal(['ada > ada2: kept', 'ada > ada3: kept']);
    expect((await removed()).map(({ key, renamedTo }) => [key, renamedTo])).to.deep.equal([
      ['ada2@example.test', null],
      ['ada@example.test', 'ada3@example.test'],
    ]);
  });

  it('are not those who swap e-mails: both are known', async () => {
    await runWith([identifiedPerson('ada', '1', 'Rome'), identifiedPerson('bob', '2', 'Oslo')]);
    const swapped = await runWith([identifiedPerson('ada', '2', 'Oslo'), identifiedPerson('bob', '1', 'Rome')]);
    expect([counts(swapped), swapped.rows.updated]).to.deep.equal([{ inserted: 0, removed: 0, renamed: 0 }, 2]);
    // From then on, the one at ada is person 2.
    expect((await runWith('new=2 bob=1')).renamed).to.equal(1);
    expect(await listRenames(panel)).to.deep.equal(['ada > new: kept']);
  });

  it('are not those whose old e-mail is another person now', async () => {
    await runWith('ada=1 bob=2');
    expect(counts(await runWith('ada=3 ada2=1 bob=2'))).to.deep.equal({ inserted: 1, removed: 0, renamed: 0 });
    expect((await runWith('new=3 ada2=1 bob=2')).renamed).to.equal(1);
    expect(await listRenames(panel)).to.deep.equal(['ada > new: kept']);
  });

  it('are not those without an identity, whose last one is remembered', async () => {
    await runWith([
      identifiedPerson('ada', null),
      identifiedPerson('bob', ' '),
      identifiedPerson('eve', ' 7 '),
      identifiedPerson('joe', '8'),
    ]);
    expect((await runWith('ada2 bob2 eve2=7 joe')).renamed).to.equal(1);
    expect((await runWith('ada2 bob2 eve2=7 joe2=8')).renamed).to.equal(1);
    expect(await listRenames(panel)).to.deep.equal(['eve > eve2: kept', 'joe > joe2: kept']);
  });

  it('are inserted in insert mode, and skipped in update mode like everybody it does not know', async () => {
    const insert = { mode: 'insert' as const };
    await runWith('ada=1 bob=2', { sync: insert });
    expect(counts(await runWith('ada2=1 bob=2', { sync: insert }))).to.deep.equal({
      inserted: 1,
      removed: 1,
      renamed: 1,
    });
    const update = await runWith('ada3=1 bob=2', { sync: { mode: 'update' } });
    expect([counts(update), update.skips.not_in_snapshot]).to.deep.equal([{ inserted: 0, removed: 2, renamed: 0 }, 1]);
    expect((await runWith('ada3=1 bob=2', { sync: insert })).renamed).to.equal(1);
    expect(await listRenames(panel)).to.deep.equal(['ada > ada2: kept', 'ada2 > ada3: kept']);
  });

  it('are new people where the old e-mail was found deleted in the Hub, or is forgotten', async () => {
    await runWith('ada=1 bob=2 eve=3 joe=4');
    panel.hub.remove('ada@example.test');
    await verify(panel, { repair: { recreate: false, force: true } });
    const records = await panel.records(keyedCodec);
    await records.forget({ email: 'bob@example.test', key: null, sync: null });
    const report = await runWith('ada2=1 bob2=2 eve2=3 joe=4', { codec: keyedCodec });
    expect(counts(report)).to.deep.equal({ inserted: 3, removed: 1, renamed: 1 });
    expect(await listRenames(panel)).to.deep.equal(['eve > eve2: kept']);
  });

  it('count once they are accepted: rejected ones later, when they are', async () => {
    await runWith('ada=1 bob=2');
    panel.hub.setOptions({ rejectedEmails: ['ada2@example.test'] });
    const rejected = await runWith('ada2=1 bob=2');
    expect([rejected.rows.rejected, rejected.renamed, await listRenames(panel)]).to.deep.equal([1, 0, []]);
    expect((await removed()).map(({ reason }) => reason)).to.deep.equal(['left']);
    panel.hub.setOptions({ rejectedEmails: [] });
    await (await panel.records()).retry('panel', null);
    expect((await runWith('ada2=1 bob=2')).renamed).to.equal(1);
    expect(await listRenames(panel)).to.deep.equal(['ada > ada2: kept']);
  });

  it('count in the run that sent them when its outcome becomes known', async () => {
    await runWith('ada=1 bob=2');
    panel.hub.setFaults({ kind: 'cut', when: 'after', times: 5 });
    const unknown = await runWith('ada2=1 bob=2', { destination: { maxAttempts: 1 } });
    expect([unknown.rows.unsent, unknown.renamed]).to.deep.equal([1, 0]);
    panel.hub.setFaults();
    const resolving = await runWith('ada2=1 bob=2');
    expect([resolving.renamed, await listRenames(panel)]).to.deep.equal([0, ['ada > ada2: kept']]);
    const sending = await (await panel.records()).run(unknown.runId);
    expect([sending?.rows.inserted, sending?.renamed]).to.deep.equal([1, 1]);
  });

  it('count as far as a limited run sends them', async () => {
    await runWith('ada=1 bob=2 eve=3');
    const rows = 'ada2=1 bob2=2 eve=3';
    expect(counts(await runWith(rows, { limit: 1 }))).to.deep.equal({ inserted: 1, removed: 2, renamed: 1 });
    expect(counts(await runWith(rows))).to.deep.equal({ inserted: 1, removed: 2, renamed: 1 });
    expect(await listRenames(panel)).to.deep.equal(['ada > ada2: kept', 'bob > bob2: kept']);
  });

  it('have their old e-mail marked as that of somebody who left', async () => {
    await runWith('ada=1 bob=2', { sync: marking });
    const report = await runWith('ada2=1 bob=2', { sync: marking });
    expect([report.renamed, report.removals.marked, await listRenames(panel)]).to.deep.equal([
      1,
      1,
      ['ada > ada2: marked'],
    ]);
    const [left] = await removed();
    expect([left?.reason, left?.renamedTo, left?.marked]).to.deep.equal(['renamed', 'ada2@example.test', true]);
    expect(panel.people()['ada2@example.test']).to.not.have.property('in_panel');
  });

  it('are part of plans that are saved or approved, and of a full run', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'panelsync-renames-'));
    const file = join(folder, 'plan.jsonl');
    await runWith('ada=1 bob=2 eve=3');
    await panel.setPeople(identifiedPeople('ada2=1 bob=2 eve=3'));
    await panel.savePlan(file, { sync: identified });
    const { drift } = await panel.apply(file, { sync: { identity: null } });
    expect(drift?.configuration).to.not.deep.equal([]);
    expect((await panel.apply(file, { sync: identified })).report.renamed).to.equal(1);
    const guards = { minRows: 0, maxRemovedPercent: 10, maxInvalidPercent: 100 };
    const stopped = await runWith('ada2=1 bob2=2 eve=3', { sync: { guards } });
    const approved = await approve(panel, stopped.runId, { sync: { ...identified, guards } });
    expect([stopped.renamed, approved.report.renamed]).to.deep.equal([0, 1]);
    expect((await runWith('ada2=1 bob2=2 eve2=3', { full: true })).renamed).to.equal(1);
    expect(await listRenames(panel)).to.deep.equal(['ada > ada2: kept', 'bob > bob2: kept', 'eve > eve2: kept']);
    await rm(folder, { recursive: true });
  });
});
