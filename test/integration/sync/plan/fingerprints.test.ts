import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { SyncSettings } from '../../../../src/core/settings.ts';
import { keyHash } from '../../../../src/core/model/fingerprints.ts';
import { openFingerprints } from '../../../../src/state/tables/fingerprints.ts';
import { keyedCodec } from '../../../helpers/fixtures/payload-codecs.ts';
import type { CrashPoint } from '../../../helpers/crash/crash-points.ts';
import { baseline, verify } from '../../../helpers/panel/audit.ts';
import { nonZeroRows, openPanel } from '../../../helpers/panel/panel.ts';
import type { TestPanel } from '../../../helpers/panel/panel.ts';

const sync = { diff: 'fingerprints' } as const;

/** Fails at its last row. */
const brokenModel = {
  sql: 'select case when 1 / (40 - id) < 2 then email end as email, first_name, city, plan from people order by id',
  location: 'models/people.sql',
};

describe('comparing buckets', () => {
  let panel: TestPanel;
  before(async () => {
    panel = await openPanel();
  });
  beforeEach(() => panel.reset());
  after(() => panel.close());

  async function setPeople(count: number, changed: Readonly<Record<number, string>> = {}): Promise<void> {
    const people = Array.from({ length: count }, (_, n) => ({
      email: `p${n}@example.test`,
      first_name: 'P',
      city: changed[n] ?? 'Oslo',
    }));
    await panel.setPeople(people);
  }

  it('remembers what a run has settled, and stages nothing when nothing changed', async () => {
    await setPeople(200);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 200, inserted: 200 });
    expect(
      await panel.sql('select snapshot_size::int, length(buckets) as bytes from panelsync.fingerprints'),
    ).to.deep.equal([{ snapshot_size: 200, bytes: 32 * 8 }]);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 200, unchanged: 200 });
    await setPeople(200, { 7: 'Rome' });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 200, unchanged: 199, updated: 1 });
    await setPeople(190, { 7: 'Rome' });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 190, unchanged: 190, removed: 10 });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 190, unchanged: 190, removed: 10 });
    await setPeople(200, { 7: 'Oslo' });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 200, unchanged: 199, updated: 1 });
  });

  it('reports what it read, what was equal, and what went to the state', async () => {
    await setPeople(200);
    const bytesFromSource = 'p0@example.test\tP\tOslo\t\\N\n'.length * 200 + 90 + 100 * 2;
    const first = await panel.run({ sync });
    expect(first.work).to.deep.include({ rowsRead: 200, bucketsEqual: 0, bytesFromSource });
    expect(first.work.bytesToState).to.be.greaterThan(200 * 60);
    const nothing = { rowsRead: 200, bucketsEqual: 8, bytesFromSource, bytesToState: 0 };
    const second = await panel.run({ sync });
    expect(second.work).to.deep.equal(nothing);
    expect(await (await panel.records()).run(second.runId)).to.deep.equal(second);
    await setPeople(200, { 7: 'Rome' });
    const third = await panel.run({ sync });
    expect(third.work).to.deep.include({ rowsRead: 200, bucketsEqual: 7, bytesFromSource });
    expect(third.work.bytesToState).to.be.lessThan(first.work.bytesToState / 4);
    const plan = await panel.plan({ sync });
    expect(plan.report.work).to.deep.include({ rowsRead: 200, bucketsEqual: 0, bytesFromSource });
  });

  it('compares a row alone where it is all that changed in its bucket', async () => {
    await setPeople(200);
    await panel.run({ sync });
    await setPeople(200, { 7: 'Rome' });
    const one = await panel.run({ sync });
    expect(nonZeroRows(one)).to.deep.equal({ read: 200, unchanged: 199, updated: 1 });
    // The buckets, and a row of the stage and of the outbox.
    expect(one.work.bytesToState).to.be.within(32 * 8, 32 * 8 + 400);
    const everyOther = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [2 * n, 'Lima']));
    await setPeople(200, { 7: 'Rome', ...everyOther });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 200, unchanged: 100, updated: 100 });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 200, unchanged: 200 });
    expect(panel.people()['p8@example.test']).to.include({ city: 'Lima' });
  });

  it('writes what changed, until all of it is worth writing', async () => {
    const stored = (): Promise<readonly object[]> =>
      panel.sql('select length(buckets) as buckets, length(changes) as changes from panelsync.fingerprints');
    const steps = [
      [{}, 0],
      [{ 1: 'Rome' }, 36],
      [{ 1: 'Rome', 2: 'Rome' }, 72],
      [{ 1: 'Lima', 2: 'Rome' }, 108],
      [{ 1: 'Lima', 2: 'Rome', 3: 'Rome' }, 0],
    ] as const;
    for (const [changed, changes] of steps) {
      await setPeople(500, changed);
      const { work } = await panel.run({ sync });
      expect(await stored()).to.deep.equal([{ buckets: 32 * 32, changes }]);
      if (changes > 0) expect(work.bytesToState).to.be.below(36 + 400);
      expect((await panel.run({ sync })).work).to.include({ bucketsEqual: 32, bytesToState: 0 });
    }
  });

  it('does not believe what is stored after a run that has recorded a plan and learned nothing', async () => {
    await setPeople(500);
    await panel.run({ sync });
    await setPeople(499, { 4: 'Rome' });
    const guards = { minRows: 0, maxRemovedPercent: 0, maxInvalidPercent: 100 };
    expect((await panel.run({ sync: { ...sync, guards } })).status).to.equal('stopped');
    expect(await panel.sql('select generation from panelsync.fingerprints')).to.deep.equal([{ generation: null }]);
    const next = await panel.run({ sync });
    expect(nonZeroRows(next)).to.deep.equal({ read: 499, unchanged: 498, updated: 1, removed: 1 });
    expect(next.work.bucketsEqual).to.equal(0);
    expect(await current()).to.equal(1);
  });

  it('leaves alone who left the model before, until they are back', async () => {
    const absences = (): Promise<readonly object[]> =>
      panel.sql('select key, from_run_id::int, until_run_id::int from panelsync.absences');
    await setPeople(10);
    await panel.run({ sync });
    await setPeople(9);
    const left = await panel.run({ sync });
    const absent = { key: 'p9@example.test', from_run_id: Number(left.runId), until_run_id: null };
    expect(await absences()).to.deep.equal([absent]);
    await setPeople(9, { 3: 'Rome' });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 9, unchanged: 8, updated: 1, removed: 1 });
    expect(await absences()).to.deep.equal([absent]);
    await setPeople(10, { 3: 'Rome' });
    const back = await panel.run({ sync });
    expect(nonZeroRows(back)).to.deep.equal({ read: 10, unchanged: 10 });
    expect(await absences()).to.deep.equal([{ ...absent, until_run_id: Number(back.runId) }]);
  });

  it('leaves alone whom the mode skips, where another row of their bucket changed', async () => {
    const skips = (): Promise<readonly object[]> =>
      panel.sql(
        'select from_run_id::int, until_run_id::int, count(*)::int as people from panelsync.skips group by 1, 2',
      );
    const update = { ...sync, mode: 'update' } as const;
    await setPeople(10);
    const first = await panel.run({ sync: update });
    expect(nonZeroRows(first)).to.deep.equal({ read: 10, skipped: 10 });
    const open = [{ from_run_id: Number(first.runId), until_run_id: null, people: 10 }];
    await setPeople(10, { 3: 'Rome' });
    const second = await panel.run({ sync: update });
    expect(nonZeroRows(second)).to.deep.equal({ read: 10, skipped: 10 });
    expect(second.work.bytesToState).to.be.below(200);
    expect(await skips()).to.deep.equal(open);
    await setPeople(11, { 3: 'Rome' });
    const third = await panel.run({ sync: update });
    expect(nonZeroRows(third)).to.deep.equal({ read: 11, skipped: 11 });
    expect(await skips()).to.have.deep.members([
      ...open,
      { from_run_id: Number(third.runId), until_run_id: null, people: 1 },
    ]);
    expect(nonZeroRows(await panel.run({ sync: update }))).to.deep.equal({ read: 11, skipped: 11 });
  });

  it('reads what millions of rows left, which comes in pieces', async () => {
    await setPeople(20);
    await panel.run({ sync });
    const [row] = await panel.sql<{ context: string; id: number }>(
      'select f.context, s.id from panelsync.fingerprints f join panelsync.syncs s on s.id = f.sync_id',
    );
    const buckets = randomBytes(32 * 2 ** 16);
    await panel.sql('update panelsync.fingerprints set buckets = $1', [buckets]);
    const { remembered } = await openFingerprints(panel.database, row?.id ?? 0).load(row?.context ?? '');
    expect(remembered?.fingerprints.toBytes().equals(buckets)).to.equal(true);
  });

  const writers: Readonly<Record<string, () => Promise<unknown>>> = {
    'a baseline': () => baseline(panel),
    'a repair': () => verify(panel, { repair: { recreate: false, force: true } }),
    'a resync': async () => (await panel.records()).resync('panel'),
    'a retry': async () => (await panel.records()).retry('panel', null),
    'forgetting somebody': async () =>
      (await panel.records(keyedCodec)).forget({ email: 'p1@example.test', key: null, sync: null }),
    'allowing somebody again': async () =>
      (await panel.records(keyedCodec)).allow({ email: 'p1@example.test', key: null, sync: null }),
  };
  for (const [name, write] of Object.entries(writers)) {
    it(`compares every row after ${name}`, async () => {
      await setPeople(40);
      await panel.run({ sync });
      expect(await current()).to.equal(1);
      await write();
      expect(await current()).to.equal(0);
    });
  }

  it('compares every row where a setting changed that decides what becomes of one', async () => {
    await setPeople(40);
    await panel.run({ sync });
    const settings: readonly Partial<SyncSettings>[] = [
      { mode: 'update' },
      { duplicates: 'reject' },
      { nulls: 'null' },
      { mapping: { fields: { email: 'email', city: 'city' }, characteristics: {} } },
    ];
    for (const changed of settings) {
      const { work } = await panel.run({ sync: { ...sync, ...changed } });
      expect([Object.keys(changed), work.bucketsEqual]).to.deep.equal([Object.keys(changed), 0]);
      await panel.run({ sync });
      expect((await panel.run({ sync })).work.bucketsEqual).to.equal(2);
    }
  });

  it('does not remember what a run has learned while somebody else was writing', async () => {
    await setPeople(40);
    const resync = async (): Promise<unknown> => (await panel.records()).resync('panel');
    const writing: Promise<unknown>[] = [];
    const onCrashPoint = (point: CrashPoint): void => {
      if (point === 'after the plan is recorded') writing.push(resync());
    };
    await panel.run({ sync, onCrashPoint });
    await Promise.all(writing);
    expect(await current()).to.equal(0);
  });

  it('compares every row after a full run that ended before its plan', async () => {
    await setPeople(40);
    await panel.run({ sync });
    expect((await panel.run({ sync: { ...sync, model: brokenModel }, full: true })).status).to.equal('failed');
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 40, updated: 40 });
  });

  it('reads a bucket again as long as somebody in it was rejected', async () => {
    await setPeople(40);
    panel.hub.setOptions({ rejectedEmails: ['p3@example.test'] });
    expect(nonZeroRows(await panel.run({ sync }))).to.include({ inserted: 39, rejected: 1 });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 40, unchanged: 39, skipped: 1 });
    await (await panel.records()).retry('panel', null);
    panel.hub.setOptions({ rejectedEmails: [] });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 40, unchanged: 39, inserted: 1 });
  });

  it('finds a person who goes back to what they were while a run did not end', async () => {
    await setPeople(40);
    await panel.run({ sync });
    await setPeople(40, { 5: 'Rome' });
    await panel.run({ sync, limit: 0 });
    await setPeople(40, { 6: 'Rome' });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 40, unchanged: 39, updated: 1 });
    await setPeople(40);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 40, unchanged: 39, updated: 1 });
    expect(panel.people()['p6@example.test']).to.include({ city: 'Oslo' });
  });

  it('follows a person whose e-mail changes its case, and one who comes twice', async () => {
    await setPeople(40);
    await panel.run({ sync });
    const written = 'P7@Example.test';
    await panel.sql("update people set email = $1, city = 'Rome' where email = 'p7@example.test'", [written]);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 40, unchanged: 39, updated: 1 });
    // Where the e-mail as it is written would be, somebody else changes.
    const neighbour = Array.from({ length: 40 }, (_, n) => `p${n}@example.test`).find(
      (email) => email !== 'p7@example.test' && (keyHash(email, 'hashtext') & 1) === (keyHash(written, 'hashtext') & 1),
    );
    expect(keyHash(written, 'hashtext') & 1).to.not.equal(keyHash(written.toLowerCase(), 'hashtext') & 1);
    await panel.sql("update people set city = 'Rome' where email = $1", [neighbour]);
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 40, unchanged: 39, updated: 1 });
    await panel.sql("insert into people (email, first_name, city) values ('p7@example.test', 'P', 'Lima')");
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 41, unchanged: 40, duplicate: 1 });
    expect(nonZeroRows(await panel.run({ sync }))).to.deep.equal({ read: 41, unchanged: 40, duplicate: 1 });
  });

  /** How many syncs have fingerprints that the next run would rely on. */
  async function current(): Promise<number> {
    const rows = await panel.sql(
      'select from panelsync.fingerprints f join panelsync.syncs s on s.id = f.sync_id and s.fingerprint_generation = f.generation',
    );
    return rows.length;
  }
});
